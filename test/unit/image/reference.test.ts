import assert from 'node:assert/strict';
import { familiarReference, formatReference, ImageError, parseReference } from '../../../pkg/image/index.ts';

const digest = `sha256:${'0a'.repeat(32)}`;

describe('image references', () => {
  const complete: readonly (readonly [text: string, complete: string, familiar: string])[] = [
    ['alpine', 'docker.io/library/alpine:latest', 'alpine:latest'],
    ['alpine:3.20', 'docker.io/library/alpine:3.20', 'alpine:3.20'],
    ['linuxkit/init:v1.0', 'docker.io/linuxkit/init:v1.0', 'linuxkit/init:v1.0'],
    ['docker.io/alpine', 'docker.io/library/alpine:latest', 'alpine:latest'],
    ['index.docker.io/library/alpine', 'docker.io/library/alpine:latest', 'alpine:latest'],
    ['ghcr.io/x/y/z:Tag_1.2-A', 'ghcr.io/x/y/z:Tag_1.2-A', 'ghcr.io/x/y/z:Tag_1.2-A'],
    ['localhost/x', 'localhost/x:latest', 'localhost/x:latest'],
    ['localhost:5000/x:y', 'localhost:5000/x:y', 'localhost:5000/x:y'],
    ['localhost:5000', 'docker.io/library/localhost:5000', 'localhost:5000'],
    ['[::1]:5000/x', '[::1]:5000/x:latest', '[::1]:5000/x:latest'],
    ['Registry.Example.com/x', 'registry.example.com/x:latest', 'registry.example.com/x:latest'],
    ['a__b/c-d.e', 'docker.io/a__b/c-d.e:latest', 'a__b/c-d.e:latest'],
    [`alpine@${digest}`, `docker.io/library/alpine@${digest}`, `alpine@${digest}`],
    [`alpine:3@${digest}`, `docker.io/library/alpine:3@${digest}`, `alpine:3@${digest}`],
  ];
  for (const [text, expected, familiar] of complete) {
    it(`reads ${text.slice(0, 40)}`, () => {
      assert.equal(formatReference(parseReference(text)), expected);
      assert.equal(familiarReference(parseReference(text)), familiar);
      assert.deepEqual(parseReference(familiarReference(parseReference(text))), parseReference(text));
    });
  }

  const wrong: readonly (readonly [text: string, message: RegExp, hint?: RegExp])[] = [
    ['', /names no repository/],
    [':tag', /names no repository/],
    ['Alpine', /"Alpine" is no name of a repository/, /lower case: "alpine"/],
    ['ghcr.io/Me/App:V1', /"Me" is no name/, /"me\/app"/],
    ['alpine:', /"" is no tag/],
    ['alpine:a b', /"a b" is no tag/],
    [`alpine:${'t'.repeat(129)}`, /is no tag/],
    ['alpine:-x', /"-x" is no tag/],
    ['alpine@sha256:12', /no digest/, /64 digits/],
    [`alpine@${digest.toUpperCase()}`, /no digest/],
    [`alpine@${digest}@${digest}`, /more than one "@"/],
    ['a//b', /"" is no name/],
    ['/a', /"" is no name/],
    ['a/', /"" is no name/],
    ['a..b', /"a\.\.b" is no name/],
    ['a b', /"a b" is no name/],
    ['-x.io/a', /"-x\.io" is no host name/],
    ['https://ghcr.io/a', /it is a URL/, /Leave out "https:\/\/"/],
    ['Me/app', /"Me" is no name/, /"me\/app"/],
    [`ghcr.io/${'a'.repeat(256)}`, /longer than 255/],
    ['0a'.repeat(32), /looks like the id/],
    ['../etc/passwd', /"\.\." is no/],
  ];
  for (const [text, message, hint] of wrong) {
    it(`refuses ${JSON.stringify(text.slice(0, 40))}`, () => {
      const at = { file: 'lkit.yml', line: 2, column: 9 };
      assert.throws(
        () => parseReference(text, at),
        (error: unknown) => {
          assert.ok(error instanceof ImageError);
          assert.deepEqual([error.code, error.kind, error.at], ['invalid-reference', 'input', at]);
          assert.match(error.message, message);
          if (hint !== undefined) assert.match(error.hint ?? '', hint);
          return true;
        },
      );
    });
  }
});
