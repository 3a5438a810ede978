import assert from 'node:assert/strict';
import { aptConfiguration, downloadSettings } from '../../../pkg/package/apt/configuration.ts';

describe('downloadSettings', () => {
  it('carries proxies and the like over, and not what decides which indexes are fetched', () => {
    const dump = `APT::Architecture "amd64";
Acquire "";
Acquire::http::Proxy "http://proxy.test:3128";
Acquire::https::Verify-Peer "false";
Acquire::Check-Valid-Until "false";
Acquire::Languages:: "none";
Acquire::GzipIndexes "true";
Acquire::IndexTargets::deb::DEP-11::DefaultEnabled "true";
APT::Update::Post-Invoke:: "rm -rf /tmp/x";
DPkg::Post-Invoke:: "true";
`;
    assert.deepEqual(downloadSettings(dump), [
      'Acquire::http::Proxy "http://proxy.test:3128";',
      'Acquire::https::Verify-Peer "false";',
      'Acquire::Check-Valid-Until "false";',
    ]);
  });
});

describe('aptConfiguration', () => {
  const text = aptConfiguration({ folder: '/store/apt/arm64', arch: 'arm64', hostSettings: ['Acquire::x "1";'] });

  it('keeps everything below its folder, and nothing of the host', () => {
    assert.match(text, /^Dir::State::status "\/store\/apt\/arm64\/status";$/m);
    assert.match(text, /^Dir::Etc::parts "\/dev\/null";$/m);
    assert.match(text, /^Dir::Etc::sourcelist "\/dev\/null";$/m);
    assert.doesNotMatch(text, /"\/(etc|var)\//);
  });

  it('names the architecture, and begins with the settings of the host', () => {
    assert.match(text, /^APT::Architectures \{ "arm64"; \};$/m);
    assert.ok(text.startsWith('Acquire::x "1";\n'));
  });
});
