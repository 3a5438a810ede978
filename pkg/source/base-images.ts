import { instructionsOf } from './dockerfile-lines.ts';

/** An image that a Dockerfile builds on, or copies from. */
export interface BaseImage {
  /** As written, variables replaced. */
  readonly name: string;
  /** Of its own, where the Dockerfile says one (`FROM --platform=…`) that can be told. */
  readonly platform: string | undefined;
  /** The Dockerfile asks for a platform of its own. */
  readonly hasPlatform: boolean;
}

/**
 * The images that a Dockerfile takes from elsewhere: those of `FROM` and of `COPY --from`, but neither its own stages nor
 * `scratch`. A name whose variables only the engine knows is left out.
 *
 * @param args build arguments, which come before the Dockerfile's defaults
 */
export function baseImages(dockerfile: string, args: Readonly<Record<string, string>>): readonly BaseImage[] {
  const variables = new Map<string, string>();
  const stages = new Set(['scratch']);
  const found = new Map<string, BaseImage>();
  let hasStage = false;
  const add = (written: string, platform?: string): void => {
    const name = expand(written, variables);
    if (name === undefined || name === '' || stages.has(name.toLowerCase()) || /^\d+$/.test(name)) return;
    found.set(name, {
      name,
      platform: platform === undefined ? undefined : expand(platform, variables),
      hasPlatform: platform !== undefined,
    });
  };
  for (const { text } of instructionsOf(dockerfile)) {
    const [instruction = '', ...words] = text.split(' ');
    const flags = new Map(words.filter((word) => word.startsWith('--')).map((word) => splitFlag(word)));
    const rest = words.filter((word) => !word.startsWith('--'));
    switch (instruction.toUpperCase()) {
      case 'ARG':
        // Only those before the first stage are known to FROM.
        if (!hasStage) for (const word of words) declare(word, args, variables);
        break;
      case 'FROM':
        hasStage = true;
        add(unquote(rest[0] ?? ''), flags.get('platform'));
        if (rest[1]?.toUpperCase() === 'AS') stages.add((rest[2] ?? '').toLowerCase());
        break;
      case 'COPY':
        add(unquote(flags.get('from') ?? ''));
        break;
    }
  }
  return [...found.values()];
}

function splitFlag(word: string): readonly [string, string] {
  const equals = word.indexOf('=');
  return equals < 0 ? [word.slice(2), ''] : [word.slice(2, equals), word.slice(equals + 1)];
}

function declare(word: string, args: Readonly<Record<string, string>>, variables: Map<string, string>): void {
  const [, name = '', value] = /^([^=]+)(?:=(.*))?$/.exec(word) ?? [];
  const own = value === undefined ? undefined : expand(unquote(value), variables);
  const known = args[name] ?? own;
  if (known !== undefined) variables.set(name, known);
}

function unquote(word: string): string {
  return word.replace(/^(["'])(.*)\1$/, '$2');
}

/** `$NAME`, `${NAME}`, `${NAME:-default}`; `undefined` where a variable is not known. */
function expand(text: string, variables: ReadonlyMap<string, string>): string | undefined {
  const unknown: string[] = [];
  const expanded = text.replaceAll(
    /\$(?:\{(\w+)(?::-([^}]*))?\}|(\w+))/g,
    (whole, braced: string | undefined, fallback: string | undefined, plain: string | undefined) => {
      const value = variables.get(braced ?? plain ?? '') ?? fallback;
      if (value === undefined) unknown.push(whole);
      return value ?? '';
    },
  );
  return unknown.length > 0 || expanded.includes('$') ? undefined : expanded;
}
