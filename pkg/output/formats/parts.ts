import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { contentOf, readHostFile } from '../../archive/index.ts';
import { sha256, type StoredImage } from '../../image/index.ts';
import { extractKernelBinary } from '../../kernel/index.ts';
import type { KernelPlan, Plan } from '../../plan/index.ts';
import { imageTree } from '../../store/index.ts';
import { OutputError } from '../aside.ts';
import { DiskIdentity } from '../disk/identity.ts';
import { writeUki } from '../disk/uki.ts';
import { initrdOf } from '../initrd-of.ts';
import type { OutputOptions } from '../kernel-initrd.ts';
import { readWhole } from '../members.ts';
import { writeParts } from '../parts.ts';
import { type SizedFile, sizedFile } from '../sized-file.ts';
import type { Format, LoaderName } from './catalog.ts';
import { memo } from './memo.ts';

export interface FormatOptions extends OutputOptions {
  readonly formats: readonly Format[];
  /** The same system with every file where it will be. */
  readonly flatPlan: () => Plan;
  /** Those that the formats need. */
  readonly loaders: ReadonlyMap<LoaderName, StoredImage>;
  /** What a Raspberry Pi starts. */
  readonly firmware?: StoredImage | undefined;
  /** Of disk images. @default what their content takes */
  readonly diskBytes?: number | undefined;
  /** Of the data partition of `sd`. */
  readonly dataBytes?: number | undefined;
}

/** What formats are made of. Each part is made when it is first needed, once, in a folder that goes with the build. */
export class Parts {
  readonly plan: Plan;
  readonly options: FormatOptions;
  readonly #folder: string;

  constructor(plan: Plan, options: FormatOptions, folder: string) {
    this.plan = plan;
    this.options = options;
    this.#folder = folder;
  }

  /** The path of a file to be made. */
  place(name: string): string {
    return path.join(this.#folder, name);
  }

  /** A file to be made of these bytes. */
  async put(name: string, content: string | Buffer): Promise<SizedFile> {
    const file = this.place(name);
    await writeFile(file, content);
    return { file, size: Buffer.byteLength(content) };
  }

  get kernelPlan(): KernelPlan {
    if (this.plan.kernel !== undefined) return this.plan.kernel;
    throw new OutputError('no-kernel', 'the system has no kernel, so nothing can boot it', {
      kind: 'input',
      hint: 'Name one with "kernel: image:", or choose the format tar or docker.',
    });
  }

  /** As boot loaders want it: on one line. */
  get cmdline(): string {
    return this.kernelPlan.cmdline.trim().replaceAll(/\s+/g, ' ');
  }

  /** The kernel as its image has it, which every boot loader knows. */
  readonly kernel = memo(async (): Promise<SizedFile> => {
    const { path: file } = await extractKernelBinary(this.options.store, this.kernelPlan);
    return await sizedFile(file);
  });

  /** The initrd, with the microcode in front. */
  readonly initrd = memo(async (): Promise<SizedFile> => {
    const file = this.place('initrd.img');
    await writeParts(await initrdOf(this.plan, this.options), file, this.options.signal);
    return await sizedFile(file);
  });

  readonly identity = memo(async (): Promise<DiskIdentity> => {
    const { image, binary } = this.kernelPlan;
    const hash = createHash('sha256');
    for await (const chunk of readHostFile((await this.initrd()).file)) hash.update(chunk);
    const initrd = hash.digest('hex');
    return new DiskIdentity(sha256([image.descriptor.digest, binary, initrd, this.cmdline].join('\n')));
  });

  /** A file of one of lkit's own packages. */
  async loaderFile(loader: LoaderName, name: string): Promise<Buffer> {
    const image = this.options.loaders.get(loader);
    if (image !== undefined) {
      for await (const { entry, content } of imageTree(this.options.store, image)) {
        if (entry.path === name) return await readWhole(content);
      }
    }
    throw new OutputError('bad-loader', `pkg:${loader} has no file ${name}`, {
      hint: `Get the package anew: lkit pkg build --pull ${loader}`,
    });
  }

  /** Kernel, initrd and command line as one EFI program. */
  readonly uki = memo(() => this.ukiWith('boot.efi', this.cmdline));

  /** The same under another name, with another command line. */
  async ukiWith(name: string, cmdline: string): Promise<SizedFile> {
    const file = this.place(name);
    const stub = await this.loaderFile('efi-boot', `linux${this.efiArch}.efi.stub`);
    const [kernel, initrd] = [await this.kernel(), await this.initrd()];
    await writeUki(file, stub, [
      { name: '.osrel', content: contentOf(Buffer.from('ID=lkit\nNAME=lkit\n')) },
      { name: '.cmdline', content: contentOf(Buffer.from(cmdline)) },
      { name: '.initrd', content: readHostFile(initrd.file) },
      { name: '.linux', content: readHostFile(kernel.file) },
    ]);
    return await sizedFile(file);
  }

  /** UEFI's name of the architecture (UEFI 2.10, 3.5.1.1 "Removable Media Boot Behavior"). */
  get efiArch(): 'x64' | 'aa64' {
    return this.plan.arch === 'arm64' ? 'aa64' : 'x64';
  }
}
