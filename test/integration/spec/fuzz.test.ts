import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { formatDiagnostics, parseImageLabel, parseSpec, printSpec, SpecError } from '../../../pkg/spec/index.ts';
import { everyKey } from '../../unit/spec/every-key.ts';
import { corrupt, mutate, pick, type Random, seededRandom } from './mutate.ts';

const examples = path.resolve(import.meta.dirname, '../../../examples');
const keysOfPart = 4;
// Short texts: a change is more likely to matter in them, and more of them fit into the time.
const corpus = [
  ...readdirSync(examples)
    .filter((name) => name.endsWith('.yml') && !name.endsWith('.test.yml'))
    .map((name) => readFileSync(path.join(examples, name), 'utf8'))
    .flatMap((text) => (text.length > 1000 ? sections(text) : text)),
  ...sections(everyKey).flatMap(parts),
  'base: &a\n  name: x\n  image: y\nservices:\n  - <<: *a\n    env: &e [A=b]\n  - {name: z, image: q, env: *e}\n',
];

const documents = 20_000;

describe('parseSpec, given mutated documents', function () {
  this.timeout(180_000);

  it(`makes of each of ${documents} a specification, or errors with places`, () => {
    const random = seededRandom(20_261_121);
    const counts = { valid: 0, invalid: 0 };
    const before = process.cpuUsage();
    for (let index = 0; index < documents; index++) {
      const text = mutate(random, pick(random, corpus), pick(random, corpus));
      const isValid = check(index, random(10) === 0 ? corrupt(random, text) : text);
      counts[isValid ? 'valid' : 'invalid']++;
    }
    const { user, system } = process.cpuUsage(before);
    assert.ok(user + system < 30e6, `it takes ${(user + system) / 1e6} s of processor time, and may take 30`);
    // Mutations that always or never break a document would test half of the code.
    assert.ok(counts.valid > documents / 50 && counts.invalid > documents / 2, JSON.stringify(counts));
  });

  it('makes of mutated labels keys, or an error with a place', () => {
    const random = seededRandom(7);
    const label = '{"capabilities": ["CAP_SYS_ADMIN"], "binds": ["/a:/b"], "runtime": {"mkdir": ["/x"]}, "uid": 5}';
    for (let index = 0; index < 2000; index++) checkLabel(random, label);
  });
});

function sections(text: string): readonly string[] {
  return text.split(/\n(?=\w)/);
}

/** A section; that of services as several, each with some of the keys. */
function parts(section: string): readonly string[] {
  if (!section.startsWith('services:')) return [section];
  const keys = section.split(/\n(?= {4}\w)/).slice(1);
  return Array.from({ length: Math.ceil(keys.length / keysOfPart) }, (_, part) => {
    const some = keys.slice(part * keysOfPart, (part + 1) * keysOfPart);
    return ['services:', '  - name: web', '    image: web:1', ...some, ''].join('\n');
  });
}

function check(index: number, text: string | Uint8Array): boolean {
  const source = { file: 'fuzz.yml', text, baseDir: '/' };
  const shown = `document ${index}: ${JSON.stringify(Buffer.from(text).toString())}`;
  const { spec, diagnostics } = parseSpec([source]);
  const errors = diagnostics.filter(({ severity }) => severity === 'error');
  assert.equal(spec === undefined, errors.length > 0, shown);
  const lines = Buffer.from(text)
    .toString()
    .replace(/^\uFEFF/, '')
    .split('\n');
  for (const { at, end, message } of diagnostics) {
    assert.equal(at.file, 'fuzz.yml');
    assert.ok(at.line >= 1 && at.line <= lines.length, `line ${at.line} in ${shown}`);
    assert.ok(at.column >= 1 && at.column <= lines[at.line - 1]!.length + 1, `column ${at.column} in ${shown}`);
    assert.ok(end.line > at.line || (end.line === at.line && end.column >= at.column), shown);
    assert.doesNotMatch(message, /must NOT|should|undefined|\[object|this is not YAML: |NaN/, shown);
    assert.doesNotMatch(message, /[\x00-\x1f\x7f]/, shown);
  }
  if (index % 4 === 0) assert.equal(formatDiagnostics(diagnostics, [source]) === '', diagnostics.length === 0);
  if (spec && index % 4 === 0) {
    const again = parseSpec([{ file: 'again.yml', text: printSpec(spec, 'yaml'), baseDir: '/' }]);
    assert.notEqual(
      again.spec,
      undefined,
      `${shown} prints as ${printSpec(spec, 'yaml')} ${JSON.stringify(again.diagnostics)}`,
    );
  }
  return spec !== undefined;
}

function checkLabel(random: Random, label: string): void {
  try {
    parseImageLabel(mutate(random, label, label), 'image');
  } catch (error) {
    assert.ok(error instanceof SpecError, String(error));
    assert.ok(error.at, error.message);
  }
}
