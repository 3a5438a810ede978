import type { Arch } from '../types.ts';

/**
 * A guest of a few instructions that reports back by ending QEMU: what tells whether an accelerator works.
 * It runs what a kernel does first and what broken virtualisation has been seen to stumble over: on x86 the way from real
 * mode to long mode with paging, CPUID, RDTSC, a model-specific register, SSE registers, and then a loop, for there are
 * hosts whose /dev/kvm interprets each instruction and so takes minutes for what takes a millisecond.
 */
export interface ProbeGuest {
  readonly rom: Uint8Array;
  /** What makes its report possible. */
  readonly args: readonly string[];
  /** QEMU's exit status when the guest has done all of it. */
  readonly exitCode: number;
}

/** `undefined` for an architecture that is not probed. */
export function probeGuest(arch: Arch): ProbeGuest | undefined {
  if (arch === 'x86_64') {
    // The guest writes 0x10 to the port; QEMU then exits with that, doubled, plus one.
    return { rom: x86Rom(), args: ['-device', 'isa-debug-exit,iobase=0xf4,iosize=4'], exitCode: 0x21 };
  }
  return arch === 'aarch64' ? { rom: words(aarch64Code), args: [], exitCode: 0 } : undefined;
}

/** 64 KiB that end at 4 GiB, with a copy at 0xf0000; the processor starts at its sixteenth byte from the end. */
function x86Rom(): Uint8Array {
  const rom = new Uint8Array(0x10000).fill(0xf4); // hlt
  rom.set(bytes(x86Code), 0);
  rom.set(bytes('ea 0000 00f0'), 0xfff0); // ljmp 0xf000:0
  return rom;
}

const x86Code = [
  // 16 bits, at f000:0000
  'fa', //                                cli
  '2e660f01161800', //                    lgdtl  %cs:0x18
  '0f20c0 0c01 0f22c0', //                cr0 |= PE
  '66ea 40000f00 0800', //                ljmpl  $8,$0xf0040
  '1f00 20000f00 6690', //          0x18: the table's limit and address; filling
  '0000000000000000', //            0x20: descriptors: null,
  'ffff0000009bcf00', //                  32-bit code,
  'ffff00000093cf00', //                  data,
  'ffff0000009baf00', //                  64-bit code
  // 32 bits, at 0xf0040
  '66b81000 8ed8 8ec0 8ed0', //           ds = es = ss = 0x10
  'bf00100000 31c0 b9000c0000 f3ab', //   zero the page tables at 0x1000, 0x2000, 0x3000
  'c70500100000 03200000', //             [0x1000] = 0x2003
  'c70500200000 03300000', //             [0x2000] = 0x3003
  'c70500300000 83000000', //             [0x3000] = 0x83: the first 2 MiB as one page
  'b800100000 0f22d8', //                 cr3 = 0x1000
  '0f20e0 0d20060000 0f22e0', //          cr4 |= PAE, OSFXSR, OSXMMEXCPT
  'b9800000c0 0f32 0d00010000 0f30', //   EFER |= LME
  '0f20c0 83e0fb 0d02000080 0f22c0', //   cr0 = cr0 without EM, with MP and PG
  'ea ac000f00 1800', //                  ljmpl  $0x18,$0xf00ac
  // 64 bits, at 0xf00ac
  '31c0 0fa2 0f31', //                    cpuid 0; rdtsc
  'b900093d00 bf00800000', //             ecx = 4 million; edi = 0x8000
  '890f', //                           1: mov    %ecx,(%rdi)
  'f30f7e07 660ffec0 660fd64708', //      movq   (%rdi),%xmm0; paddd %xmm0,%xmm0; movq %xmm0,8(%rdi)
  'ffc9 75ed', //                         dec    %ecx; jnz 1b
  'b810000000 baf4000000 ee', //          out    0x10 to port 0xf4
  'f4 ebfd', //                           hlt, for ever
].join('');

/** At address 0, where `virt` has its flash and the processor starts. */
const aarch64Code = [
  0xd2a80002, //     movz  x2, #0x4000, lsl #16    the start of memory
  0x52a007a1, //     movz  w1, #0x3d, lsl #16      4 million
  0xb9000041, //  1: str   w1, [x2]
  0xb9400043, //     ldr   w3, [x2]
  0x71000421, //     subs  w1, w1, #1
  0x54ffffa1, //     b.ne  1b
  0x52800100, //     movz  w0, #8
  0x72b08000, //     movk  w0, #0x8400, lsl #16    PSCI SYSTEM_OFF
  0xd4000002, //     hvc   #0
  0x14000000, //     b     .
];

function bytes(hex: string): Uint8Array {
  return Buffer.from(hex.replaceAll(' ', ''), 'hex');
}

function words(code: readonly number[]): Uint8Array {
  const buffer = Buffer.alloc(code.length * 4);
  for (const [index, word] of code.entries()) buffer.writeUInt32LE(word, index * 4);
  return buffer;
}
