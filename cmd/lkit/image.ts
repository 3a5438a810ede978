import { Command } from 'commander';
import { changeCommands } from './image-change.ts';
import { createCommand } from './image-create.ts';
import { lookCommands } from './image-look.ts';

/** `lkit image`: OCI images, made and changed without a daemon, a Dockerfile or root. */
export function imageCommand(): Command {
  const image = new Command('image').description('make, look at, change and copy container images');
  for (const command of [createCommand(), ...lookCommands(), ...changeCommands()]) image.addCommand(command);
  return image.addHelpText(
    'after',
    `
Images are named as in a YAML file: alpine:3.20, oci:dir:tag, oci-archive:file, docker-archive:file, docker-daemon:name,
rootfs:dir, pkg:getty. Targets: oci:DIR[:TAG], oci-archive:FILE[:NAME], docker-archive:FILE[:NAME], docker-daemon:NAME,
docker://NAME (a registry), store:NAME.

Examples:
  lkit image create --binary ./hello oci:hello:latest
  lkit image inspect oci:hello:latest
  lkit image copy oci:hello:latest docker://ghcr.io/me/hello:1`,
  );
}
