import type { Entry, EntryType, Member } from '../archive/index.ts';
import type { Call } from './grpc.ts';
import { bytesOf, decodeProtobuf, numberOf } from './protobuf.ts';
import { bytes, message, number } from './protobuf-write.ts';

/** Kinds of packets (tonistiigi/fsutil, `types/wire.proto`). */
const kinds = { stat: 0, request: 1, data: 2, end: 3, error: 4 } as const;

/** Go's `os.FileMode`, the kind of a file. */
const typeBits: Readonly<Record<EntryType, number>> = {
  file: 0,
  hardlink: 0,
  directory: 2 ** 31,
  symlink: 1 << 27,
  block: 1 << 26,
  character: (1 << 26) | (1 << 21),
  fifo: 1 << 25,
};

/** Go's `os.FileMode`, for those of `chmod`. */
const modeBits: readonly (readonly [number, number])[] = [
  [0o4000, 1 << 23],
  [0o2000, 1 << 22],
  [0o1000, 1 << 20],
];

/**
 * Lets BuildKit copy a folder: all files are told of, and the contents that it asks for are sent (fsutil's `send.go`).
 *
 * @param files each folder before what is in it, and the names of a folder in the order of their bytes
 */
export async function sendFiles(call: Call, files: AsyncIterable<Member> | Iterable<Member>): Promise<void> {
  const told: Member[] = [];
  const tell = async (): Promise<void> => {
    for await (const file of files) {
      told.push(file);
      await call.send(message([bytes(2, statOf(file.entry))]));
    }
    await call.send(packet(kinds.stat));
  };
  const sendContent = async (id: number): Promise<void> => {
    for await (const chunk of told[id]?.content ?? []) await call.send(packet(kinds.data, id, chunk));
    await call.send(packet(kinds.data, id));
  };
  // What is asked for while files are still being told of has to be read, or both sides wait for one another.
  let sending = Promise.resolve();
  const then = (send: () => Promise<void>): void => {
    sending = sending.then(send);
    sending.catch((error: unknown) => {
      call.fail(error as Error);
    });
  };
  then(tell);
  for await (const received of call.messages()) {
    const fields = decodeProtobuf(received);
    const kind = numberOf(fields, 1);
    if (kind === kinds.request) then(() => sendContent(numberOf(fields, 3)));
    if (kind === kinds.error) throw new Error(bytesOf(fields, 4).join(''));
    if (kind !== kinds.end) continue;
    await sending;
    await call.send(packet(kinds.end));
    call.end();
    return;
  }
}

function packet(kind: number, id = 0, data: Buffer = Buffer.alloc(0)): Buffer {
  return message([number(1, BigInt(kind)), number(3, BigInt(id)), bytes(4, data)]);
}

/** `types/stat.proto`; what is left out is 0. */
function statOf({ path, type, mode, uid, gid, mtime, size, link, device, xattrs = new Map() }: Entry): Buffer {
  const special = modeBits.reduce((bits, [of, bit]) => bits | ((mode & of) === 0 ? 0 : bit), mode & 0o777);
  const attribute = (name: string, value: Buffer): Buffer => bytes(10, message([bytes(1, name), bytes(2, value)]));
  return message([
    bytes(1, Buffer.from(path, 'latin1')),
    number(2, BigInt(special + typeBits[type])),
    number(3, BigInt(uid)),
    number(4, BigInt(gid)),
    number(5, BigInt(size)),
    number(6, BigInt(mtime) * 1_000_000_000n),
    ...(link === undefined ? [] : [bytes(7, Buffer.from(link, 'latin1'))]),
    ...(device === undefined ? [] : [number(8, BigInt(device.major)), number(9, BigInt(device.minor))]),
    ...[...xattrs].map(([name, value]) => attribute(name, value)),
  ]);
}
