import assert from 'node:assert/strict';
import { saidOf, specOf } from './support.ts';

describe('parseSpec, given several files', () => {
  it('lets each key of a later kernel replace the earlier one, and collects modules', () => {
    const { kernel } = specOf(
      'kernel: {image: one, cmdline: a, binary: x, modules: [m1]}\n',
      'kernel: {cmdline: "", tar: none}\n',
      'kernel: {image: three, cmdline: c, modules: [m2]}\n',
    );
    assert.equal(kernel?.image.text, 'three');
    assert.deepEqual(kernel.image.at, { file: 'c.yml', line: 1, column: 17 });
    assert.deepEqual([kernel.cmdline, kernel.binary, kernel.tar], ['c', 'x', undefined]);
    assert.deepEqual(
      kernel.modules?.map(({ name, at }) => `${at.file} ${name}`),
      ['a.yml m1', 'c.yml m2'],
    );
  });

  it('concatenates every list in order', () => {
    const file = (name: string): string =>
      `init: [${name}]\n` +
      ['onboot', 'onshutdown', 'services'].map((list) => `${list}:\n  - {name: ${name}, image: ${name}}\n`).join('') +
      `files:\n  - {path: ${name}, contents: ""}\nvolumes:\n  - {name: ${name}}\n`;
    const { init, onboot, onshutdown, services, files, volumes } = specOf(file('x'), file('y'), file('z'));
    assert.deepEqual(
      init.map(({ text }) => text),
      ['x', 'y', 'z'],
    );
    for (const list of [onboot, onshutdown, services, volumes]) {
      assert.deepEqual(
        list.map(({ name }) => name),
        ['x', 'y', 'z'],
      );
    }
    assert.deepEqual(
      files.map(({ path }) => path),
      ['x', 'y', 'z'],
    );
  });

  it('remembers of each path the folder that it is relative to', () => {
    const spec = specOf('init: [./a]\n', 'init: [./b]\nfiles:\n  - {path: f, source: ./g}\n');
    assert.deepEqual(
      spec.init.map(({ baseDir }) => baseDir),
      ['/project/a', '/project/b'],
    );
    const [file] = spec.files;
    assert.ok(file?.content.kind === 'source');
    assert.equal(file.content.baseDir, '/project/b');
  });

  it('finds volumes, containers and services of any of the files', () => {
    const user = 'services:\n  - {name: a, image: x, binds: ["data:/d"], uid: b, dependsOn: [b]}\n';
    const owner = 'services:\n  - {name: b, image: x}\nvolumes:\n  - {name: data}\n';
    assert.equal(specOf(user, owner).services.length, 2);
    assert.equal(specOf(owner, user).services.length, 2);
  });

  it('refuses one name for services of two files', () => {
    const file = 'services:\n  - {name: web, image: x}\n';
    assert.deepEqual(saidOf(file, file), ['b.yml:2:12 a second service is named "web"; the first is in a.yml, line 2']);
  });

  it('reports all errors of all files, in order', () => {
    assert.deepEqual(saidOf('srvices: []\ninit: 5\n', 'init: [a\n', 'file: []\n'), [
      'a.yml:1:1 unknown key "srvices" (did you mean "services"?)',
      'a.yml:2:7 "init" must be a list, not the number 5',
      'b.yml:1:7 this "[" is never closed',
      'c.yml:1:1 unknown key "file" (did you mean "files"?)',
    ]);
  });

  it('calls no name unknown that a file may declare which cannot be read', () => {
    const user = 'services:\n  - {name: a, image: x, binds: ["data:/d"], uid: b, dependsOn: [b]}\n';
    assert.deepEqual(saidOf(user, 'volumes: [\n'), ['b.yml:1:10 this "[" is never closed']);
  });

  it('warns of a kernel that has no image in any file', () => {
    assert.deepEqual(saidOf('kernel: {cmdline: a}\n'), ['a.yml:1:9 warning: "kernel" has no effect without "image"']);
    assert.deepEqual(saidOf('kernel: {cmdline: a}\n', 'kernel: {image: b}\n'), []);
    assert.equal(specOf('kernel: {cmdline: a}\n').kernel, undefined);
  });
});
