import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { VmTestError } from '../error.ts';
import type { TestCase } from '../types.ts';

const testFile = /\.test\.ya?ml$/;
/** Folders that hold other people's files. */
const skipped = /^(?:\..*|node_modules)$/;

/**
 * Files as they are, and of folders all `*.test.yml` at any depth, sorted.
 *
 * @throws {VmTestError} `no-tests` for a folder without any
 */
export async function findTestFiles(paths: readonly string[]): Promise<readonly string[]> {
  const found: string[] = [];
  for (const each of paths) {
    const status = await stat(each).catch(() => undefined);
    if (status?.isDirectory() !== true) {
      found.push(each);
      continue;
    }
    const files = await testFilesIn(each);
    if (files.length === 0) throw noTests(`there is no *.test.yml in ${each}`);
    found.push(...files);
  }
  return [...new Set(found)];
}

async function testFilesIn(folder: string): Promise<readonly string[]> {
  const entries = (await readdir(folder, { withFileTypes: true })).sort((a, b) => (a.name < b.name ? -1 : 1));
  const found: string[] = [];
  for (const entry of entries) {
    const file = path.join(folder, entry.name);
    if (entry.isDirectory() && !skipped.test(entry.name)) found.push(...(await testFilesIn(file)));
    else if (entry.isFile() && testFile.test(entry.name)) found.push(file);
  }
  return found;
}

/**
 * The tests that have one of the texts in their name; all where no text is given.
 *
 * @throws {VmTestError} `no-tests` when none has
 */
export function selectTests(tests: readonly TestCase[], texts: readonly string[]): readonly TestCase[] {
  const selected = tests.filter(({ name }) => texts.length === 0 || texts.some((text) => name.includes(text)));
  if (selected.length > 0) return selected;
  const names = tests.map(({ name }) => `\n  ${name}`).join('');
  throw noTests(`no test has ${texts.map((text) => `"${text}"`).join(' or ')} in its name; there are:${names}`);
}

function noTests(message: string): VmTestError {
  return new VmTestError('no-tests', message, { kind: 'input' });
}
