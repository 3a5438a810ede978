import { type Member, startFilter, writeTar } from '../../archive/index.ts';
import { OutputError } from '../aside.ts';

export interface IsoTreeOptions {
  /** The moment that the volume carries; systems tell volumes apart by it. */
  readonly moment: Date;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Writes a file tree as ISO 9660 with Rock Ridge, which keeps owners, modes and links. With bsdtar, which takes a tar for
 * input where xorriso would want the files themselves, with their owners; under a clock that stands still, because it
 * writes the time of packing in many places.
 *
 * @throws {HostError} `missing-tool`
 * @throws {OutputError} `packing-failed`
 */
export async function writeIsoOfTree(
  members: AsyncIterable<Member>,
  target: string,
  { moment, signal }: IsoTreeOptions,
): Promise<void> {
  const clock = moment.toISOString().replace('T', ' ').slice(0, 19);
  const options = '--options=iso9660:volume-id=LKIT,iso9660:!joliet,iso9660:rockridge=strict';
  const packing = ['bsdtar', '-c', '-f', target, '--format=iso9660', options, '@-'];
  const packer = await startFilter('faketime', ['-m', '-f', clock, ...packing], writeTar(members), { TZ: 'UTC' });
  packer.output.resume();
  signal?.addEventListener('abort', packer.kill, { once: true });
  try {
    const { failure } = await packer.end;
    signal?.throwIfAborted();
    if (failure !== undefined) throw new OutputError('packing-failed', failure);
  } finally {
    signal?.removeEventListener('abort', packer.kill);
  }
}
