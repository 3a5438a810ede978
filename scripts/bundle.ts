// Bundles the command line tool into dist/bin: a few files instead of three hundred modules halve its start-up time.
// "npm run compile" calls it.
import { readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { build, type Metafile } from 'esbuild';

const root = path.resolve(import.meta.dirname, '..');
const outdir = path.join(root, 'dist/bin');

await rm(outdir, { recursive: true, force: true });
const { metafile } = await build({
  absWorkingDir: root,
  entryPoints: { lkit: 'cmd/lkit/main.ts' },
  outdir,
  bundle: true,
  // What a command does not need is not even read.
  splitting: true,
  platform: 'node',
  format: 'esm',
  target: 'node20.19',
  // Fewer bytes to read; identifiers stay as they are, for stack traces.
  minifyWhitespace: true,
  minifySyntax: true,
  metafile: true,
  // It loads native code where there is some.
  external: ['dockerode'],
  // Some libraries are CommonJS, and expect its `require`.
  banner: {
    js: "import { createRequire as lkitRequire } from 'node:module'; const require = lkitRequire(import.meta.url);",
  },
});
await writeFile(path.join(outdir, 'LICENSES.txt'), await licences(metafile));

/** The licence of every library that is now part of lkit's own files. */
async function licences({ inputs }: Metafile): Promise<string> {
  const packages = Object.keys(inputs).flatMap((file) => /^node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file)?.[0] ?? []);
  const texts = [...new Set(packages)].sort().map(async (folder) => {
    const text = await licenceOf(path.join(root, folder));
    return `${folder.slice('node_modules/'.length)}\n\n${text.trim()}\n`;
  });
  return (await Promise.all(texts)).join(`\n${'-'.repeat(80)}\n\n`);
}

async function licenceOf(folder: string): Promise<string> {
  for (const name of ['LICENSE', 'LICENSE.md', 'LICENSE.txt', 'license', 'LICENCE', 'License']) {
    const text = await readFile(path.join(folder, name), 'utf8').catch(() => undefined);
    if (text !== undefined) return text;
  }
  throw new Error(`${folder} has no licence file`);
}
