import type { Converter, ServiceDraft } from '../draft.ts';
import { listOfTexts, pairs, scalarText } from '../values.ts';
import path from 'node:path';

/** `image` and `build`; where there are both, the image is only what the build is to be called. */
export const image: Converter = (service) => {
  const node = service.get('build');
  if (node === undefined) {
    const reference = service.text('image');
    if (reference === undefined)
      service.invalid(service.node, `the service "${service.name}" has neither image nor build`);
    else service.keys['image'] = reference;
    return;
  }
  const of = (key: string) => (node.kind === 'mapping' ? node.entries.get(key)?.value : undefined);
  const context = node.kind === 'scalar' ? scalarText(node) : (scalarText(of('context')) ?? '.');
  const isRemote = /^(https?|git|ssh):|^git@/.test(context ?? '');
  if (context === undefined || isRemote) {
    service.invalid(node, 'lkit builds from a folder of this computer', 'Clone it, and name the folder.');
    return;
  }
  const args = pairs(of('args')).map(({ key, value }) => [key, value ?? service.options.variables[key] ?? ''] as const);
  const platform = scalarText(of('platform')) ?? listOfTexts(of('platforms'))[0]?.text ?? service.text('platform');
  const build = {
    context: service.system.relative(path.resolve(service.file.source.baseDir, context)),
    dockerfile: scalarText(of('dockerfile')),
    args: args.length === 0 ? undefined : Object.fromEntries(args),
    target: scalarText(of('target')),
    platform,
  };
  const entries = Object.entries(build).filter(([, value]) => value !== undefined);
  service.keys['build'] = entries.length === 1 ? build.context : Object.fromEntries(entries);
  noticeOthers(service);
};

const known = ['context', 'dockerfile', 'args', 'target', 'platform', 'platforms'];

/** What else a build can be told changes how it is made more often than what it makes. */
function noticeOthers(service: ServiceDraft): void {
  const node = service.get('build');
  if (node?.kind !== 'mapping') return;
  for (const [key, { value }] of node.entries) {
    if (known.includes(key) || key.startsWith('x-')) continue;
    const hint = key === 'dockerfile_inline' ? 'Write it to a file, and name that: dockerfile.' : undefined;
    service.warn(value, `"${key}" of a build has no counterpart in lkit`, hint);
  }
}
