export { chunkBytes, coalesce, paddingTo, zeroBytes } from './chunks.ts';
export { cpioEntrySize, cpioHeader, cpioPadding, cpioTrailer, type CpioInode } from './cpio-header.ts';
export { cpioStretches, type CpioStretch } from './cpio-read.ts';
export { cpioBlockBytes, cpioSize, writeCpio } from './cpio-write.ts';
export { decompress, detectCompression, type Compression } from './decompress.ts';
export type { BytePath, Entry, EntryType } from './entry.ts';
export { lendHostFile, readHostFile, writeHostFile } from './file.ts';
export { ArchiveError, type ArchiveErrorCode } from './error.ts';
export { entryOf, type HostFile, listTree, readTreeFile } from './host-tree.ts';
export { gzip, gzipVersion } from './gzip.ts';
export { singleFileIso } from './iso9660.ts';
export { contentOf, noContent, type Member } from './member.ts';
export { bytePath, cleanPath, displayPath, ownName, parentPath } from './path.ts';
export {
  packSquashfs,
  type SquashfsEffort,
  squashfsEffort,
  squashfsVersion,
  type SquashfsOptions,
} from './squashfs.ts';
export { readTar } from './tar-read.ts';
export { tarHeader, type TarOptions, writeTar } from './tar-write.ts';
export { startFilter } from './tool-filter.ts';
export { zstd } from './zstd.ts';
