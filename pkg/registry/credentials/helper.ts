import { findTool } from '../../host/index.ts';
import { RegistryError } from '../error.ts';
import type { Credential } from './credential.ts';
import { toCredential } from './file.ts';
import { helperKey } from './key.ts';

export interface HelperOptions {
  /** PATH, and what else the helper may want. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Milliseconds that a helper may take: it may ask its user something. @default 60 000 */
  readonly timeoutMs?: number;
}

/** Milliseconds in which what a helper printed before it ended has arrived. */
const lastWordsMs = 1_000;

/** What helpers say of registries they know nothing of; they exit with 1 all the same. */
const unknownForm = /credentials not found/i;

/**
 * Asks `docker-credential-NAME get`, which reads the registry's name on its standard input and prints JSON
 * (docker-credential-helpers, "Development").
 *
 * @throws {RegistryError} `credential-helper`
 */
export async function askHelper(
  name: string,
  registry: string,
  { env, timeoutMs = 60_000 }: HelperOptions,
): Promise<Credential | undefined> {
  const program = `docker-credential-${name}`;
  // The name comes out of a file, and is not to lead to another folder.
  const file = /^[\w.-]+$/.test(name) ? await findTool(program, env['PATH']) : undefined;
  if (file === undefined) {
    throw new RegistryError('credential-helper', `the credential helper ${program} for ${registry} is not installed`, {
      hint: 'Install it, or take it out of the file of credentials (credHelpers, credsStore).',
    });
  }
  const { execa } = await import('execa');
  const asking = execa(file, ['get'], {
    input: helperKey(registry),
    reject: false,
    timeout: timeoutMs,
    extendEnv: false,
    env: Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined)) as Record<string, string>,
  });
  // What a helper has started, such as an agent, may live on and hold its outputs open.
  asking.once('exit', () => {
    const close = (): void => {
      for (const output of [asking.stdout, asking.stderr]) output.destroy();
    };
    setTimeout(close, lastWordsMs).unref();
  });
  const { stdout, exitCode, timedOut, failed } = await asking;
  if (failed && unknownForm.test(stdout)) return undefined;
  if (failed) {
    // Neither of its outputs is shown: who knows what a failing helper prints.
    const how = timedOut
      ? `did not answer in ${timeoutMs / 1000} s`
      : `failed (exit code ${String(exitCode ?? 'none')})`;
    throw new RegistryError('credential-helper', `the credential helper ${program} ${how} when asked for ${registry}`, {
      hint: `To see what it says: echo ${helperKey(registry)} | ${program} get`,
    });
  }
  return readAnswer(stdout, program, registry);
}

function readAnswer(stdout: string, program: string, registry: string): Credential | undefined {
  const answer = parse(stdout);
  const username = answer?.['Username'];
  const secret = answer?.['Secret'];
  if (typeof username !== 'string' || typeof secret !== 'string') {
    throw new RegistryError(
      'credential-helper',
      `the credential helper ${program} gave no valid answer for ${registry}`,
    );
  }
  return username === '' && secret === '' ? undefined : toCredential(username, secret);
}

function parse(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
