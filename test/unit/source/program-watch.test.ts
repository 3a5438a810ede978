import assert from 'node:assert/strict';
import { type Entry, type Member } from '../../../pkg/archive/index.ts';
import { formatPlatform } from '../../../pkg/image/index.ts';
import { ProgramWatch } from '../../../pkg/source/index.ts';
import { elfProgram } from './elf-program.ts';

async function* members(files: readonly (readonly [path: string, content: Buffer])[]): AsyncGenerator<Member> {
  for (const [path, content] of files) {
    const entry: Entry = { path, type: 'file', mode: 0o755, uid: 0, gid: 0, mtime: 0, size: content.length };
    // Pieces that end inside of headers.
    const content7 = async function* (): AsyncGenerator<Buffer> {
      for (let at = 0; at < content.length; at += 7) yield await Promise.resolve(content.subarray(at, at + 7));
    };
    yield await Promise.resolve({ entry, content: content7() });
  }
}

async function watched(...files: readonly (readonly [path: string, content: Buffer])[]): Promise<ProgramWatch> {
  const watch = new ProgramWatch();
  for await (const { content } of watch.watch(members(files))) {
    const reading = content[Symbol.asyncIterator]();
    while ((await reading.next()).done !== true);
  }
  return watch;
}

describe('the platform of a system’s programs', () => {
  const amd64 = elfProgram(64, 62);
  const armV6 = elfProgram(32, 40, { cpu: 6, flags: 0x5000400 });
  const cases: readonly (readonly [files: readonly (readonly [string, Buffer])[], platform: string | undefined])[] = [
    [[['bin/sh', amd64]], 'linux/amd64'],
    [[['usr/bin/sh', elfProgram(64, 183)]], 'linux/arm64'],
    [[['sbin/init', elfProgram(64, 243)]], 'linux/riscv64'],
    [[['bin/busybox', elfProgram(32, 3)]], 'linux/386'],
    // What its end says, which comes in another piece than its head.
    [[['bin/busybox', armV6]], 'linux/arm/v6'],
    [
      [
        ['boot/firmware', armV6],
        ['usr/bin/cc', amd64],
      ],
      'linux/amd64',
    ],
    [[['boot/firmware', armV6]], 'linux/arm/v6'],
    [[['bin/sh', amd64.subarray(0, 20)]], undefined],
    [[['etc/passwd', Buffer.from('root:x:0:0::/:/bin/sh\n')]], undefined],
    [[], undefined],
  ];
  for (const [files, platform] of cases) {
    it(`of ${files.map(([path]) => path).join(', ') || 'no files'}: ${String(platform)}`, async () => {
      const watch = await watched(...files);
      assert.equal(watch.platform && formatPlatform(watch.platform), platform);
      assert.equal(watch.count, files.length);
    });
  }
});
