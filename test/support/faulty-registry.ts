import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { readFile } from 'node:fs/promises';
import { sha256, type StoredImage } from '../../pkg/image/index.ts';
import type { Store } from '../../pkg/store/index.ts';

/** A request as the registry saw it. */
export interface Seen {
  readonly method: string;
  /** With its query. */
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
}

/** Answers a request in place of the registry, and says so; what it leaves alone is answered as it should be. */
export type Fault = (request: IncomingMessage, response: ServerResponse) => boolean;

/** A registry in memory that can be made to go wrong. Its images can be pulled under any name. */
export class FaultyRegistry {
  readonly seen: Seen[] = [];
  /** Asked first for each request. */
  fault: Fault = () => false;
  private readonly server: Server;
  private readonly blobs = new Map<string, Buffer>();
  private readonly manifests = new Map<string, { readonly bytes: Buffer; readonly mediaType: string }>();

  private constructor(server: Server) {
    this.server = server;
  }

  static async start(): Promise<FaultyRegistry> {
    const server = createServer();
    const registry = new FaultyRegistry(server);
    server.on('request', (request, response) => {
      const { method = '', url = '', headers } = request;
      registry.seen.push({ method, url, headers });
      if (!registry.fault(request, response)) registry.answer(request, response);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return registry;
  }

  /** `127.0.0.1:PORT`. */
  get host(): string {
    return `127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** Holds an image, also under a tag. */
  async add(store: Store, { descriptor, manifest }: StoredImage, tag: string): Promise<void> {
    for (const { digest } of [manifest.config, ...manifest.layers]) {
      this.blobs.set(digest, await readFile(store.blobPath(digest)));
    }
    this.addManifest(await readFile(store.blobPath(descriptor.digest)), descriptor.mediaType, tag);
  }

  addManifest(bytes: Buffer, mediaType: string, tag: string): void {
    for (const name of [tag, sha256(bytes)]) this.manifests.set(name, { bytes, mediaType });
  }

  /** The bytes of a blob that it holds. */
  blob(digest: string): Buffer {
    return this.blobs.get(digest)!;
  }

  hasBlob(digest: string): boolean {
    return this.blobs.has(digest);
  }

  hasManifest(name: string): boolean {
    return this.manifests.has(name);
  }

  /** How often something was asked for whose address has this in it. */
  count(part: string): number {
    return this.seen.filter(({ url }) => url.includes(part)).length;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private async take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const bytes = await bodyOf(request);
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://registry');
    const tag = /\/manifests\/(.+)$/.exec(pathname)?.[1];
    const digest = searchParams.get('digest');
    if (tag !== undefined) this.addManifest(bytes, request.headers['content-type'] ?? '', tag);
    else if (digest === sha256(bytes)) this.blobs.set(digest, bytes);
    response.writeHead(tag === undefined && digest !== sha256(bytes) ? 400 : 201).end();
  }

  private answer(request: IncomingMessage, response: ServerResponse): void {
    const { method, url = '', headers } = request;
    if (method === 'POST') {
      response.writeHead(202, { location: `/upload/${this.seen.length}?state=a%2Bb+c` }).end();
      return;
    }
    if (method === 'PUT') {
      void this.take(request, response);
      return;
    }
    const [, kind, name = ''] = /^\/v2\/.+\/(manifests|blobs)\/([^/?]+)$/.exec(url) ?? [];
    const manifest = kind === 'manifests' ? this.manifests.get(name) : undefined;
    const bytes = manifest?.bytes ?? (kind === 'blobs' ? this.blobs.get(name) : undefined);
    if (bytes === undefined) {
      response.writeHead(404, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ errors: [{ code: 'NAME_UNKNOWN', message: 'not \x1b[31mhere' }] }));
      return;
    }
    const from = Number(/^bytes=(\d+)-$/.exec(headers.range ?? '')?.[1] ?? 0);
    const rest = bytes.subarray(from);
    response.writeHead(from > 0 ? 206 : 200, {
      'content-length': rest.length,
      'content-type': manifest?.mediaType ?? 'application/octet-stream',
      ...(manifest && { 'docker-content-digest': sha256(bytes) }),
      ...(from > 0 && { 'content-range': `bytes ${from}-${bytes.length - 1}/${bytes.length}` }),
    });
    response.end(method === 'HEAD' ? undefined : rest);
  }
}

/** The bytes of a request's body. */
export async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** A fault that happens the first so many times. */
export function times(count: number, fault: Fault): Fault {
  let left = count;
  return (request, response) => left > 0 && fault(request, response) && left-- > 0;
}
