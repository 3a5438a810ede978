import { access, constants, stat } from 'node:fs/promises';
import path from 'node:path';
import { LkitError } from '../errors/index.ts';
import { type PackageManager, type ToolName, tools } from './tools.ts';

export type HostErrorCode = 'missing-tool' | 'tool-failed';

/** A program of the host is missing, or it failed. */
export class HostError extends LkitError<HostErrorCode> {}

/** Where programs are looked for. The administrator's folders are not in every user's PATH, yet their tools run without root. */
export function searchPath(pathVariable: string | undefined): readonly string[] {
  const folders = (pathVariable ?? '').split(path.delimiter).filter((folder) => folder !== '');
  return [...new Set([...folders, '/usr/local/sbin', '/usr/sbin', '/sbin'])];
}

/** The absolute path of a program, or `undefined` where the host has none of that name. */
export async function findTool(name: string, pathVariable = process.env['PATH']): Promise<string | undefined> {
  for (const folder of searchPath(pathVariable)) {
    const candidate = path.join(folder, name);
    if (await isExecutable(candidate)) return candidate;
  }
  return undefined;
}

/** As `findTool`, but a missing program is an error that names the package to install. */
export async function requireTool(name: ToolName, pathVariable = process.env['PATH']): Promise<string> {
  const found = await findTool(name, pathVariable);
  if (found !== undefined) return found;
  throw new HostError('missing-tool', `${name} is not installed on this machine (it ${tools[name].purpose})`, {
    hint: installHint([name], await packageManager(pathVariable)),
  });
}

/**
 * Differs between versions of a program, and belongs to the key of what is made with it: asking the program itself would
 * take a process. Two machines may have different stamps of the same version.
 */
export async function toolStamp(name: ToolName): Promise<string> {
  const { size, mtimeMs } = await stat(await requireTool(name));
  return `${size} ${mtimeMs}`;
}

/** The command that installs the packages of these tools. */
export function installHint(names: readonly ToolName[], manager: PackageManager | undefined): string {
  const managers: readonly PackageManager[] = manager === undefined ? ['apt', 'dnf', 'apk', 'brew'] : [manager];
  const commands = managers.flatMap((each) => {
    const packages = [...new Set(names.map((name) => tools[name].packages[each]))].filter((p) => p !== undefined);
    return packages.length === 0 ? [] : [`${installCommands[each]} ${packages.join(' ')}`];
  });
  return commands.length === 0 ? 'No package of this host has it.' : `Install it: ${commands.join('  or  ')}`;
}

const installCommands: Readonly<Record<PackageManager, string>> = {
  apt: 'sudo apt-get install',
  dnf: 'sudo dnf install',
  apk: 'sudo apk add',
  brew: 'brew install',
};

/** The first that this host has. */
export async function packageManager(pathVariable: string | undefined): Promise<PackageManager | undefined> {
  const programs = { apt: 'apt-get', dnf: 'dnf', apk: 'apk', brew: 'brew' } as const;
  for (const manager of ['apt', 'dnf', 'apk', 'brew'] as const) {
    if ((await findTool(programs[manager], pathVariable)) !== undefined) return manager;
  }
  return undefined;
}

export async function isExecutable(file: string): Promise<boolean> {
  try {
    await access(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
