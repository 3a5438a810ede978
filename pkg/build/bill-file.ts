import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { writeTogether, type WriteOptions } from '../output/index.ts';
import { type Plan, withFile } from '../plan/index.ts';
import { billOfMaterials, type BillOptions } from './bill.ts';
import type { ResolvedImage } from './resolve.ts';

export interface SbomSettings extends Pick<BillOptions, 'tool' | 'root'> {
  /** Put it into the image as well, as `/usr/share/sbom/NAME.spdx.json`. */
  readonly inImage: boolean;
}

export interface BilledSystem {
  /** The plan, with the bill among its files where the image is to have it. */
  readonly addTo: (plan: Plan) => Plan;
  /** Writes the bill beside the output; gives its path. */
  readonly write: () => Promise<string>;
}

/** A system with its bill of materials: `NAME.spdx.json`, beside the output where that is one file. */
export async function billSystem(
  plan: Plan,
  images: readonly ResolvedImage[],
  { inImage, output, ...options }: BillOptions & SbomSettings & Pick<WriteOptions, 'output'>,
): Promise<BilledSystem> {
  const bill = await billOfMaterials(plan, images, options);
  const name = `${options.name}.spdx.json`;
  const content = { kind: 'data', data: bill } as const;
  const file = { path: `usr/share/sbom/${name}`, mode: 0o644, uid: 0, gid: 0, content };
  const folder = typeof output === 'string' ? path.dirname(output) : options.dir;
  const target = path.join(folder, name);
  return {
    addTo: (each) => (inImage ? withFile(each, file) : each),
    write: async () => {
      await writeTogether([{ target, write: (aside) => writeFile(aside, bill) }]);
      return target;
    },
  };
}
