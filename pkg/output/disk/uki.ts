import { open } from 'node:fs/promises';
import { OutputError } from '../aside.ts';

/** A part of a unified kernel image: `.linux`, `.initrd`, `.cmdline`, … */
export interface UkiSection {
  readonly name: string;
  readonly content: AsyncIterable<Buffer>;
}

/** Offsets in the headers (PE Format, Microsoft Learn): from the signature, and from the optional header after it. */
const signatureOffset = 0x3c;
const coff = { sections: 6, timestamp: 8, optionalHeaderBytes: 20 } as const;
const optional = { sectionAlignment: 32, fileAlignment: 36, imageBytes: 56, headerBytes: 60, checksum: 64 } as const;
const coffBytes = 24;
const sectionHeaderBytes = 40;
/** Initialised data, readable. */
const sectionFlags = 0x4000_0040;
const maxBytes = 0xffff_ffff;

/**
 * Writes an EFI program that boots Linux: systemd's stub with kernel, initrd and command line as sections of its own
 * (Unified Kernel Image, UAPI.5). Dateless, so the same parts give the same bytes.
 *
 * @throws {OutputError} `too-large` above 4 GiB, `bad-loader` for a stub that is no such program
 */
export async function writeUki(target: string, stub: Buffer, sections: readonly UkiSection[]): Promise<void> {
  const image = new PeImage(stub, sections.length);
  const file = await open(target, 'w');
  try {
    let end = stub.length;
    await file.write(stub, 0, stub.length, 0);
    for (const { name, content } of sections) {
      const from = image.aligned('fileAlignment', end);
      end = from;
      for await (const chunk of content) {
        await file.write(chunk, 0, chunk.length, end);
        end += chunk.length;
        if (end > maxBytes) throw tooLarge();
      }
      image.add(name, from, end - from);
    }
    await file.truncate(image.aligned('fileAlignment', end));
    await file.write(image.headers, 0, image.headers.length, 0);
  } finally {
    await file.close();
  }
}

/** The headers of a program to which sections are added. */
class PeImage {
  readonly headers: Buffer;
  readonly #coffAt: number;
  readonly #optionalAt: number;
  readonly #tableAt: number;

  constructor(stub: Buffer, added: number) {
    const at = stub.length > signatureOffset + 4 ? stub.readUInt32LE(signatureOffset) : 0;
    if (stub.toString('latin1', 0, 2) !== 'MZ' || stub.toString('latin1', at, at + 4) !== 'PE\0\0') throw badStub();
    this.#coffAt = at;
    this.#optionalAt = at + coffBytes;
    this.#tableAt = this.#optionalAt + stub.readUInt16LE(at + coff.optionalHeaderBytes);
    this.headers = Buffer.from(stub.subarray(0, stub.readUInt32LE(this.#optionalAt + optional.headerBytes)));
    if (this.#tableAt + (this.#sections + added) * sectionHeaderBytes > this.headers.length) throw badStub();
    this.headers.writeUInt32LE(0, at + coff.timestamp);
    this.headers.writeUInt32LE(0, this.#optionalAt + optional.checksum);
  }

  get #sections(): number {
    return this.headers.readUInt16LE(this.#coffAt + coff.sections);
  }

  aligned(to: 'fileAlignment' | 'sectionAlignment', size: number): number {
    const alignment = this.headers.readUInt32LE(this.#optionalAt + optional[to]);
    return Math.ceil(size / alignment) * alignment;
  }

  /** Adds a section of `size` bytes, which in the file begin at `from`, behind the last one in memory. */
  add(name: string, from: number, size: number): void {
    const imageBytesAt = this.#optionalAt + optional.imageBytes;
    const address = this.aligned('sectionAlignment', this.headers.readUInt32LE(imageBytesAt));
    const end = this.aligned('sectionAlignment', address + size);
    if (end > maxBytes) throw tooLarge();
    const header = this.headers.subarray(this.#tableAt + this.#sections * sectionHeaderBytes);
    header.write(name, 0, 8, 'latin1');
    header.writeUInt32LE(size, 8);
    header.writeUInt32LE(address, 12);
    header.writeUInt32LE(this.aligned('fileAlignment', size), 16);
    header.writeUInt32LE(from, 20);
    header.writeUInt32LE(sectionFlags, 36);
    this.headers.writeUInt32LE(end, imageBytesAt);
    this.headers.writeUInt16LE(this.#sections + 1, this.#coffAt + coff.sections);
  }
}

function tooLarge(): OutputError {
  return new OutputError(
    'too-large',
    'kernel and initrd together are larger than the 4 GiB that an EFI program can have',
    {
      hint: 'Leave out what the system does not need, or boot it from a disk: --format raw-bios.',
    },
  );
}

function badStub(): OutputError {
  return new OutputError('bad-loader', 'the EFI stub of pkg:efi-boot is not one that sections can be added to', {
    hint: 'Get the package anew: lkit pkg build efi-boot --pull',
  });
}
