import { mkdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { runTool } from '../host/index.ts';
import type { DiskRequest } from './disk.ts';
import { badInput, MachineError } from './error.ts';
import { fileExists } from './file-exists.ts';
import type { DiskFormat, DiskImage } from './types.ts';

interface ImageInfo {
  readonly format: string;
  readonly 'virtual-size': number;
  readonly 'backing-filename'?: string;
  readonly 'format-specific'?: { readonly data?: { readonly 'data-file'?: string } };
}

const bytesPerMiB = 1024 * 1024;

/**
 * Makes the disk what was asked for: created on first use, grown when it is smaller, else left as it is; never shrunk,
 * never overwritten. `notice` is told when a disk stays larger than asked for.
 *
 * @throws {MachineError} `bad-disk`
 * @throws {HostError} when qemu-img is missing or fails
 */
export async function ensureDisk(request: DiskRequest, notice: (text: string) => void): Promise<DiskImage> {
  if (!(await fileExists(request.path))) return create(request);
  const info = await inspect(request);
  const format = chooseFormat(request, info);
  if (request.sizeMiB !== undefined) {
    const wantedBytes = request.sizeMiB * bytesPerMiB;
    const hasMiB = Math.ceil(info['virtual-size'] / bytesPerMiB);
    if (info['virtual-size'] < wantedBytes) {
      await runTool('qemu-img', ['resize', '-q', '-f', format, request.path, String(wantedBytes)]);
    } else if (info['virtual-size'] > wantedBytes) {
      notice(`${request.path} stays at ${hasMiB} MiB: disks are grown, never shrunk`);
    }
  }
  return { path: request.path, format };
}

/** What `ensureDisk` would give, with nothing touched. */
export async function foreseeDisk(request: DiskRequest): Promise<DiskImage> {
  if (await fileExists(request.path))
    return { path: request.path, format: chooseFormat(request, await inspect(request)) };
  if (request.sizeMiB === undefined) throw missingDisk(request.path);
  return { path: request.path, format: request.format ?? 'qcow2' };
}

async function create(request: DiskRequest): Promise<DiskImage> {
  const { path: file, sizeMiB, format = 'qcow2' } = request;
  if (sizeMiB === undefined) throw missingDisk(file);
  await mkdir(path.dirname(file), { recursive: true });
  // A disk that was half made when the power went must not be taken for the user's.
  const aside = path.join(path.dirname(file), `.${path.basename(file)}.${process.pid}.tmp`);
  try {
    await runTool('qemu-img', ['create', '-q', '-f', format, aside, `${sizeMiB}M`]);
    await rename(aside, file);
  } finally {
    await rm(aside, { force: true });
  }
  return { path: file, format };
}

async function inspect({ path: file, format }: DiskRequest): Promise<ImageInfo> {
  const assumed = format === undefined ? [] : ['-f', format];
  // Shared (-U): another machine may use the image just now; that it may not is for QEMU to say.
  const { stdout } = await runTool('qemu-img', ['info', '-U', '--output=json', ...assumed, file]);
  return JSON.parse(stdout) as ImageInfo;
}

function chooseFormat({ path: file, format }: DiskRequest, info: ImageInfo): DiskFormat {
  if (format !== undefined) return format;
  // A guest can write a qcow2 header into its raw disk, one that names a file of the host as its content.
  const borrowed = info['backing-filename'] ?? info['format-specific']?.data?.['data-file'];
  if (borrowed !== undefined) {
    throw new MachineError('bad-disk', `the disk ${file} takes its content from another file: ${borrowed}`, {
      kind: 'input',
      hint: `If that is meant: -disk ${file},format=qcow2; if the disk is a raw one: format=raw`,
    });
  }
  if (info.format === 'qcow2' || info.format === 'raw') return info.format;
  const convert = `qemu-img convert -O qcow2 ${file} NEW.qcow2`;
  throw badInput('bad-disk', `the disk ${file} is a ${info.format} image`, `Convert it: ${convert}`);
}

function missingDisk(file: string): MachineError {
  return badInput('bad-disk', `there is no disk ${file}`, `Give its size to have it made: -disk ${file},size=4G`);
}
