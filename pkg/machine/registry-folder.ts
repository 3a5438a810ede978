import path from 'node:path';

/** The variables of the environment that say where the registry is. */
export interface RegistryEnvironment {
  readonly XDG_STATE_HOME?: string | undefined;
}

/** The folder that names all machines of a user: XDG base directory specification, `$XDG_STATE_HOME`. Pure. */
export function defaultRegistry(env: RegistryEnvironment, home: string): string {
  const xdg = env.XDG_STATE_HOME;
  return path.join(
    xdg !== undefined && path.isAbsolute(xdg) ? xdg : path.join(home, '.local/state'),
    'lkit',
    'machines',
  );
}
