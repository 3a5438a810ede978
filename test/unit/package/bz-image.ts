const setupSectors = 1;
const payloadOffset = 64;

/** The parts of a bzImage that say where its payload is (https://docs.kernel.org/arch/x86/boot.html). */
export function bzImage(payload: Buffer, sizeFollows: boolean): Buffer {
  const start = (setupSectors + 1) * 512 + payloadOffset;
  const length = payload.length + (sizeFollows ? 4 : 0);
  const image = Buffer.alloc(start + length);
  image[0x1f1] = setupSectors;
  image.write('HdrS', 0x202, 'latin1');
  image.writeUInt16LE(0x020f, 0x206);
  image.writeUInt32LE(payloadOffset, 0x248);
  image.writeUInt32LE(length, 0x24c);
  payload.copy(image, start);
  return image;
}
