import { quoted } from '../quote.ts';
import { child } from '../yaml/tree.ts';
import type { Entry } from './entries.ts';

/** Reports the second of two entries with one name. Onboot containers may share one: they never run at once. */
export function checkUniqueNames(entries: readonly Entry[], what: string): void {
  const first = new Map<string, Entry>();
  for (const entry of entries) {
    if (entry.name === undefined) continue;
    const other = first.get(entry.name);
    if (other === undefined) {
      first.set(entry.name, entry);
      continue;
    }
    const { line } = other.file.lines.position(other.node.start);
    const where = other.file === entry.file ? `on line ${line}` : `in ${other.file.source.file}, line ${line}`;
    const message = `a second ${what} is named ${quoted(entry.name)}; the first is ${where}`;
    entry.file.report(child(entry.node, 'name') ?? entry.node, { code: 'duplicate-name', message });
  }
}
