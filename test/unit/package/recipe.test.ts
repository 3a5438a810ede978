import assert from 'node:assert/strict';
import { type LkitError, formatLocation } from '../../../pkg/errors/index.ts';
import { parseBuildFile, parseRecipe } from '../../../pkg/package/index.ts';

function refuses(parse: Promise<unknown>, code: string, location: string, message: RegExp): Promise<void> {
  return assert.rejects(parse, (error: LkitError) => {
    assert.equal(error.code, code);
    assert.equal(error.kind, 'input');
    assert.equal(error.at && formatLocation(error.at), location);
    assert.match(error.message, message);
    return true;
  });
}

describe('debian.yml', () => {
  it('is read with its defaults', async () => {
    const recipe = await parseRecipe('debian.yml', 'packages: [busybox-static]\n');
    assert.deepEqual(
      recipe.packages.map(({ name, metapackage }) => [name, metapackage]),
      [['busybox-static', false]],
    );
    const { files, links, directories, kernel, labels } = recipe;
    assert.deepEqual(
      { files, links, directories, kernel, labels },
      { files: [], links: [], directories: [], kernel: false, labels: {} },
    );
  });

  it('may be empty, for an image of rootfs alone', async () => {
    assert.deepEqual((await parseRecipe('debian.yml', '# nothing\n')).packages, []);
  });

  it('knows metapackages and names for each architecture', async () => {
    const { packages } = await parseRecipe(
      'debian.yml',
      'packages:\n  - {metapackage: {amd64: linux-image-amd64, arm64: linux-image-arm64}}\n  - {amd64: libc6}\n',
    );
    assert.deepEqual(
      packages.map(({ name, metapackage, at }) => [name, metapackage, at.line]),
      [
        [{ amd64: 'linux-image-amd64', arm64: 'linux-image-arm64' }, true, 2],
        [{ amd64: 'libc6' }, false, 3],
      ],
    );
  });

  it('makes links of words and of lists, and folders with modes', async () => {
    const recipe = await parseRecipe(
      'debian.yml',
      `links: [{target: busybox, in: /bin, names: "sh  ls"}, {target: /x, in: /, names: [a]}]
directories: [/run, {path: /tmp, mode: "1777"}]
`,
    );
    assert.deepEqual(
      recipe.links.map(({ path, target }) => [path, target]),
      [
        ['/bin/sh', 'busybox'],
        ['/bin/ls', 'busybox'],
        ['/a', '/x'],
      ],
    );
    assert.deepEqual(
      recipe.directories.map(({ path, mode }) => [path, mode]),
      [
        ['/run', 0o755],
        ['/tmp', 0o1777],
      ],
    );
  });

  const wrong: readonly (readonly [string, string, string, RegExp])[] = [
    ['package: [a]\n', 'invalid-key', 'f.yml:1:1', /unknown key "package" \(did you mean "packages"\?\)/],
    ['packages: [runc]\nfiles:\n  - {form: /a, to: /b}\n', 'invalid-key', 'f.yml:3:5', /"from" is missing[^]*"form"/],
    ['packages: runc\n', 'invalid-key', 'f.yml:1:11', /"packages" must be a list/],
    ['packages: [Run_C]\n', 'invalid-key', 'f.yml:1:12', /"packages\[0\]" cannot be "Run_C"/],
    ['files: [bin/sh]\n', 'invalid-key', 'f.yml:1:9', /"files\[0\]" cannot be "bin\/sh"/],
    ['directories:\n- path: /tmp\n  mode: "999"\n', 'invalid-key', 'f.yml:3:9', /cannot be "999"/],
    ['packages: [\n', 'bad-yaml', 'f.yml:2:1', /./],
    ['a: 1\na: 2\n', 'bad-yaml', 'f.yml:2:1', /unique/],
    ['- a\n', 'invalid-key', 'f.yml:1:1', /the file must be a mapping/],
  ];
  for (const [text, code, location, message] of wrong) {
    it(`${JSON.stringify(text)} is ${code} at ${location}`, () =>
      refuses(parseRecipe('f.yml', text), code, location, message));
  }

  it('reports all that is wrong, in order', async () => {
    await refuses(
      parseRecipe('f.yml', 'kernel: 1\nuser: 2\n'),
      'invalid-key',
      'f.yml:1:9',
      /"kernel"[^]*f\.yml:2:7: "user"/,
    );
  });
});

describe('build.yml', () => {
  it("accepts all of LinuxKit's keys", async () => {
    const build = await parseBuildFile(
      'build.yml',
      `image: getty
org: linuxkit
tag: "{{.Hash}}"
dockerfile: Dockerfile.x
arches: [amd64]
extra-sources: [../a:a]
gitrepo: https://git.test/x
network: true
disable-cache: true
buildArgs: [A=b]
config: {capabilities: [all], binds: [/dev:/dev]}
depends: {docker-images: {from-file: f, list: [a], target: t, target-dir: d}}
`,
    );
    assert.equal(build.image, 'getty');
    assert.equal(build.disableCache, true);
    assert.deepEqual(build.extraSources, ['../a:a']);
    assert.deepEqual(build.config, { capabilities: ['all'], binds: ['/dev:/dev'] });
    assert.equal(formatLocation(build.locate('arches')), 'build.yml:5:9');
  });

  it('is for all architectures unless it says otherwise', async () => {
    const { arches } = await parseBuildFile('build.yml', 'image: x\n');
    assert.deepEqual(arches, ['amd64', 'arm64', 'riscv64']);
  });

  const wrong: readonly (readonly [string, string, RegExp])[] = [
    ['org: x\n', 'b.yml:1:1', /"image" is missing/],
    ['image: x\nimgae: y\n', 'b.yml:2:1', /unknown key "imgae" \(did you mean "image"\?\)/],
    ['image: x\narches: [amd46]\n', 'b.yml:2:10', /one of amd64, arm64, riscv64 \(did you mean "amd64"\?\)/],
    [
      'image: x\ndepends:\n  docker-images:\n    lists: []\n',
      'b.yml:4:5',
      /unknown key "lists" \(did you mean "list"\?\)/,
    ],
  ];
  for (const [text, location, message] of wrong) {
    it(`${JSON.stringify(text)} is refused at ${location}`, () =>
      refuses(parseBuildFile('b.yml', text), 'invalid-key', location, message));
  }
});
