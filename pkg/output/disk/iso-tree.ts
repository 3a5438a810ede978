import { open } from 'node:fs/promises';
import { type Member, startFilter, writeTar } from '../../archive/index.ts';
import { OutputError } from '../aside.ts';

export interface IsoTreeOptions {
  /** The moment that the volume carries; systems tell volumes apart by it. */
  readonly moment: Date;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Writes a file tree as ISO 9660 with Rock Ridge, which keeps owners, modes and links; with bsdtar, which takes a tar
 * for input where xorriso would want the files themselves, with their owners.
 *
 * @throws {HostError} `missing-tool`
 * @throws {OutputError} `packing-failed`
 */
export async function writeIsoOfTree(
  members: AsyncIterable<Member>,
  target: string,
  { moment, signal }: IsoTreeOptions,
): Promise<void> {
  const args = ['-c', '-f', target, '--format=iso9660', '--options=iso9660:volume-id=LKIT,iso9660:!joliet', '@-'];
  const packer = await startFilter('bsdtar', args, writeTar(members));
  packer.output.resume();
  signal?.addEventListener('abort', packer.kill, { once: true });
  try {
    const { failure } = await packer.end;
    signal?.throwIfAborted();
    if (failure !== undefined) throw new OutputError('packing-failed', failure);
  } finally {
    signal?.removeEventListener('abort', packer.kill);
  }
  await setDates(target, moment);
}

/** ECMA-119, 8.4: the descriptors begin at sector 16; where the primary one has its four dates. */
const descriptor = { at: 16 * 2048, dates: [813, 830, 847, 864] } as const;

/** bsdtar writes the time of packing. */
async function setDates(target: string, moment: Date): Promise<void> {
  const file = await open(target, 'r+');
  try {
    const date = volumeDate(moment);
    for (const at of descriptor.dates.slice(0, 2)) await file.write(date, 0, date.length, descriptor.at + at);
  } finally {
    await file.close();
  }
}

/** ECMA-119, 8.4.26.1: YYYYMMDDhhmmsscc, and the distance from UTC in quarters of an hour. */
function volumeDate(moment: Date): Buffer {
  return Buffer.from(`${moment.toISOString().replaceAll(/\D/g, '').slice(0, 16)}\0`, 'latin1');
}
