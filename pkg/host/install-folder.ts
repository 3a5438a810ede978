import { existsSync } from 'node:fs';
import path from 'node:path';

/**
 * The folder of lkit's own files: `images/`, `schemas/`, `package.json`. The same whether lkit runs from its sources,
 * compiled or bundled.
 *
 * @param from a folder inside it, such as `import.meta.dirname`
 */
export function installFolder(from: string): string {
  const above = path.dirname(from);
  return existsSync(path.join(from, 'schemas')) || above === from ? from : installFolder(above);
}
