import { access } from 'node:fs/promises';

/** Whether something is there, of whatever kind. */
export function fileExists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}
