import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { quoteCommand } from '../machine/index.ts';
import { junitXml } from './report/junit.ts';
import type { TestResult } from './run-tests.ts';
import type { TimelineEntry } from './run-test.ts';
import type { TestCase } from './types.ts';

/** Gives each test a folder of its own below `root`: `FILE/NAME`, in letters that every file system takes. */
export class ResultFolders {
  private readonly root: string;
  private readonly taken = new Set<string>();

  constructor(root: string) {
    this.root = root;
  }

  folderOf({ name, at }: TestCase): string {
    const file = slug(path.basename(at.file).replace(/(\.test)?\.ya?ml$/, ''));
    const wanted = path.join(this.root, file, slug(name));
    let folder = wanted;
    for (let count = 2; this.taken.has(folder); count++) folder = `${wanted}-${count}`;
    this.taken.add(folder);
    return folder;
  }
}

const longestSlug = 80;

/** `reads the chip [memory=128M]` → `reads-the-chip-memory-128M` */
export function slug(text: string): string {
  const words = text.replaceAll(/[^A-Za-z0-9_.=]+/g, '-').replaceAll(/^[-.]+|-+$/g, '');
  return words.slice(0, longestSlug) || 'test';
}

/** Makes a test's folder, without what a run before has left in it. */
export async function emptyFolder(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
}

/** The times of a test's run, a line each: `  2.134 s  first output on the console`. */
export async function writeTimeline(folder: string, timeline: readonly TimelineEntry[]): Promise<void> {
  const lines = [...timeline]
    .sort((a, b) => a.atMs - b.atMs)
    .map(({ atMs, what }) => `${(atMs / 1000).toFixed(3).padStart(9)} s  ${what}\n`);
  await writeFile(path.join(folder, 'timeline.txt'), lines.join(''));
}

export interface Reproduction {
  /** The folder that the file names are relative to. */
  readonly workingFolder: string;
  /** The command line that started QEMU; `undefined` where it did not come to that. */
  readonly machine: string | undefined;
}

/** Writes a script that runs the test again. */
export async function writeReproduction(
  folder: string,
  { name, at }: TestCase,
  { workingFolder, machine }: Reproduction,
): Promise<void> {
  const again = quoteCommand(['lkit', 'test', '--only', name, at.file]);
  const started = machine === undefined ? '' : `\n# Its machine was started by:\n#   ${machine}\n`;
  const script = `#!/bin/sh\n# Runs this test again.\ncd ${quoteCommand([workingFolder])} && exec ${again}\n${started}`;
  await writeFile(path.join(folder, 'reproduce.sh'), script, { mode: 0o755 });
}

/** Writes the results as JUnit XML: aside and then renamed, so that a reader never sees half of them. */
export async function writeJunit(file: string, results: readonly TestResult[]): Promise<void> {
  await mkdir(path.dirname(file), { recursive: true });
  const aside = `${file}.${process.pid}.tmp`;
  await writeFile(aside, junitXml(results));
  await rename(aside, file);
}
