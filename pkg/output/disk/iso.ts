import { runTool } from '../../host/index.ts';

/** A file of the host under its name in the image: `/isolinux/isolinux.bin`. */
export interface IsoFile {
  readonly path: string;
  readonly source: string;
}

export interface IsoImage {
  readonly files: readonly IsoFile[];
  /** What makes it boot, as mkisofs has it. */
  readonly boot: readonly string[];
  /** The moment that the volume and everything on it carry; systems tell volumes apart by it. */
  readonly moment: Date;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Writes an ISO 9660 image with Rock Ridge names, with xorriso. The same files, boot options and moment give the same
 * bytes.
 *
 * @throws {HostError} `missing-tool`, `tool-failed`
 */
export async function writeIso(target: string, { files, boot, moment, signal }: IsoImage): Promise<void> {
  const grafts = files.map((file) => `${graft(file.path)}=${graft(file.source)}`);
  const date = moment.toISOString().replaceAll(/\D/g, '').slice(0, 16);
  const dates = [`--modification-date=${date}`, '--set_all_file_dates', date, '--gpt_disk_guid', 'modification-date'];
  await runTool(
    'xorriso',
    [
      ...['-as', 'mkisofs', '-quiet', '-o', target, '-V', 'LKIT', '-iso-level', '3', '-r', ...dates],
      ...[...boot, '-graft-points', ...grafts],
    ],
    // What of it has no flag: the boot catalog's and the volume's own dates.
    { env: { SOURCE_DATE_EPOCH: String(moment.getTime() / 1000), TZ: 'UTC' }, signal },
  );
}

/** xorrisofs.1, -graft-points: these two characters have a meaning. */
function graft(name: string): string {
  return name.replaceAll(/[\\=]/g, '\\$&');
}

/** For a PC without UEFI, from a CD or from a disk that the image was copied to. */
export function biosBoot(isolinuxPath: string, diskBootCode: string): readonly string[] {
  const folder = isolinuxPath.slice(0, isolinuxPath.lastIndexOf('/'));
  return [
    ...['-b', isolinuxPath, '-c', `${folder}/boot.cat`, '-no-emul-boot', '-boot-load-size', '4', '-boot-info-table'],
    ...['-isohybrid-mbr', diskBootCode],
  ];
}

/**
 * For UEFI, from a CD or from a disk that the image was copied to: there, the FAT image is a partition. It has to be a
 * file: EDK II takes a boot image of more than 32 MiB to end where the volume ends.
 */
export function efiBoot(fatImagePath: string): readonly string[] {
  return ['-e', fatImagePath, '-no-emul-boot', '-part_like_isohybrid', '-isohybrid-gpt-basdat'];
}
