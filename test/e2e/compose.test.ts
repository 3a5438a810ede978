import assert from 'node:assert/strict';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Guest } from '../support/guest.ts';
import { lkit, withTempDir } from '../support/lkit.ts';

const compose = `
services:
  web:
    image: pkg:getty
    entrypoint: [/bin/busybox, httpd, -f, -p, "80", -h, /srv]
    volumes: [./html:/srv:ro]
    healthcheck: {test: [CMD, /bin/busybox, wget, -qO, /dev/null, "http://localhost/"], interval: 200ms, retries: 50}
    cap_drop: [ALL]
    cap_add: [NET_BIND_SERVICE]
  client:
    image: pkg:getty
    user: "1000:1000"
    entrypoint: /bin/busybox sh
    command: "-c 'wget -qO- http://web/index.html; id -u; cat /run/secrets/word; echo done'"
    secrets: [{source: word, mode: "0444"}]
    depends_on: {web: {condition: service_healthy}}
secrets: {word: {file: ./word}}
`;

describe('a Compose file, converted and booted', () => {
  it('runs its services, which reach one another by name', async function () {
    this.timeout(180_000);
    await withTempDir(async (folder) => {
      await mkdir(path.join(folder, 'html'));
      await writeFile(path.join(folder, 'html/index.html'), 'a page of the web service\n');
      await writeFile(path.join(folder, 'word'), 'open sesame\n');
      await writeFile(path.join(folder, 'compose.yaml'), compose);

      const converted = await lkit(['convert', '--runtime', 'crun', '-o', 'shop.yml'], { cwd: folder });
      assert.equal(converted.exitCode, 0, converted.stderr);
      assert.match(converted.stderr, /compose\.yaml:\d+:\d+: notice: the secret "word" is part of the system's image/);
      const built = await lkit(['build', 'shop.yml'], { cwd: folder });
      assert.equal(built.exitCode, 0, built.stderr);

      const guest = new Guest(['qemu', '-mem', '256', '-timeout', '170s', 'shop'], { cwd: folder });
      try {
        await guest.waitFor(/\[client\] a page of the web service\r?\n/);
        await guest.waitFor(/\[client\] 1000\r?\n/);
        await guest.waitFor(/\[client\] open sesame\r?\n/);
        await guest.waitFor(/\[client\] done\r?\n/);
      } finally {
        await guest.kill();
      }
    });
  });

  it('is not written over another file, nor when it is wrong', async () => {
    await withTempDir(async (folder) => {
      await writeFile(path.join(folder, 'compose.yaml'), compose.replace('image: pkg:getty', 'imag: x'));
      await writeFile(path.join(folder, 'shop.yml'), 'mine\n');
      const refused = await lkit(['convert', '-o', 'shop.yml'], { cwd: folder });
      assert.equal(refused.exitCode, 2);
      assert.match(refused.stderr, /shop\.yml is there already/);
      const wrong = await lkit(['convert', '--force', '-o', 'shop.yml'], { cwd: folder });
      assert.equal(wrong.exitCode, 2);
      assert.match(wrong.stderr, /compose\.yaml:4:5: .*"imag" is not a key of Compose \(did you mean "image"\?\)/s);
      assert.equal(await readFile(path.join(folder, 'shop.yml'), 'utf8'), 'mine\n');
      const none = await lkit(['convert', 'other.yaml'], { cwd: folder });
      assert.equal(none.exitCode, 2);
      assert.match(none.stderr, /cannot read other\.yaml: there is no such file/);
    });
  });
});
