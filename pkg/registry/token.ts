import { checkRealm } from './address.ts';
import { readBody, refusal } from './answer.ts';
import type { Challenge } from './challenge.ts';
import type { Credential } from './credentials/credential.ts';
import { RegistryError } from './error.ts';
import type { Request, Transport } from './transport.ts';

export interface TokenRequest {
  /** The Bearer challenge. */
  readonly challenge: Challenge;
  /** The address that gave the challenge. */
  readonly registry: URL;
  /** `repository:library/alpine:pull`. */
  readonly scopes: readonly string[];
  /** None: an anonymous token. */
  readonly credential: Credential | undefined;
  readonly what: string;
  readonly signal: AbortSignal | undefined;
}

const clientId = 'lkit';
const maxTokenBytes = 1 << 20;

/**
 * Gets a token from the server that a challenge names (distribution, "Token Authentication Specification"; for identity
 * tokens its OAuth2 form).
 *
 * @returns `undefined` when the credential was refused
 * @throws {RegistryError} `unsafe-address`, `bad-response`
 */
export async function fetchToken(transport: Transport, request: TokenRequest): Promise<string | undefined> {
  const { challenge, registry, what } = request;
  const realm = checkRealm(challenge.parameters.get('realm'), registry, what);
  const scopes = new Set([...request.scopes, ...(challenge.parameters.get('scope') ?? '').split(' ').filter(Boolean)]);
  const service = challenge.parameters.get('service');
  const answer = await transport.send(requestFor(realm, service, [...scopes], request));
  if (answer.status === 401 || answer.status === 403) {
    await answer.discard();
    return undefined;
  }
  if (answer.status !== 200) throw await refusal(answer, `${what}: no token`);
  const token = tokenIn((await readBody(answer, maxTokenBytes, what)).toString('utf8'));
  if (token !== undefined) return token;
  throw new RegistryError('bad-response', `${what}: the answer of the token server ${realm.host} has no token`);
}

function requestFor(
  realm: URL,
  service: string | undefined,
  scopes: readonly string[],
  { credential, what, signal }: TokenRequest,
): Request {
  if (credential?.kind === 'identity-token') {
    const form = new URLSearchParams({
      grant_type: 'refresh_token',
      ...(service === undefined ? {} : { service }),
      client_id: clientId,
      scope: scopes.join(' '),
      refresh_token: credential.token,
    });
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    return { method: 'POST', url: realm, headers, body: Buffer.from(form.toString()), what, signal };
  }
  const url = new URL(realm);
  if (service !== undefined) url.searchParams.set('service', service);
  for (const scope of scopes) url.searchParams.append('scope', scope);
  const authorization = credential?.kind === 'password' ? basic(credential) : undefined;
  return { method: 'GET', url, authorization, what, signal };
}

export function basic({ username, password }: { readonly username: string; readonly password: string }): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}

/** Both names are in use, and either may be empty. */
function tokenIn(text: string): string | undefined {
  try {
    const { token, access_token: accessToken } = JSON.parse(text) as Readonly<Record<string, unknown>>;
    const candidates = [token, accessToken].filter((each) => typeof each === 'string');
    // What goes into a header must not be able to end it.
    return candidates.find((each) => /^[\x21-\x7e]+$/.test(each));
  } catch {
    return undefined;
  }
}
