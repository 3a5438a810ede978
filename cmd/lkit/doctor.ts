import { tmpdir } from 'node:os';
import path from 'node:path';
import { Command } from 'commander';
import type { Finding } from '../../pkg/doctor/index.ts';
import { globalFlags, storeDirectory } from './context.ts';
import { exitCodes } from './failure.ts';
import { formatTable } from './table.ts';

/** `lkit doctor`. */
export function doctorCommand(): Command {
  return new Command('doctor')
    .description('show what this machine can build and run, and what it lacks')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `
Exit code 1 says that something does not work that every system needs: packing images, fetching packages, running
machines of this processor, space.

Examples:
  lkit doctor
  lkit doctor --json | jq '.[] | select(.state == "fails")'`,
    )
    .action(async (flags: { readonly json?: boolean }, command: Command) => {
      const { examineHost } = await import('../../pkg/doctor/index.ts');
      const { knownArch } = await import('../../pkg/machine/index.ts');
      const { engineProvider } = await import('../../pkg/engine/provider.ts');
      const store = storeDirectory(globalFlags(command));
      const arch = knownArch(process.arch);
      const findings = await examineHost({
        engine: engineProvider(process.env),
        path: process.env['PATH'],
        host: { platform: process.platform, arch },
        verdictFile: path.join(store, 'accelerator.json'),
        temporaryFolder: tmpdir(),
        store,
        folder: process.cwd(),
      });
      process.stdout.write(flags.json === true ? `${JSON.stringify(findings, undefined, 2)}\n` : describe(findings));
      const essential = (finding: Finding): boolean =>
        finding.area === 'build' || finding.area === 'space' || finding.subject === arch;
      if (findings.some((finding) => finding.state === 'fails' && essential(finding)))
        process.exitCode = exitCodes.failed;
    });
}

const marks: Readonly<Record<Finding['state'], string>> = { works: 'ok', limited: '--', fails: 'no' };

function describe(findings: readonly Finding[]): string {
  const hints = [...new Set(findings.flatMap(({ hint }) => (hint === undefined ? [] : [hint])))];
  const table = formatTable(findings.map(({ state, area, subject, detail }) => [marks[state], area, subject, detail]));
  return hints.length === 0 ? table : `${table}\n${hints.map((hint) => `${hint}\n`).join('')}`;
}
