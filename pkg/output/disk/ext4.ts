import { runTool } from '../../host/index.ts';
import type { Partition } from './partition.ts';

export interface Ext4Volume {
  /** At most 16 characters. */
  readonly label: string;
  readonly uuid: string;
  readonly signal?: AbortSignal | undefined;
}

/** Smaller ones have no room for a journal. */
export const minExt4Bytes = 8 << 20;

/**
 * Makes an empty ext4 file system in a part of an existing file, with mke2fs. Little of it is written: what is sparse
 * stays sparse.
 *
 * @throws {HostError} `missing-tool`, `tool-failed`
 */
export async function makeExt4(image: string, at: Partition, { label, uuid, signal }: Ext4Volume): Promise<void> {
  await runTool(
    'mke2fs',
    [
      ...['-q', '-F', '-t', 'ext4', '-b', '4096', '-L', label, '-U', uuid],
      ...['-E', `hash_seed=${uuid},offset=${at.offset},root_owner=0:0,nodiscard`],
      ...[image, `${Math.floor(at.bytes / 1024)}k`],
    ],
    // The first is what e2fsprogs before 1.47.1 know.
    { env: { E2FSPROGS_FAKE_TIME: '1', SOURCE_DATE_EPOCH: '1' }, signal },
  );
}
