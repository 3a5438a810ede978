import { bytesOf, decodeProtobuf, numberOf, textOf } from './protobuf.ts';

/**
 * What BuildKit tells while it builds (its `api/services/control/control.proto`, `StatusResponse`); the engine passes
 * it on as base64. Only what a person wants to know is taken out.
 */
export interface BuildKitStatus {
  readonly vertexes: readonly Vertex[];
  readonly logs: readonly VertexLog[];
  readonly transfers: readonly Transfer[];
}

/** A step of the build, told of several times: when it begins, when it ends. */
export interface Vertex {
  readonly digest: string;
  /** `[2/3] RUN make`. */
  readonly name: string;
  readonly cached: boolean;
  readonly started: boolean;
  readonly completed: boolean;
  /** Empty unless it failed. */
  readonly error: string;
}

export interface VertexLog {
  /** The step's digest. */
  readonly vertex: string;
  readonly message: Buffer;
}

/** Bytes on their way, such as a layer of a base image. */
export interface Transfer {
  readonly name: string;
  /** Bytes. */
  readonly current: number;
  /** Bytes; 0 where unknown. */
  readonly total: number;
}

export function decodeStatus(base64: string): BuildKitStatus {
  const response = decodeProtobuf(Buffer.from(base64, 'base64'));
  const messages = (number: number): readonly ReturnType<typeof decodeProtobuf>[] =>
    bytesOf(response, number).map(decodeProtobuf);
  return {
    vertexes: messages(1).map((vertex) => ({
      digest: textOf(vertex, 1),
      name: textOf(vertex, 3),
      cached: numberOf(vertex, 4) === 1,
      started: vertex.has(5),
      completed: vertex.has(6),
      error: textOf(vertex, 7),
    })),
    transfers: messages(2).map((status) => ({
      name: textOf(status, 3) || textOf(status, 1),
      current: numberOf(status, 4),
      total: numberOf(status, 5),
    })),
    logs: messages(3).map((log) => ({ vertex: textOf(log, 1), message: bytesOf(log, 4).at(-1) ?? Buffer.alloc(0) })),
  };
}
