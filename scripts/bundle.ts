// Bundles the command line tool into dist/bin: a few files instead of three hundred modules halve its start-up time, and
// of CommonJS files the bytecode can be kept, too (cmd/lkit/start.ts).
// "npm run compile" calls it.
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { build, type Metafile, transform } from 'esbuild';

const root = path.resolve(import.meta.dirname, '..');
const outdir = path.join(root, 'dist/bin');

const common = {
  platform: 'node',
  target: 'node20.19',
  // Fewer bytes to read; identifiers stay as they are, for stack traces.
  minifyWhitespace: true,
  minifySyntax: true,
  // Of modules that become CommonJS.
  define: { 'import.meta.dirname': '__dirname', 'import.meta.filename': '__filename' },
} as const;

await rm(outdir, { recursive: true, force: true });
const { metafile, outputFiles } = await build({
  ...common,
  absWorkingDir: root,
  entryPoints: ['cmd/lkit/main.ts'],
  outdir,
  bundle: true,
  // What a command does not need is not even read. That is for ES modules only; they become CommonJS one by one.
  splitting: true,
  format: 'esm',
  metafile: true,
  // It loads native code where there is some.
  external: ['dockerode'],
  write: false,
});
await mkdir(outdir, { recursive: true });
await writeFile(path.join(outdir, 'package.json'), '{"type": "commonjs"}\n');
for (const { path: file, text } of outputFiles) {
  const { code } = await transform(text, { ...common, format: 'cjs' });
  // What is no part of lkit, libraries and models of the user's own, is imported for them by cmd/lkit/start.ts.
  const own = /\bimport\(("\.\/[\w-]+\.js")\)/g;
  const others = /\bimport\(/g;
  const loaded = code.replace(own, 'Promise.resolve().then(()=>require($1))').replace(others, '__import(');
  await writeFile(file, loaded);
}
await build({ ...common, absWorkingDir: root, entryPoints: { lkit: 'cmd/lkit/start.ts' }, outdir, format: 'cjs' });
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
