import { nearest } from '../errors/index.ts';
import type { Spec } from '../spec/index.ts';
import { bundleError, type Subject } from './error.ts';

const firstId = 100;
/** 2³² − 1 means "no user" to the kernel. */
const lastId = 2 ** 32 - 2;

/** An id for each container that `uid`, `gid` and `files:` can name, from 100 on: onboot, onshutdown, services. */
export function allocateIds(spec: Pick<Spec, 'onboot' | 'onshutdown' | 'services'>): ReadonlyMap<string, number> {
  const containers = [...spec.onboot, ...spec.onshutdown, ...spec.services];
  return new Map(containers.map(({ name }, index) => [name, firstId + index]));
}

/** The number of an owner given as a number or by name; `undefined` for an unknown name or an impossible number. */
export function resolveId(owner: number | string, ids: ReadonlyMap<string, number>): number | undefined {
  if (owner === '' || owner === 'root') return 0;
  if (typeof owner === 'string') return ids.get(owner);
  return Number.isInteger(owner) && owner >= 0 && owner <= lastId ? owner : undefined;
}

/** @throws {BundleError} `unknown-id` */
export function requireId(
  subject: Subject,
  key: 'uid' | 'gid' | 'additionalGids',
  owner: number | string,
  ids: ReadonlyMap<string, number>,
): number {
  const id = resolveId(owner, ids);
  if (id !== undefined) return id;
  if (typeof owner === 'number') {
    throw bundleError(
      subject,
      'unknown-id',
      key,
      `${owner} is not an id`,
      `Ids are whole numbers from 0 to ${lastId}.`,
    );
  }
  const near = nearest(owner, ids.keys());
  const hint = /^\d+$/.test(owner)
    ? `Write ${owner} without quotes.`
    : near.length > 0
      ? `Did you mean ${near.map((name) => `"${name}"`).join(' or ')}?`
      : 'Write a number, "root", or the name of a container of this system.';
  throw bundleError(subject, 'unknown-id', key, `no container is named "${owner}"`, hint);
}
