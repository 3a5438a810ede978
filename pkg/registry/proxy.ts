/** The variables of the environment that name proxies; in lower case they win, as for curl. */
export interface ProxyEnvironment {
  readonly http_proxy?: string | undefined;
  readonly HTTP_PROXY?: string | undefined;
  readonly https_proxy?: string | undefined;
  readonly HTTPS_PROXY?: string | undefined;
  readonly no_proxy?: string | undefined;
  readonly NO_PROXY?: string | undefined;
}

/** Empty: none. */
export interface Proxies {
  /** For http addresses. */
  readonly http: string;
  /** For https addresses. */
  readonly https: string;
  /** Hosts that are reached without one, separated by commas. */
  readonly except: string;
}

export const noProxies: Proxies = { http: '', https: '', except: '' };

export function proxiesFrom(env: ProxyEnvironment): Proxies {
  return {
    http: withScheme(env.http_proxy ?? env.HTTP_PROXY ?? ''),
    https: withScheme(env.https_proxy ?? env.HTTPS_PROXY ?? ''),
    except: env.no_proxy ?? env.NO_PROXY ?? '',
  };
}

/** `proxy:3128` is common, though no URL. */
function withScheme(proxy: string): string {
  return proxy === '' || /^\w+:\/\//.test(proxy) ? proxy : `http://${proxy}`;
}
