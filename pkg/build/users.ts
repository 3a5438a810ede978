import type { NamedImage, Spec } from '../spec/index.ts';

/** What each image of a specification is for: `kernel`, `init`, `services web`, `volume data`. */
export function imageUsers(spec: Spec): (image: NamedImage) => readonly string[] {
  const users = new Map<string, string[]>();
  const add = (image: NamedImage | undefined, user: string): void => {
    if (image !== undefined) users.set(keyOf(image), [...(users.get(keyOf(image)) ?? []), user]);
  };
  add(spec.kernel?.image, 'kernel');
  for (const image of spec.init) add(image, 'init');
  for (const section of ['onboot', 'onshutdown', 'services'] as const) {
    for (const { name, image } of spec[section]) add(image, `${section} ${name}`);
  }
  for (const { name, image } of spec.volumes) add(image, `volume ${name}`);
  return (image) => users.get(keyOf(image)) ?? [];
}

function keyOf({ baseDir, text, build }: NamedImage): string {
  return JSON.stringify([baseDir, text, build]);
}
