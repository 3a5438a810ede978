import { LkitError } from '../../errors/index.ts';
import { parseDisks, parseNetwork } from '../../machine/index.ts';
import { child, items, type LoadedFile, scalars, suggest, textOf, type Tree } from '../../spec/index.ts';
import { checkSteps } from './check-steps.ts';
import { referencesIn } from './variables.ts';

/** A matrix with more tests than this is a mistake. */
const mostCombinations = 1000;

/**
 * Checks what a schema cannot: how the parts of a test file fit together. Works on what is well-formed, whatever else is
 * wrong, so that one run tells everything.
 */
export function checkTests(file: LoadedFile, root: Tree): void {
  const names = new Map<string, Tree>();
  checkSettings(file, root);
  for (const test of items(child(root, 'tests'))) {
    checkUnique(file, child(test, 'name'), names);
    checkSettings(file, test);
    checkImage(file, root, test);
    checkVariables(file, root, test);
    checkSteps(file, items(child(test, 'steps')), publishedPorts(child(test, 'publish') ?? child(root, 'publish')));
    checkSize(file, test, child(test, 'matrix') ?? child(root, 'matrix'));
  }
}

function checkUnique(file: LoadedFile, name: Tree | undefined, names: Map<string, Tree>): void {
  const text = textOf(name);
  if (name === undefined || text === undefined) return;
  const first = names.get(text);
  names.set(text, first ?? name);
  if (first === undefined) return;
  const { line } = file.locate(first);
  file.report(name, { code: 'duplicate-name', message: `there is another test "${text}", on line ${line}` });
}

/** Disks and ports have a syntax of their own; who reads it later says what is wrong with it now. */
function checkSettings(file: LoadedFile, settings: Tree): void {
  const check = (node: Tree, act: (text: string) => void): void => {
    const text = textOf(node);
    if (text === undefined) return;
    try {
      act(text);
    } catch (error) {
      if (!(error instanceof LkitError)) throw error;
      file.report(node, { code: 'invalid-value', message: error.message, ...(error.hint && { hint: error.hint }) });
    }
  };
  for (const disk of items(child(settings, 'disks'))) {
    check(disk, (text) => parseDisks([text], { current: '/', state: '/' }));
  }
  for (const port of items(child(settings, 'publish'))) check(port, (text) => parseNetwork('user', [text]));
}

function checkImage(file: LoadedFile, root: Tree, test: Tree): void {
  const images = valuesOf(root, test, 'image');
  if (images.length === 0) {
    const name = child(test, 'name') ?? test;
    const hint = 'Add "image: FILE.yml" beside "tests:", or to the test.';
    file.report(name, { code: 'missing-key', message: 'the test has no "image"', hint });
  }
  const kernels = valuesOf(root, test, 'kernel');
  const built = images.find((image) => image.kind === 'scalar' && !/\.ya?ml$/.test(textOf(image) ?? ''));
  const [kernel] = kernels;
  if (kernel === undefined || built === undefined) return;
  const message = `"kernel" needs an image that is built from a YAML file, and "${textOf(built) ?? ''}" is built already`;
  file.report(kernel, { code: 'conflicting-keys', message });
}

/** What a test may get for a key: its matrix' values, or its own, or the file's. */
function valuesOf(root: Tree, test: Tree, key: string): readonly Tree[] {
  const matrix = child(child(test, 'matrix') ?? child(root, 'matrix'), key);
  if (matrix !== undefined) return items(matrix);
  return [child(test, key) ?? child(root, key)].filter((value) => value !== undefined);
}

function checkVariables(file: LoadedFile, root: Tree, test: Tree): void {
  const matrix = child(test, 'matrix') ?? child(root, 'matrix');
  const known = [child(root, 'variables'), child(test, 'variables'), child(matrix, 'variables')].flatMap(keysOf);
  for (const scalar of scalars(test)) {
    for (const { name } of referencesIn(textOf(scalar) ?? '')) {
      if (known.includes(name)) continue;
      const near = suggest(name, known);
      const hint = known.length === 0 ? 'Add it to "variables:".' : `Variables here: ${known.join(', ')}.`;
      const message = `there is no variable "${name}"${near.text}`;
      file.report(scalar, {
        code: 'unknown-name',
        message,
        hint,
        ...(near.suggestions && { suggestions: near.suggestions }),
      });
    }
  }
}

function keysOf(node: Tree | undefined): readonly string[] {
  return node?.kind === 'mapping' ? [...node.entries.keys()] : [];
}

function publishedPorts(publish: Tree | undefined): readonly number[] {
  return items(publish).flatMap((port) => {
    if (port.kind !== 'scalar') return [];
    const guest =
      typeof port.value === 'number' ? port.value : Number(/:(\d+)(?:\/tcp)?$/.exec(String(port.value))?.[1]);
    return Number.isNaN(guest) ? [] : [guest];
  });
}

function checkSize(file: LoadedFile, test: Tree, matrix: Tree | undefined): void {
  const count = sizeOf(matrix);
  if (count <= mostCombinations) return;
  const name = child(test, 'name') ?? test;
  const message = `the matrix makes ${count} tests of this one; lkit runs at most ${mostCombinations}`;
  file.report(name, { code: 'too-large', message });
}

/** How many combinations a mapping of lists has, the mapping of variables in it included. */
function sizeOf(matrix: Tree | undefined): number {
  if (matrix?.kind !== 'mapping') return 1;
  const axes = [...matrix.entries].map(([key, { value }]) =>
    key === 'variables' ? sizeOf(value) : Math.max(1, items(value).length),
  );
  return axes.reduce((product, size) => product * size, 1);
}
