import assert from 'node:assert/strict';
import { Command, Option } from 'commander';
import { acceptGoFlags } from '../../../cmd/lkit/goflags.ts';

function program(): Command {
  const qemu = new Command('qemu')
    .argument('[name]')
    .option('--mem <size>')
    .option('--cpus <n>')
    .option('--disk <disk>', '', (value: string, before: string[]) => [...before, value], [])
    .option('--gui')
    .addOption(new Option('--gdb [port]').preset('1234'))
    .option('--dry-run');
  const build = new Command('build')
    .argument('<file...>')
    .option('-f, --format <name>')
    .option('-o, --output <file>')
    .addOption(new Option('--pull [when]').choices(['never', 'always']).preset('always'));
  return new Command('lkit')
    .option('-v, --verbose')
    .option('-q, --quiet')
    .option('--cache <dir>')
    .addCommand(build)
    .addCommand(new Command('run').addCommand(qemu, { isDefault: true }));
}

describe('cmd: flags with one dash', () => {
  for (const [typed, expected] of [
    [
      'run qemu -mem 2048 -cpus 2 -disk size=1G -disk=b -gui img',
      'run qemu --mem 2048 --cpus 2 --disk size=1G --disk=b --gui img',
    ],
    ['run qemu --mem 1 -v', 'run qemu --mem 1 -v'],
    ['run -mem 1 img', 'run --mem 1 img'],
    ['run img -dry-run', 'run img --dry-run'],
    // A value is a value, whatever it looks like.
    ['run qemu -mem -cpus -gui', 'run qemu --mem -cpus --gui'],
    ['build -f -format x.yml', 'build -f -format x.yml'],
    // Switches in Go take a value.
    ['run qemu -gui=true --gui=false img', 'run qemu --gui img'],
    // A value that may be left out is no other word.
    ['build -pull a.yml', 'build --pull=always a.yml'],
    ['build --pull never a.yml', 'build --pull never a.yml'],
    ['build a.yml -pull=never', 'build a.yml --pull=never'],
    ['build a.yml --pull', 'build a.yml --pull=always'],
    ['build -pull=true --pull=false a.yml', 'build --pull=always a.yml'],
    ['run qemu -gdb img', 'run qemu --gdb=1234 img'],
    ['run qemu -gdb 4321 img', 'run qemu --gdb 4321 img'],
    ['run qemu -gdb=4321 img', 'run qemu --gdb=4321 img'],
    // A command's flags may stand before its name, and before its parent's.
    ['run -mem 2G qemu img', 'run qemu --mem 2G img'],
    ['run -dry-run -cpus=2 -v qemu -gui img', 'run qemu --dry-run --cpus=2 -v --gui img'],
    ['-q -mem 2G run -v qemu img', '-q run qemu --mem 2G -v img'],
    ['run -mem 2G img qemu', 'run --mem 2G img qemu'],
    ['run -mem qemu img', 'run --mem qemu img'],
    // From -- on nothing is a flag.
    ['run qemu -- -mem', 'run qemu -- -mem'],
    // What is not known, or is short, is Commander's.
    ['run qemu -memory 1 -x', 'run qemu -memory 1 -x'],
    ['build -qv -f=tar a.yml', 'build -qv -f=tar a.yml'],
    // Another command's flags are not this one's.
    ['build -mem 1 a.yml', 'build -mem 1 a.yml'],
    ['-cache d -quiet build a.yml', '--cache d --quiet build a.yml'],
    ['build -verbose -cache=d a.yml', 'build --verbose --cache=d a.yml'],
    // Not flags.
    ['build -', 'build -'],
    ['run qemu -mem=', 'run qemu --mem='],
    ['run qemu -mem', 'run qemu --mem'],
  ] as const) {
    it(`reads: lkit ${typed}`, () => {
      assert.deepEqual(acceptGoFlags(program(), typed.split(' ')), expected.split(' '));
    });
  }

  it('is understood by Commander', async () => {
    let seen: unknown;
    const lkit = program();
    lkit.commands
      .find((command) => command.name() === 'run')
      ?.commands[0]?.action((name: string, flags: unknown) => {
        seen = { name, flags };
      });
    const argv = ['run', '-mem', '2048', '-disk', 'size=1G', '-disk=b', 'img'];
    await lkit.parseAsync(acceptGoFlags(lkit, argv), { from: 'user' });
    assert.deepEqual(seen, { name: 'img', flags: { mem: '2048', disk: ['size=1G', 'b'] } });
  });
});
