import type { Descriptor } from '../image/index.ts';
import { RegistryError, TransientError } from './error.ts';
import type { Repository } from './repository.ts';
import { type Persistence, waitOrThrow } from './retry.ts';
import type { Answer } from './transport.ts';

/** So many new bytes are progress: a connection that breaks after them is as good as one that breaks for the first time. */
const progressBytes = 1 << 20;

/**
 * Streams a blob (distribution-spec, "Pulling blobs"). When the connection breaks, the rest is asked for by range
 * (RFC 9110, 14), so that the bytes come as if nothing had happened. Their digest is not looked at here.
 *
 * @param subject names the blob in errors: `layer sha256:…`
 * @param from the offset to begin at
 * @throws {RegistryError} `size-mismatch` when the registry announces, or ends at, another size; and as `Repository.request`
 */
export async function* downloadBlob(
  repository: Repository,
  blob: Descriptor,
  subject: string,
  persistence: Persistence,
  from = 0,
): AsyncGenerator<Buffer, void, undefined> {
  if (from > 0 && from === blob.size) return;
  const what = `${repository.label}: ${subject}`;
  let received = from;
  let takesRanges = true;
  for (let tried = 1, countedFrom = from; ; tried++) {
    persistence.signal?.throwIfAborted();
    try {
      const isRest = received > 0 && takesRanges;
      const answer = await request(repository, blob, subject, isRest ? received : 0, persistence.signal);
      if (answer.status === 416) {
        await answer.discard();
        takesRanges = false;
        throw new TransientError(new RegistryError('bad-response', `${what}: refuses to send the rest`));
      }
      let skip = received - checkStart(answer, blob, isRest ? received : 0, what);
      for await (const chunk of answer.body) {
        const fresh = chunk.subarray(Math.min(skip, chunk.length));
        skip -= chunk.length - fresh.length;
        received += fresh.length;
        if (fresh.length > 0) yield fresh;
      }
      if (received >= blob.size) return;
      throw new TransientError(
        new RegistryError(
          'size-mismatch',
          `${what}: expected ${blob.size} bytes, but the registry sends only ${received}`,
        ),
      );
    } catch (error) {
      if (received - countedFrom >= progressBytes) {
        countedFrom = received;
        tried = 1;
      }
      await waitOrThrow(error, tried, persistence);
    }
  }
}

function request(
  repository: Repository,
  { digest }: Descriptor,
  subject: string,
  from: number,
  signal: AbortSignal | undefined,
): Promise<Answer> {
  return repository.request({
    method: 'GET',
    at: `blobs/${digest}`,
    headers: from === 0 ? {} : { range: `bytes=${from}-` },
    expect: from === 0 ? [200] : [200, 206, 416],
    subject,
    signal,
  });
}

/** The offset of the first byte that an answer has: not every server heeds ranges. */
function checkStart(answer: Answer, { size }: Descriptor, asked: number, what: string): number {
  if (answer.status === 206) {
    const [, from = '', total] = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(answer.header('content-range') ?? '') ?? [];
    if (Number(from) === asked && from !== '' && (total === '*' || Number(total) === size)) return asked;
    throw new RegistryError('bad-response', `${what}: the registry sends another part than the one it was asked for`);
  }
  const length = answer.header('content-length');
  if (length !== undefined && Number(length) !== size) {
    throw new RegistryError('size-mismatch', `${what}: expected ${size} bytes, but the registry has ${length}`);
  }
  return 0;
}
