/** One word of sh that stands for exactly this text, whatever is in it. */
export function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

/**
 * The first lines of every script of a bundle: what it is for, stop at the first failure, busybox's tools. A hook gets
 * whatever environment the runtime has, which may be none.
 */
export function scriptHead(purpose: string): readonly string[] {
  return ['#!/bin/sh', `# ${purpose}`, 'set -e', 'PATH=/usr/sbin:/usr/bin:/sbin:/bin', 'export PATH', 'umask 022', ''];
}

export function toScript(lines: readonly string[]): string {
  return lines.join('\n') + '\n';
}
