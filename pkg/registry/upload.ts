import type { Descriptor } from '../image/index.ts';
import { checkRedirect } from './address.ts';
import { hostnameOf } from './host.ts';
import type { Repository } from './repository.ts';

/** Whether the registry has a blob already (distribution-spec, "Checking if content exists in the registry"). */
export async function hasBlob(
  repository: Repository,
  { digest }: Descriptor,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const answer = await repository.request({
    method: 'HEAD',
    at: `blobs/${digest}`,
    expect: [200, 404],
    subject: `blob ${digest}`,
    signal,
  });
  await answer.discard();
  return answer.status === 200;
}

/**
 * Begins an upload, or spares it, when one of the other repositories has the blob (distribution-spec, "Mounting a blob
 * from another repository").
 *
 * @returns where to send the bytes
 */
export async function startUpload(
  repository: Repository,
  { digest }: Descriptor,
  mountFrom: readonly string[],
  signal: AbortSignal | undefined,
): Promise<URL | 'mounted'> {
  const subject = `upload of ${digest}`;
  const begin = async (query: string): Promise<URL | 'mounted'> => {
    const answer = await repository.request({
      method: 'POST',
      at: `blobs/uploads/${query}`,
      expect: query === '' ? [202] : [201, 202],
      subject,
      signal,
    });
    await answer.discard();
    return answer.status === 201
      ? 'mounted'
      : uploadAddress(answer.header('location'), answer.url, `${repository.label}: ${subject}`);
  };
  for (const from of mountFrom) {
    const query = new URLSearchParams({ mount: digest, from });
    if ((await begin(`?${query.toString()}`)) === 'mounted') return 'mounted';
  }
  return begin('');
}

/** A registry behind a proxy that speaks TLS for it may not know that it is reached by https. */
function uploadAddress(location: string | undefined, from: URL, what: string): URL {
  if (location !== undefined && URL.canParse(location, from.href)) {
    const url = new URL(location, from);
    if (url.protocol === 'http:' && from.protocol === 'https:' && hostnameOf(url.host) === hostnameOf(from.host)) {
      return new URL(url.pathname + url.search, from);
    }
  }
  return checkRedirect(location, from, what);
}

/** Sends a blob in one piece (distribution-spec, "POST then PUT"). */
export async function uploadTo(
  repository: Repository,
  address: URL,
  { digest, size }: Descriptor,
  content: () => AsyncIterable<Buffer>,
  signal: AbortSignal | undefined,
): Promise<void> {
  const url = new URL(address);
  // The rest of the query is the registry's own, and may be signed as it is.
  url.search += `${url.search === '' ? '?' : '&'}digest=${encodeURIComponent(digest)}`;
  const answer = await repository.request({
    method: 'PUT',
    at: url,
    headers: { 'content-type': 'application/octet-stream', 'content-length': String(size) },
    body: content,
    expect: [201, 204],
    subject: `upload of ${digest}`,
    signal,
  });
  await answer.discard();
}
