import { createServer, type Server, type Socket } from 'node:net';

/** What a fake agent does with a line from lkit, apart from greetings, which it answers. */
export type FakeAgent = (words: readonly string[], socket: Socket) => void;

/** Listens as QEMU does for a guest: one client at a time, the next ones in a queue. */
export async function serveAgent(
  file: string,
  agent: FakeAgent,
  options: { readonly silent?: number } = {},
): Promise<Server> {
  let silent = options.silent ?? 0;
  const server = createServer((socket) => {
    let text = '';
    let payload = 0;
    // The rest of what another client was told.
    socket.on('error', () => undefined).write('out 9 1000 .\nrest\nexit 1 0 .\n');
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
      for (;;) {
        const skipped = Math.min(payload, text.length);
        payload -= skipped;
        text = text.slice(skipped);
        const end = text.indexOf('\n');
        if (end < 0) return;
        const words = text.slice(0, end).split(' ').slice(0, -1);
        text = text.slice(end + 1);
        if (words[0] === 'in') payload = Number(words[2]);
        if (words[0] !== 'hello') agent(words, socket);
        else if (silent > 0) silent--;
        else socket.write(`\nhello ${words[1] ?? ''} 1 .\n`);
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(file, resolve));
  return server;
}
