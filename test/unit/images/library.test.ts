import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { inPackage } from './folders.ts';

const lib = inPackage('init', 'rootfs/usr/lib/lkit/lib.sh');

/** Runs a script in the guest's shell, with the guest's library. */
function sh(script: string, args: readonly string[] = []): string {
  const { status, stdout, stderr } = spawnSync('busybox', ['sh', '-c', `. ${lib}\n${script}`, 'sh', ...args], {
    encoding: 'utf8',
  });
  assert.equal(status, 0, stderr);
  return stdout.trim();
}

describe('lib.sh', () => {
  let folder: string;

  before(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'lkit-test-'));
  });

  after(() => {
    rmSync(folder, { recursive: true });
  });

  it('finds whole words on the kernel command line', () => {
    const script =
      'cmdline="a lkit.debug x=1"; for word in lkit.debug x=1 x lkit; do on_cmdline $word && echo $word; done; :';
    assert.equal(sh(script), 'lkit.debug\nx=1');
  });

  it('shows what the boot took, as boot-times reads it', () => {
    const file = path.join(folder, 'boot-times');
    writeFileSync(file, '0.00 1.20 kernel\n9.80 10.25 service web server\n');
    const command = inPackage('init', 'rootfs/usr/bin/boot-times');
    const { stdout } = spawnSync('busybox', ['sh', command, file], { encoding: 'utf8' });
    assert.equal(
      stdout,
      `   FROM      TO    TOOK  WHAT
   0.00    1.20    1.20  kernel
   9.80   10.25    0.45  service web server
`,
    );
  });

  it("takes the reason for a failed start from either runtime's log", () => {
    const log = path.join(folder, 'runtime.log');
    const reasonOf = (text: string): string => {
      writeFileSync(log, text);
      return sh('reason_of "$1"; echo "$reason"', [log]);
    };
    const crun = '2026-11-21T03:47:00.123456Z: executable file `/nope` not found in $PATH: No such file or directory\n';
    assert.equal(reasonOf(crun), 'executable file `/nope` not found in $PATH: No such file or directory');
    const runc =
      'time="2026-11-21T03:47:00Z" level=warning msg="first"\n' +
      'time="2026-11-21T03:47:00Z" level=error msg="runc run failed: exec: \\"/nope\\": no such file or directory"\n';
    assert.equal(reasonOf(runc), 'runc run failed: exec: "/nope": no such file or directory');
    assert.equal(reasonOf(''), '');
  });

  it('knows a process from one that has ended', () => {
    assert.equal(sh('sleep 5 & alive $! && echo yes; kill -9 $!; wait $!; alive $! || echo no'), 'yes\nno');
  });

  it('ends processes without waiting longer than they live, and those that ignore it for good', () => {
    const script = `
      sleep 60 & one=$!
      sh -c 'trap "" TERM; while :; do read -t 1 _ </dev/zero; done' & two=$!
      nap() { usleep 100000; }
      nap
      end_processes 3 $one $two
      nap
      alive $one || echo ended
      alive $two || echo killed`;
    assert.equal(sh(script), 'ended\nkilled');
  });
});

describe('load_modules', () => {
  let folder: string;

  before(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'lkit-test-'));
    const fake = `#!/bin/sh\ncase $1 in nosuch) echo "modprobe: module nosuch not found in modules.dep" >&2; exit 1 ;; esac\n`;
    writeFileSync(path.join(folder, 'modprobe'), fake);
    chmodSync(path.join(folder, 'modprobe'), 0o755);
  });

  after(() => {
    rmSync(folder, { recursive: true });
  });

  // dash, so that the fake in PATH comes before any program of busybox's.
  const load = (...args: readonly string[]): ReturnType<typeof spawnSync> =>
    spawnSync('dash', [inPackage('load_modules', 'rootfs/usr/bin/load_modules'), ...args], {
      encoding: 'utf8',
      env: { PATH: `${folder}:${process.env['PATH'] ?? ''}` },
    });

  it('takes a module and its parameters as several arguments or as one', () => {
    for (const args of [['lkit-a', 'x=1', 'y=2', 'lkit-b'], ['lkit-a x=1 y=2', 'lkit-b'], ['lkit-a x=1 y=2 lkit-b']]) {
      const { status, stdout } = load(...args);
      assert.equal(status, 0);
      assert.equal(stdout, 'loaded lkit-a x=1 y=2\nloaded lkit-b\n');
    }
  });

  it('names a module that the kernel lacks, and loads the others', () => {
    const { status, stdout, stderr } = load('nosuch', 'lkit-b');
    assert.equal(status, 1);
    assert.equal(stdout, 'loaded lkit-b\n');
    assert.match(String(stderr), /the kernel has no module nosuch/);
  });

  it('tells its usage without arguments', () => {
    const { status, stderr } = load();
    assert.equal(status, 2);
    assert.match(String(stderr), /Usage: load_modules/);
  });
});
