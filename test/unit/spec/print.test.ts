import assert from 'node:assert/strict';
import { parseSpec, printSpec, type Spec } from '../../../pkg/spec/index.ts';
import { everyKey } from './every-key.ts';
import { specOf } from './support.ts';

/** A specification without its places, which differ from text to text. */
function withoutPlaces(spec: Spec): unknown {
  return JSON.parse(
    JSON.stringify(spec, (key, value: unknown) => (['at', 'end', 'place', 'places'].includes(key) ? undefined : value)),
  );
}

function reread(text: string): Spec {
  const { spec, diagnostics } = parseSpec([{ file: 'printed.yml', text, baseDir: '/project/a' }]);
  assert.ok(spec, JSON.stringify(diagnostics));
  return spec;
}

describe('printSpec', () => {
  for (const format of ['yaml', 'json'] as const) {
    it(`writes ${format} that reads as the same specification`, () => {
      const spec = specOf(everyKey);
      assert.deepEqual(withoutPlaces(reread(printSpec(spec, format))), withoutPlaces(spec));
      assert.equal(printSpec(reread(printSpec(spec, format)), format), printSpec(spec, format));
    });
  }

  it('writes the merged system, with defaults, in LinuxKit’s order', () => {
    const spec = specOf('services:\n  - {name: a, image: x}\n', 'init: [i]\nkernel: {image: k}\n');
    assert.equal(
      printSpec(spec, 'yaml'),
      'kernel:\n  image: k\n  cmdline: ""\n  binary: kernel\n  tar: kernel.tar\ninit:\n  - i\n' +
        'services:\n  - name: a\n    image: x\n',
    );
  });

  it('puts in quotes what readers of YAML 1.1 would misread', () => {
    const spec = specOf('services:\n  - {name: "yes", image: x, command: ["on", "0644", "1:30", ~a]}\n');
    assert.match(printSpec(spec, 'yaml'), /name: "yes"\n.*\n +command:\n +- "on"\n +- "0644"\n +- "1:30"\n +- ~a\n/);
  });

  it('puts in what images and files resolve to', () => {
    const spec = specOf(
      'init: ["@pkg:./a"]\nservices:\n  - {name: a, build: ./b}\nfiles:\n  - {path: f, source: g}\nvolumes:\n  - {name: v}\n',
    );
    const text = printSpec(spec, 'yaml', {
      resolveImage: ({ text, baseDir }) => `${baseDir}#${text}`,
      resolveSource: (path, baseDir) => `${baseDir}/${path}`,
    });
    assert.match(text, /init:\n {2}- \/project\/a#@pkg:\.\/a\n/);
    assert.match(text, /image: \/project\/a#\.\/b\n/);
    assert.match(text, /source: \/project\/a\/g\n/);
    assert.doesNotMatch(text, /build/);
  });

  it('writes no path of this computer by itself', () => {
    assert.doesNotMatch(printSpec(specOf(everyKey), 'yaml'), /project/);
  });

  it('writes JSON on one line', () => {
    assert.equal(printSpec(specOf('init: [a]\n'), 'json'), '{"init":["a"]}\n');
  });
});
