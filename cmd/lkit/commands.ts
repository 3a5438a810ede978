import type { Command } from 'commander';

type CommandLoader = () => Promise<Command>;

/**
 * Every command, in the order of the help, and the code behind it, which is loaded only where it is asked for: reading
 * and setting up all of them would take longer than `lkit validate` takes.
 */
export const commands: Readonly<Record<string, CommandLoader>> = {
  build: async () => (await import('./build.ts')).buildCommand(),
  run: async () => (await import('./run.ts')).runCommand(),
  ps: async () => (await import('./ps.ts')).psCommand(),
  stop: async () => (await import('./stop.ts')).stopCommand(),
  console: async () => (await import('./console.ts')).consoleCommand(),
  logs: async () => (await import('./logs.ts')).logsCommand(),
  exec: async () => (await import('./exec.ts')).execCommand(),
  cp: async () => (await import('./cp.ts')).cpCommand(),
  rm: async () => (await import('./rm.ts')).rmCommand(),
  i2c: async () => (await import('./i2c.ts')).i2cCommand(),
  test: async () => (await import('./test.ts')).testCommand(),
  validate: async () => (await import('./validate.ts')).validateCommand(),
  convert: async () => (await import('./convert.ts')).convertCommand(),
  size: async () => (await import('./size.ts')).sizeCommand(),
  pkg: async () => (await import('./pkg.ts')).pkgCommand(),
  cache: async () => (await import('./cache.ts')).cacheCommand(),
  image: async () => (await import('./image.ts')).imageCommand(),
  doctor: async () => (await import('./doctor.ts')).doctorCommand(),
};

/**
 * Loads the command that a command line names, and all of them where it names none: for the help, for the name that was
 * meant, and for a command's flags before its name (`lkit -mem 2G run qemu`).
 *
 * @param program with the flags that every command has
 */
export async function loadCommands(program: Command, argv: readonly string[]): Promise<readonly Command[]> {
  const name = firstOperand(program, argv);
  const named = Object.hasOwn(commands, name) ? commands[name] : undefined;
  return await Promise.all((named === undefined ? Object.values(commands) : [named]).map((load) => load()));
}

/** The first word that is neither a flag nor the value of one that the program itself has. */
function firstOperand(program: Command, argv: readonly string[]): string {
  const takesNext = (word: string): boolean =>
    program.options.some(({ long, short, required }) => required && [long, short, long?.slice(1)].includes(word));
  const isOperand = (word: string, index: number): boolean =>
    !word.startsWith('-') && !takesNext(argv[index - 1] ?? '');
  return argv.find(isOperand) ?? '';
}
