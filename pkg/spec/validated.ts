import { LoadedFile } from './problem.ts';
import type { SourceText } from './source.ts';
import { reportViolations, type Validator } from './violations/report.ts';
import { readYaml } from './yaml/read.ts';
import { type Tree, toPlain } from './yaml/tree.ts';

/** A YAML file of another kind than a system's, read and compared with its schema. */
export interface ValidatedFile {
  /** Takes further problems, and gives all of them. */
  readonly file: LoadedFile;
  /** `undefined` when the file cannot be used at all. */
  readonly root: Tree | undefined;
  /** The JSON value of `root`; as the schema wants it only where `file` has no errors. */
  readonly plain: unknown;
}

/**
 * Reads a YAML file and reports everything in which it does not follow a schema.
 *
 * @param essentials what such a file needs at least: a sentence
 */
export function readValidated(source: SourceText, validate: Validator, essentials: string): ValidatedFile {
  const file = new LoadedFile(source, essentials);
  readYaml(file);
  const { root } = file;
  const plain = root && toPlain(root);
  if (root) reportViolations(file, root, plain, validate);
  return { file, root, plain };
}
