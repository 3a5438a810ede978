import { readFile } from 'node:fs/promises';
import { isErrno } from '../../errors/index.ts';
import { RegistryError } from '../error.ts';
import type { Credential } from './credential.ts';
import { canonicalKey } from './key.ts';

/** What a `config.json` of Docker or an `auth.json` of Podman says about logins. Keys are canonical. */
export interface CredentialFile {
  readonly path: string;
  readonly auths: ReadonlyMap<string, Credential>;
  /** The helper of a registry: `ecr-login` for the program `docker-credential-ecr-login`. */
  readonly helpers: ReadonlyMap<string, string>;
  /** The helper of all others. */
  readonly store: string | undefined;
}

/**
 * @returns `undefined` where there is no such file
 * @throws {RegistryError} `bad-credentials-file`, which quotes nothing of it
 */
export async function readCredentialFile(path: string): Promise<CredentialFile | undefined> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR')) return undefined;
    throw bad(path, isErrno(error) ? `cannot be read (${error.code ?? ''})` : 'cannot be read');
  }
  // An empty one is what tools leave behind that wanted to write one.
  return text.trim() === '' ? undefined : parseCredentialFile(text, path);
}

/** @throws {RegistryError} `bad-credentials-file` */
export function parseCredentialFile(text: string, path: string): CredentialFile {
  const root = asObject(parseJson(text, path), path, 'it');
  const auths = Object.entries(asObject(root['auths'] ?? {}, path, '"auths"')).flatMap(([key, value]) => {
    const credential = readEntry(asObject(value ?? {}, path, `the entry for ${key}`), key, path);
    return credential === undefined ? [] : [[canonicalKey(key), credential] as const];
  });
  const helpers = Object.entries(asObject(root['credHelpers'] ?? {}, path, '"credHelpers"')).map(
    ([key, value]) => [canonicalKey(key), asText(value, path, `the helper of ${key}`)] as const,
  );
  const store = root['credsStore'];
  return {
    path,
    auths: new Map(auths),
    helpers: new Map(helpers),
    store: store === undefined || store === '' ? undefined : asText(store, path, '"credsStore"'),
  };
}

type Json = Readonly<Record<string, unknown>>;

function readEntry(entry: Json, key: string, path: string): Credential | undefined {
  const field = (name: string): string => {
    const value = entry[name] ?? '';
    return asText(value, path, `"${name}" of ${key}`);
  };
  if (field('registrytoken') !== '') return { kind: 'registry-token', token: field('registrytoken') };
  if (field('identitytoken') !== '') return { kind: 'identity-token', token: field('identitytoken') };
  if (field('auth') !== '') return decodeAuth(field('auth'), key, path);
  // With a helper, an entry without any content says that the helper knows.
  return field('username') === '' ? undefined : toCredential(field('username'), field('password'));
}

function decodeAuth(auth: string, key: string, path: string): Credential {
  const decoded = Buffer.from(auth, 'base64').toString('utf8');
  const colon = decoded.indexOf(':');
  if (colon < 0) throw bad(path, `is damaged: "auth" of ${key} is no base64 of user:password`);
  // Some tools pad with NULs.
  return toCredential(decoded.slice(0, colon), decoded.slice(colon + 1).replace(/\0+$/, ''));
}

/** A login by token has `<token>` for the user's name (docker-credential-helpers). */
export function toCredential(username: string, password: string): Credential {
  return username === '<token>'
    ? { kind: 'identity-token', token: password }
    : { kind: 'password', username, password };
}

function parseJson(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The parser's own message quotes the text, and so does `cause`.
    throw bad(path, 'is no JSON');
  }
}

function asObject(value: unknown, path: string, what: string): Json {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Json;
  throw bad(path, `is damaged: ${what} should be an object`);
}

function asText(value: unknown, path: string, what: string): string {
  if (typeof value === 'string') return value;
  throw bad(path, `is damaged: ${what} should be a text`);
}

function bad(path: string, reason: string): RegistryError {
  return new RegistryError('bad-credentials-file', `the credentials file ${path} ${reason}`, {
    kind: 'input',
    hint: 'Repair it, or move it away and log in again.',
  });
}
