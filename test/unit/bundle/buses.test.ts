import assert from 'node:assert/strict';
import { bundle, configPart, refuses, text } from './support.ts';

describe('a container’s I2C buses', () => {
  const made = bundle({ devices: [{ i2c: 'sensors' }, { i2c: 'front-panel' }], env: ['A=b'] });

  it('are devices whose number is filled in when the machine runs', () => {
    const number = '@i2c:sensors@';
    const devices = configPart(made, 'linux.devices') as readonly unknown[];
    assert.equal(devices.length, 4);
    assert.deepEqual(devices.slice(0, 2), [
      { path: `/dev/i2c-${number}`, type: 'c', major: 89, minor: number, fileMode: 0o666 },
      { path: '/dev/i2c/sensors', type: 'c', major: 89, minor: number, fileMode: 0o666 },
    ]);
  });

  it('are all that the device cgroup allows', () => {
    assert.deepEqual(configPart(made, 'linux.resources.devices'), [
      { allow: true, type: 'c', major: 89, minor: '@i2c:sensors@', access: 'rwm' },
      { allow: true, type: 'c', major: 89, minor: '@i2c:front-panel@', access: 'rwm' },
    ]);
  });

  it('are named by variables', () => {
    assert.deepEqual(configPart(made, 'process.env'), [
      'A=b',
      'LKIT_I2C_SENSORS=/dev/i2c-@i2c:sensors@',
      'LKIT_I2C_FRONT_PANEL=/dev/i2c-@i2c:front-panel@',
    ]);
  });

  it('are numbered by the script that runs before the start, once in a boot', () => {
    const script = text(made, 'prepare');
    assert.match(script, /if \[ ! -e '\/run\/lkit\/prepared\/services\/web\/config' \]; then/);
    assert.match(script, /readlink '\/dev\/i2c\/sensors'/);
    assert.match(script, /mount -o bind '\S+\/config.json' '\/containers\/services\/web\/config.json'/);
    assert.doesNotMatch(text(bundle(), 'prepare'), /i2c/);
  });

  it('cannot be given by LinuxKit’s init, which runs no such script', () => {
    refuses(
      () => bundle({ devices: [{ i2c: 'sensors' }] }, { init: 'linuxkit' }),
      'invalid-device',
      'service "web": devices: LinuxKit\'s init cannot find the I2C bus "sensors"',
      'Put pkg:init first under "init:".',
    );
  });
});
