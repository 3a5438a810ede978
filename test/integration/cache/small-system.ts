import { randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { rawTar } from '../../unit/archive/raw-tar.ts';
import { writeLayout } from '../image/oci-layout.ts';

/**
 * Writes a system that is built in a moment, of two images that lie beside its YAML: an init image with the two files
 * that every packed system takes from one, and a service.
 *
 * @param bytes the size of the service's one file, whose content is random
 * @returns the path of the YAML
 */
export async function writeSmallSystem(folder: string, bytes = 100_000): Promise<string> {
  await mkdir(folder, { recursive: true });
  const init = rawTar([
    { name: 'bin/busybox', data: 'no program', mode: 0o755 },
    { name: 'usr/lib/lkit/stage0', data: '#!/bin/sh\n', mode: 0o755 },
  ]);
  await writeLayout(path.join(folder, 'init'), [init], { config: { Labels: { 'org.lkit.init': 'packed' } } });
  await writeService(folder, bytes);
  const yaml = path.join(folder, 'small.yml');
  await writeFile(yaml, 'init: [oci:init]\nservices:\n  - {name: web, image: oci:./web:latest}\n');
  return yaml;
}

/** Writes the service's image, another one each time. */
export async function writeService(folder: string, bytes = 100_000): Promise<void> {
  const layer = rawTar([{ name: 'bin/web', data: randomBytes(bytes), mode: 0o755 }]);
  await writeLayout(path.join(folder, 'web'), [layer], { config: { Cmd: ['/bin/web'] } });
}
