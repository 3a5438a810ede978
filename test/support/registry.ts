import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

/** The login of registries with `login: true`. */
export const login = { username: 'jane', password: 'correct horse' } as const;

/** htpasswd's line for it; the registry takes no hash but bcrypt. */
const htpasswd = `${login.username}:$2b$05$abcdefghijklmnopqrstuuHNbAKRhpaujgo33bRWs.NLUTJO3lOy2\n`;

export interface RegistryKind {
  /** Wants a login, by HTTP's Basic. */
  readonly login?: boolean;
  /** Speaks https, with a certificate of an authority made for it. */
  readonly tls?: boolean;
}

/** Debian's docker-registry, on a port and in a folder of its own. */
export class PrivateRegistry {
  /** `127.0.0.1:PORT`. */
  readonly host: string;
  /** The authority's certificate, where it speaks https. */
  readonly certFile: string;
  private readonly child: ChildProcess;
  private readonly folder: string;
  private readonly log: { text: string };

  private constructor(host: string, child: ChildProcess, folder: string, log: { text: string }) {
    this.host = host;
    this.child = child;
    this.folder = folder;
    this.log = log;
    this.certFile = path.join(folder, 'authority.pem');
  }

  static async start(kind: RegistryKind = {}): Promise<PrivateRegistry> {
    const folder = await mkdtemp(path.join(tmpdir(), 'lkit-registry-'));
    await writeFile(path.join(folder, 'htpasswd'), htpasswd);
    if (kind.tls === true) await makeCertificates(folder);
    await writeFile(path.join(folder, 'config.json'), JSON.stringify(configuration(folder, kind)));
    const child = spawn('docker-registry', ['serve', path.join(folder, 'config.json')], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const log = { text: '' };
    const host = await new Promise<string>((resolve, reject) => {
      const read = (text: string): void => {
        log.text += text;
        const address = /listening on (127\.0\.0\.1:\d+)/.exec(log.text)?.[1];
        if (address !== undefined) resolve(address);
      };
      child.stdout.setEncoding('utf8').on('data', read);
      child.stderr.setEncoding('utf8').on('data', read);
      child.once('error', reject);
      child.once('exit', (code) => {
        reject(new Error(`docker-registry ended with ${String(code)}:\n${log.text}`));
      });
    });
    return new PrivateRegistry(host, child, folder, log);
  }

  /** The requests so far, such as `GET /v2/name/blobs/sha256:… 200`, out of its access log. */
  requests(): readonly string[] {
    return [...this.log.text.matchAll(/"([A-Z]+ \S+) HTTP\/[\d.]+" (\d+)/g)].map(
      ([, what, status]) => `${what!} ${status!}`,
    );
  }

  async stop(): Promise<void> {
    if (this.child.exitCode === null && this.child.signalCode === null) {
      const ended = new Promise((resolve) => this.child.once('close', resolve));
      this.child.kill('SIGKILL');
      await ended;
    }
    await rm(this.folder, { recursive: true, force: true });
  }
}

function configuration(folder: string, { login: wantsLogin, tls }: RegistryKind): object {
  return {
    version: '0.1',
    log: { level: 'info' },
    storage: { filesystem: { rootdirectory: path.join(folder, 'data') }, delete: { enabled: true } },
    http: {
      addr: '127.0.0.1:0',
      secret: 'of a test',
      ...(tls === true && {
        tls: { certificate: path.join(folder, 'server.pem'), key: path.join(folder, 'server.key') },
      }),
    },
    ...(wantsLogin === true && { auth: { htpasswd: { realm: 'test', path: path.join(folder, 'htpasswd') } } }),
  };
}

/** `authority.pem`, and `server.pem` with `server.key` that it vouches for. */
export async function makeCertificates(folder: string): Promise<void> {
  const openssl = (...args: readonly string[]) => promisify(execFile)('openssl', args, { cwd: folder });
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  await openssl(
    'req',
    '-x509',
    ...key,
    '-keyout',
    'authority.key',
    '-out',
    'authority.pem',
    '-days',
    '2',
    '-subj',
    '/CN=test authority',
  );
  await openssl('req', ...key, '-keyout', 'server.key', '-out', 'server.csr', '-subj', '/CN=127.0.0.1');
  await writeFile(path.join(folder, 'names'), 'subjectAltName=IP:127.0.0.1,DNS:localhost,DNS:registry.example\n');
  const authority = ['-CA', 'authority.pem', '-CAkey', 'authority.key', '-CAcreateserial'];
  await openssl(
    'x509',
    '-req',
    '-in',
    'server.csr',
    ...authority,
    '-out',
    'server.pem',
    '-days',
    '2',
    '-extfile',
    'names',
  );
}

/** Runs skopeo, the independent judge of what is in a registry. */
export async function skopeo(...args: readonly string[]): Promise<string> {
  // Debian's containers-common, which brings the policy, need not be installed.
  const { stdout } = await promisify(execFile)('skopeo', ['--insecure-policy', ...args], { maxBuffer: 16 << 20 });
  return stdout;
}
