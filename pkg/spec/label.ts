import { checkRuntimeKeys } from './checks/index.ts';
import { SpecError } from './error.ts';
import { validateLabel } from './generated/validate.ts';
import { LoadedFile } from './problem.ts';
import { toRuntimeKeys } from './system/runtime-keys.ts';
import type { WrittenRuntimeKeys } from './system/written.ts';
import type { RuntimeKeys } from './types.ts';
import { reportViolations, type Validator } from './violations/report.ts';
import { readYaml } from './yaml/read.ts';
import { toPlain } from './yaml/tree.ts';

/**
 * The keys of an image's label `org.mobyproject.config`: YAML or JSON.
 *
 * @param text the label's value
 * @param imageName how messages call the image
 * @throws {SpecError} `invalid-label`; places are lines and columns of the label
 */
export function parseImageLabel(text: string, imageName: string): RuntimeKeys {
  // As in LinuxKit, an empty label is none.
  if (text.trim() === '') return {};
  const file = new LoadedFile({ file: `label org.mobyproject.config of ${imageName}`, text, baseDir: '/' });
  readYaml(file);
  const root = file.root;
  const plain = root && toPlain(root);
  if (root) {
    reportViolations(file, root, plain, validateLabel as Validator);
    if (root.kind === 'mapping') checkRuntimeKeys(file, root, undefined);
  }
  if (file.hasErrors()) throw new SpecError('invalid-label', file.diagnostics(100));
  return toRuntimeKeys(plain as WrittenRuntimeKeys);
}
