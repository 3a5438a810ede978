/** What a registry is shown to be let in. */
export type Credential =
  | { readonly kind: 'password'; readonly username: string; readonly password: string }
  /** Exchanged at the token server for a token of the moment (OAuth2's refresh token). */
  | { readonly kind: 'identity-token'; readonly token: string }
  /** Sent as it is. */
  | { readonly kind: 'registry-token'; readonly token: string };

export interface FoundCredential {
  readonly credential: Credential;
  /** Where it was found, for errors: a file or a helper. Holds no secret. */
  readonly from: string;
}

/** Where logins are kept. */
export interface CredentialSource {
  /**
   * @param registry canonical name, such as `docker.io` or `localhost:5000`
   * @param repository may have a login of its own
   * @throws {RegistryError} `bad-credentials-file`, `credential-helper`
   */
  find(registry: string, repository: string): Promise<FoundCredential | undefined>;
}

export const noCredentials: CredentialSource = { find: () => Promise.resolve(undefined) };
