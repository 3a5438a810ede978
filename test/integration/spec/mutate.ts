/** A random number generator with a seed (mulberry32): numbers from 0 up to, but not including, `below`. */
export type Random = (below: number) => number;

export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

export function pick<Item>(random: Random, items: readonly Item[]): Item {
  return items[random(items.length)]!;
}

const fragments = (
  '[ ] { } , : ? - | > & * ! % @ ` " \' # ~ \\ << --- ... =\n: \n- \n\t\n \n\n\r\n \t \u0000 \u001b \u00e9 \u4e2d \u{1f600} ' +
  '&a *a !!str !x "\\q" "\\x4" null true yes 0644 1e3 0x1g .inf -1 99999999999999999999 [] {} ../x CAP_ all'
).split(' ');
const values = (
  'null|~|true|yes|0644|1e3|.nan|-5|1.5|18446744073709551616|[]|{}|""|"x"|[1, a]|{a: b}|*a|&a b|&a {b: *a}|!!binary aGk=|' +
  '|\n  text|>-\n  a\n   b|/a:/b:ro|vol:/x|nofile,1,2|CAP_SYS_ADMIN|all|5s|host|a b|[[[]]]|[{}]|"\\u0000"|2024-01-01'
).split('|');
const keys = (
  'kernel init onboot onshutdown services files volumes trust hardware name image build command binds binds.add mounts ' +
  'capabilities net uid devices resources memory limit runtime interfaces rlimits sysctl contents source mode path ' +
  'dependsOn restart restartDelay healthcheck interval modules tmpfs << __proto__ constructor toString'
).split(' ');

/** A text like the given one with one to four changes, such as people and broken tools make. */
export function mutate(random: Random, text: string, other: string): string {
  let result = text;
  for (let times = 1 + random(4); times > 0; times--) result = pick(random, mutations)(random, result, other);
  return result;
}

const mutations: readonly ((random: Random, text: string, other: string) => string)[] = [
  (random, text) => insert(text, random(text.length + 1), pick(random, fragments)),
  (random, text) => {
    const at = random(text.length + 1);
    return text.slice(0, at) + text.slice(at + 1 + random(8));
  },
  (random, text) => text.slice(0, random(text.length + 1)),
  (random, text) => text.slice(random(text.length + 1)),
  changeLines((random, lines) => lines.splice(random(lines.length), 1 + random(3))),
  changeLines((random, lines) => lines.splice(random(lines.length), 0, pick(random, lines))),
  changeLines((random, lines) => lines.push(...lines.splice(random(lines.length), 2))),
  changeLine((random, line) => `${pick(random, [' ', '  ', '\t', '- ', '    '])}${line}`),
  changeLine((random, line) => line.slice(Math.min(1 + random(3), line.search(/\S|$/)))),
  changeLine((random, line) => line.replace(/:.*/, `: ${pick(random, values)}`)),
  changeLine((random, line) => line.replace(/[\w.]+:/, `${pick(random, keys)}:`)),
  changeLine((random, line) => line.replace(/- .*/, `- ${pick(random, values)}`)),
  changeLine((random, line) =>
    insert(line, line.indexOf(':') + 1, ` ${pick(random, ['&a', '*a', '!!str', '!x', '|', '>'])}`),
  ),
  (random, text, other) => {
    const start = random(other.length);
    return insert(text, random(text.length + 1), other.slice(start, start + random(120)));
  },
  (random, text) =>
    insert(
      text,
      text.lastIndexOf('\n', random(text.length + 1)) + 1,
      `${pick(random, keys)}: ${pick(random, values)}\n`,
    ),
];

function insert(text: string, at: number, what: string): string {
  return text.slice(0, at) + what + text.slice(at);
}

function changeLines(change: (random: Random, lines: string[]) => void): (random: Random, text: string) => string {
  return (random, text) => {
    const lines = text.split('\n');
    change(random, lines);
    return lines.join('\n');
  };
}

function changeLine(change: (random: Random, line: string) => string): (random: Random, text: string) => string {
  return changeLines((random, lines) => {
    const at = random(lines.length);
    lines[at] = change(random, lines[at]!);
  });
}

/** Bytes of a text, a few of them replaced by any others: not always UTF-8. */
export function corrupt(random: Random, text: string): Uint8Array {
  const bytes = Buffer.from(text);
  for (let times = random(3); times > 0 && bytes.length > 0; times--) bytes[random(bytes.length)] = random(256);
  return bytes;
}
