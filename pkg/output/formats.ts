/** What `lkit build --format` can write. */
export const formats = ['kernel+initrd'] as const;

export type Format = (typeof formats)[number];
