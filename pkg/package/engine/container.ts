import { PassThrough, Readable } from 'node:stream';
import type Docker from 'dockerode';
import { pack } from 'tar-stream';
import { type Member, readTar } from '../../archive/index.ts';

/** A container that runs one script. */
export interface ContainerRun {
  readonly image: string;
  /** For `sh -c`. */
  readonly script: string;
  readonly env: Readonly<Record<string, string>>;
  /** Text files to put in, by absolute path; their folders must exist. */
  readonly files: Readonly<Record<string, string>>;
  /** Name of a volume that outlives the container, and where it is mounted. */
  readonly volume: { readonly name: string; readonly target: string };
  /** The engine's word for how the container reaches the network. @default the engine's own choice */
  readonly networkMode?: string | undefined;
}

export interface ContainerResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Label of the containers and volumes that lkit makes, by which a person can find them. */
const label = 'org.lkit';

/**
 * Runs a script in a container of its own. `collect` gets the files below `/out` while the container still exists.
 * Whatever happens, the container is removed.
 */
export async function runInContainer(
  docker: Docker,
  run: ContainerRun,
  collect: (members: AsyncIterable<Member>) => Promise<void> = () => Promise.resolve(),
): Promise<ContainerResult> {
  const container = await docker.createContainer({
    Image: run.image,
    Entrypoint: ['sh', '-c'],
    Cmd: [`mkdir -p /out && ${run.script}`],
    Env: Object.entries(run.env).map(([name, value]) => `${name}=${value}`),
    Labels: { [label]: 'packages' },
    HostConfig: {
      Mounts: [{ Type: 'volume', Source: run.volume.name, Target: run.volume.target, ReadOnly: false }],
      ...(run.networkMode === undefined ? {} : { NetworkMode: run.networkMode }),
    },
  });
  try {
    // The engine takes the length of the request from the end of the stream.
    await container.putArchive(archiveOf(run.files), { path: '/' });
    await container.start();
    const { StatusCode: exitCode } = (await container.wait()) as { readonly StatusCode: number };
    const output = await outputOf(docker, container);
    if (exitCode === 0) await collect(readTar((await container.getArchive({ path: '/out' })) as AsyncIterable<Buffer>));
    return { exitCode, ...output };
  } finally {
    await container.remove({ force: true, v: false }).catch(() => undefined);
  }
}

function archiveOf(files: ContainerRun['files']): Readable {
  const archive = pack();
  for (const [file, text] of Object.entries(files)) {
    archive.entry({ name: file.replace(/^\//, ''), mode: 0o644, mtime: new Date(0) }, text);
  }
  archive.finalize();
  return Readable.from(archive, { objectMode: false });
}

async function outputOf(docker: Docker, container: Docker.Container): Promise<Omit<ContainerResult, 'exitCode'>> {
  const log = await container.logs({ stdout: true, stderr: true, follow: true });
  const stdout = new PassThrough();
  const stderr = new PassThrough();
  // dockerode's types leave the modem out; it takes the engine's two streams apart.
  const modem = docker.modem as { demuxStream(from: unknown, out: PassThrough, error: PassThrough): void };
  modem.demuxStream(log, stdout, stderr);
  log.on('end', () => {
    stdout.end();
    stderr.end();
  });
  const [out, error] = await Promise.all([textOf(stdout), textOf(stderr)]);
  return { stdout: out, stderr: error };
}

async function textOf(stream: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}
