#!/usr/bin/env node
/**
 * Starts lkit, where it is bundled: with the bytecode that V8 made of each file before ("FILE.code", by
 * scripts/code-cache.ts), so that nothing has to be compiled. V8 itself refuses the bytecode of another version, and
 * compiles the file then.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import vm from 'node:vm';

interface CommonJsModule {
  readonly exports: unknown;
}
type Wrapped = (
  exports: unknown,
  require: (id: string) => unknown,
  module: CommonJsModule,
  dirname: string,
  importOther: (specifier: string) => Promise<unknown>,
) => void;

const requireOther = createRequire(import.meta.filename);
const importOther = (specifier: string): Promise<unknown> => import(specifier);
const modules = new Map<string, CommonJsModule>();

/** As Node.js's own `require`, which has no place for bytecode. */
function load(id: string): unknown {
  if (!id.startsWith('./')) return requireOther(id);
  const known = modules.get(id);
  if (known !== undefined) return known.exports;
  const module = { exports: {} };
  modules.set(id, module);
  const filename = path.join(import.meta.dirname, id);
  // The bundler leaves ASCII only, for which this is the fastest reading.
  const source = readFileSync(filename, 'latin1');
  const script = new vm.Script(`(function(exports,require,module,__dirname,__import){${source}\n})`, {
    filename,
    cachedData: readIfPresent(`${filename}.code`),
  });
  (script.runInThisContext() as Wrapped)(module.exports, load, module, import.meta.dirname, importOther);
  return module.exports;
}

function readIfPresent(file: string): Buffer | undefined {
  try {
    return readFileSync(file);
  } catch {
    return undefined;
  }
}

load('./main.js');
