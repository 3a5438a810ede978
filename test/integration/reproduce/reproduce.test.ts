import assert from 'node:assert/strict';
import { chmod, chown, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import { sha256 } from '../../../pkg/image/index.ts';
import type { Format } from '../../../pkg/output/formats/catalog.ts';
import type { Layout } from '../../../pkg/plan/types.ts';
import { root } from '../../support/lkit.ts';
import { rawTar } from '../../unit/archive/raw-tar.ts';
import { writeLayout } from '../image/oci-layout.ts';

const nobody = 65534;

/** Under what a build runs: none of it may show in what it writes. */
interface Surroundings {
  readonly folder: string;
  /** Programs that start the next one, with their arguments. */
  readonly under: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

const plain: Surroundings = { folder: 'plain', under: [], env: { TZ: 'UTC', LC_ALL: 'C.UTF-8' } };

const others: Readonly<Record<string, Surroundings>> = {
  'in another folder, with another umask': {
    ...plain,
    folder: 'a much longer/path with spaces',
    under: ['sh', '-c', 'umask 077; exec "$@"', 'sh'],
  },
  'years later, in another time zone and language': {
    folder: 'later',
    under: ['faketime', '2037-08-09 10:11:12'],
    env: { TZ: 'Pacific/Kiritimati', LC_ALL: 'tr_TR.UTF-8' },
  },
  // Only root can become somebody else.
  ...(process.getuid?.() === 0 && {
    'by another user': {
      ...plain,
      folder: 'nobody',
      under: ['setpriv', `--reuid=${nobody}`, `--regid=${nobody}`, '--clear-groups'],
    },
  }),
};

/**
 * What packs a tree in a way of its own. The formats for disks and CDs put the same kernel and initrd into files of fixed
 * layout; the tests of the formats build each of those twice. Here, they would fetch boot loaders from Debian every time.
 */
const outputs: readonly (readonly [Format, Layout])[] = [
  ['kernel+initrd', 'packed'],
  ['kernel+initrd', 'flat'],
  ['kernel+squashfs', 'flat'],
  ['kernel+erofs', 'flat'],
  ['tar', 'flat'],
];

describe('a build from an empty cache gives the same bytes', function () {
  this.timeout(120_000);
  let scratch: string;

  before(async () => {
    scratch = await mkdtemp(path.join(tmpdir(), 'lkit-same-'));
    await chmod(scratch, 0o755);
  });
  after(() => rm(scratch, { recursive: true, force: true }));

  /** Everything that is written, by name. */
  async function build({ folder, under, env }: Surroundings, flags: readonly string[]): Promise<Map<string, string>> {
    const project = path.join(scratch, flags.join(''), folder);
    await mkdir(project, { recursive: true });
    await writeSystem(project);
    await chown(project, nobody, nobody).catch(() => undefined);
    const lkit = [process.execPath, path.join(root, 'dist/bin/lkit.js'), 'build', '--sbom', '--dir', 'out', ...flags];
    const [program, ...args] = [...under, ...lkit, 'system.yml'];
    const cache = path.join(project, 'cache');
    await execa(program, args, { cwd: project, env: { ...env, LKIT_CACHE: cache, HOME: project } });
    const out = path.join(project, 'out');
    const files = (await readdir(out)).sort();
    const contents = files.map(async (name) => [name, sha256(await readFile(path.join(out, name)))] as const);
    return new Map(await Promise.all(contents));
  }

  for (const [format, layout] of outputs) {
    describe(`of ${format}, ${layout}`, () => {
      const flags = ['--format', format, '--layout', layout];
      let expected: ReadonlyMap<string, string>;

      before(async () => {
        expected = await build(plain, flags);
        assert.ok(expected.size >= 3);
      });

      for (const [what, surroundings] of Object.entries(others)) {
        it(what, async () => {
          assert.deepEqual(await build(surroundings, flags), expected);
        });
      }
    });
  }
});

/** Files of several kinds, in several layers, with a kernel that nobody starts. */
async function writeSystem(folder: string): Promise<void> {
  const file = (name: string, mode = 0o755) => ({ name, data: name.repeat(1000), mode });
  await writeLayout(path.join(folder, 'kernel'), [rawTar([file('kernel')])]);
  const init = [file('bin/busybox'), file('usr/lib/lkit/stage0'), file('init')];
  await writeLayout(path.join(folder, 'init'), [rawTar(init)], { config: { Labels: { 'org.lkit.init': 'packed' } } });
  const web = [
    file('bin/web', 0o4755),
    { name: 'tmp/', type: '5', mode: 0o1777 },
    { name: 'sh', type: '2', link: 'bin/web' },
  ];
  const status = 'Package: web\nVersion: 1\nArchitecture: all\n';
  const upper = [
    { name: 'var/lib/dpkg/status', data: status },
    { name: 'bin/hard', type: '1', link: 'bin/web' },
  ];
  await writeLayout(path.join(folder, 'web'), [rawTar(web), rawTar([file('bin/web'), ...upper])]);
  await writeFile(path.join(folder, 'note'), 'a file of the host\n');
  await writeFile(
    path.join(folder, 'system.yml'),
    `kernel: {image: "oci:kernel", cmdline: quiet}
init: ["oci:init"]
services:
  - {name: web, image: "oci:web", command: [/bin/web]}
files:
  - {path: etc/note, source: note}
`,
  );
}
