/**
 * The figures that lkit promises, measured on this machine: `npm run bench -- [--runs N] [NAME...]`.
 * Whole processes, as a user starts them; machines are emulated (TCG) with two processors.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { formatRows, type Row } from './benchmark.ts';
import { boot } from './boot.ts';
import { guestMemory } from './guest-memory.ts';
import { describeMachine } from './measure.ts';
import { pack } from './pack.ts';
import { rebuild } from './rebuild.ts';
import { size } from './size.ts';
import { validate } from './validate.ts';
import { vmtest } from './vmtest.ts';

const all = [validate, size, rebuild, pack, boot, guestMemory, vmtest];
const { values, positionals } = parseArgs({
  options: { runs: { type: 'string', default: '5' } },
  allowPositionals: true,
});
const unknown = positionals.filter((name) => !all.some((each) => each.name === name));
if (unknown.length > 0) {
  throw new Error(`no benchmark ${unknown.join(', ')}; there are ${all.map(({ name }) => name).join(', ')}`);
}

// With it, Node.js reads and parses certificates at every start, before lkit's first line: 0.05 s for Debian's 140.
delete process.env['NODE_EXTRA_CA_CERTS'];

const folder = await mkdtemp(path.join(tmpdir(), 'lkit-bench-'));
const print = (text: string): void => {
  console.log(text);
};
try {
  print(`${describeMachine()}; ${values.runs} runs, median (min–max)`);
  const rows: Row[] = [];
  for (const each of all) {
    if (positionals.length > 0 && !positionals.includes(each.name)) continue;
    const found = await each.run({ runs: Number(values.runs), folder, print });
    rows.push(...found);
    for (const line of formatRows(found)) print(line);
  }
  process.exitCode = rows.every(({ ok }) => ok) ? 0 : 1;
} finally {
  await rm(folder, { recursive: true });
}
