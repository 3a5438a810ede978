import { type Member, packSquashfs, squashfsEffort, writeTar } from '../../archive/index.ts';
import type { RootFileSystem } from '../../plan/index.ts';
import { packTogether } from '../context.ts';
import { diskRootInitrd } from '../disk-root.ts';
import { writeErofs } from '../disk/erofs.ts';
import { writeIsoOfTree } from '../disk/iso-tree.ts';
import { flatMembers } from '../flat.ts';
import { directory, each, file, hostFile } from '../members.ts';
import { treeBytes } from '../squash.ts';
import { microcode } from '../ucode.ts';
import { kernelProducts } from './kernel.ts';
import type { Parts } from './parts.ts';
import type { Product, Writer } from './product.ts';

/** The system's own files, without its kernel. */
function rootMembers({ options }: Parts): AsyncIterable<Member> {
  return flatMembers(options.flatPlan(), options);
}

/** About how many bytes they have. */
function rootBytes({ options }: Parts): number {
  const { init, trees } = options.flatPlan();
  return [...init, ...trees].reduce((sum, { image }) => sum + treeBytes(image), 0);
}

/** With the kernel below `boot/`, where LinuxKit has it. */
async function* treeMembers(parts: Parts, extra: readonly Member[]): AsyncGenerator<Member> {
  const { plan, options } = parts;
  const boot: Member[] = [];
  if (plan.kernel !== undefined) {
    boot.push(directory('boot', 0o755), hostFile('boot/kernel', 0o644, await parts.kernel()));
    boot.push(file('boot/cmdline', 0o644, Buffer.from(plan.kernel.cmdline)));
    const ucode = await packTogether(options, (packing) => microcode(plan, packing));
    if (ucode !== undefined) boot.push(hostFile('boot/ucode.cpio', 0o644, ucode));
  }
  const others = [
    { name: 'the kernel', members: () => each(boot) },
    { name: 'the Dockerfile', members: () => each(extra) },
  ];
  yield* flatMembers(options.flatPlan(), options, others);
}

function tarOf(suffix: string, extra: () => readonly Member[]): Writer {
  return ({ parts }) => [{ suffix, stream: () => writeTar(treeMembers(parts, extra())) }];
}

export const tar = tarOf('.tar', () => []);

/** LinuxKit's words. */
const dockerfile = `FROM scratch
COPY . ./
RUN rm -f Dockerfile
ENTRYPOINT ["/bin/rc.init"]
`;

export const docker = tarOf('.docker', () => [file('Dockerfile', 0o644, Buffer.from(dockerfile))]);

function kernelAnd(fileSystem: RootFileSystem, initrdSuffix: string, root: (parts: Parts) => Product): Writer {
  return async ({ parts }) => {
    const initrd = await diskRootInitrd(parts.plan, fileSystem, parts.options);
    return [
      ...(await kernelProducts(parts)),
      root(parts),
      ...(initrd === undefined ? [] : [{ suffix: initrdSuffix, copyOf: initrd.file }]),
    ];
  };
}

export const kernelSquashfs = kernelAnd('squashfs', '-squashfs-initrd.img', (parts) => ({
  suffix: '-squashfs.img',
  async write(target) {
    // Packed anew each time: a large root must not take minutes.
    const effort = squashfsEffort(rootBytes(parts));
    await packSquashfs(rootMembers(parts), target, { effort, signal: parts.options.signal });
  },
}));

export const kernelErofs = kernelAnd('erofs', '-erofs-initrd.img', (parts) => ({
  suffix: '-erofs.img',
  async write(target) {
    await writeErofs(rootMembers(parts), target, { identity: await parts.identity(), signal: parts.options.signal });
  },
}));

export const kernelIso = kernelAnd('isofs', '-iso-initrd.img', (parts) => ({
  suffix: '-root.iso',
  async write(target) {
    const identity = await parts.identity();
    await writeIsoOfTree(rootMembers(parts), target, { moment: identity.moment('root'), signal: parts.options.signal });
  },
}));
