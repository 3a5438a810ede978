import assert from 'node:assert/strict';
import path from 'node:path';
import { parseReference } from '../../../pkg/image/index.ts';
import { imageNameCheck } from '../../../pkg/source/image-name.ts';
import { type Diagnostic, parseSpec } from '../../../pkg/spec/index.ts';
import { root } from '../../support/lkit.ts';

const checkImageName = imageNameCheck(path.join(root, 'images'), parseReference);
const digest = `sha256:${'a'.repeat(64)}`;

function said(text: string): readonly string[] {
  const { diagnostics } = parseSpec([{ file: 'lkit.yml', text, baseDir: '/' }], { checkImageName });
  return diagnostics.map(({ at, message }: Diagnostic) => `${at.line}:${at.column} ${message}`);
}

describe('the names of images', () => {
  it('are checked wherever the YAML has one, in order with everything else', () => {
    const text = [
      'kernel: {image: "pkg:kernal"}',
      'init: [pkg:init, pkg:crunn]',
      'onboot: [{name: a, image: "ngi nx"}]',
      'services:',
      '  - {name: b, image: Nginx, restart: ever}',
      '  - {name: c, image: "https://docker.io/nginx"}',
      'onshutdown: [{name: d, image: "docker://x@sha256:abc"}]',
      'volumes: [{name: e, image: "alpine:3,20"}]',
    ].join('\n');
    assert.deepEqual(said(text), [
      '1:17 lkit has no package "kernal" (did you mean "kernel"?)',
      '2:18 lkit has no package "crunn" (did you mean "crun"?)',
      '3:27 "ngi nx" is no image reference: "ngi nx" is no name of a repository',
      '5:22 "Nginx" is no image reference: "Nginx" is no name of a repository',
      '5:38 "restart" must be "no", "on-failure" or "always", not "ever"',
      '6:22 "https://docker.io/nginx" is no image reference: it is a URL',
      '7:31 "x@sha256:abc" is no image reference: what follows "@" is no digest',
      '8:28 "alpine:3,20" is no image reference: "3,20" is no tag',
    ]);
  });

  for (const name of [
    ...[
      'alpine',
      'alpine:3.20',
      `ghcr.io/owner/name:v1@${digest}`,
      'localhost:5000/a',
      'docker://alpine',
      'a'.repeat(64),
    ],
    ...['pkg:getty', `pkg:getty@${digest}`, 'pkg:./mine', '@pkg:./mine', './folder', '/folder', '~/folder'],
    ...['oci:folder:tag', 'oci-archive:a.tar', 'docker-archive:a.tar', 'rootfs:folder', 'docker-daemon:x:y'],
  ]) {
    it(`may be ${name}`, () => {
      assert.equal(checkImageName(name), undefined);
    });
  }

  it('may be anything shipped where it cannot be seen what is', () => {
    assert.equal(imageNameCheck('/no-such-folder', parseReference)('pkg:getty'), undefined);
  });
});
