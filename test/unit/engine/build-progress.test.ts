import assert from 'node:assert/strict';
import { type BuildMessage, BuildProgress } from '../../../pkg/engine/build-progress.ts';
import { jsonLines } from '../../../pkg/engine/json-lines.ts';
import { bytes, message, number, type Field } from '../../../pkg/engine/protobuf-write.ts';

function follow(messages: readonly BuildMessage[]): {
  readonly progress: BuildProgress;
  readonly shown: readonly string[];
} {
  const progress = new BuildProgress();
  const shown = messages.flatMap((each) => progress.take(each) ?? []);
  return { progress, shown };
}

const status = (...fields: readonly Field[]): BuildMessage => ({
  id: 'moby.buildkit.trace',
  aux: message(fields).toString('base64'),
});
const time = bytes(5, message([number(1, 1n)]));
const vertex = (digest: string, name: string, ...more: readonly Field[]): Field =>
  bytes(1, message([bytes(1, digest), bytes(3, name), ...more]));
const log = (digest: string, text: string): Field => bytes(3, message([bytes(1, digest), bytes(4, text)]));

describe('the progress of a build', () => {
  it('is followed in BuildKit’s form', () => {
    const { progress, shown } = follow([
      status(vertex('a', '[internal] load remote build context', time)),
      status(vertex('b', '[2/3] RUN make')),
      status(vertex('b', '[2/3] RUN make', time)),
      status(log('b', 'compiling\n\nlinking\n')),
      status(bytes(2, message([bytes(3, 'extracting'), number(4, 5n), number(5, 10n)]))),
      { id: 'moby.image.id', aux: { ID: 'sha256:1' } },
    ]);
    assert.deepEqual(shown, ['[2/3] RUN make', '[2/3] RUN make: linking', 'extracting 50 %']);
    assert.equal(progress.imageId, 'sha256:1');
    assert.equal(progress.failure, undefined);
  });

  it('tells the step that failed in BuildKit’s form, and its output alone', () => {
    const { progress } = follow([
      status(vertex('a', '[1/3] RUN one', time), vertex('b', '[builder 2/3] RUN make', time)),
      status(log('a', 'of another step\n'), log('b', 'first\nsecond\n')),
      status(vertex('b', '[builder 2/3] RUN make', time, bytes(7, 'exit code: 2'))),
      { error: 'failed to solve', errorDetail: { message: 'executor failed: exit code: 2' } },
    ]);
    assert.deepEqual(progress.failure, {
      message: 'executor failed: exit code: 2',
      step: 'RUN make',
      output: ['first', 'second'],
    });
  });

  it('is followed in Docker’s older form', () => {
    const { progress, shown } = follow([
      { stream: 'Step 1/2 : FROM scratch' },
      { stream: '\n' },
      { status: 'Downloading', id: 'abc' },
      { stream: ' ---> 0123\n' },
      { stream: 'Step 2/2 : RUN make\n' },
      { stream: 'comp' },
      { stream: 'iling\n' },
      { aux: { ID: 'sha256:2' } },
    ]);
    assert.deepEqual(shown, [
      'FROM scratch',
      'abc Downloading',
      'FROM scratch:  ---> 0123',
      'RUN make',
      'RUN make: compiling',
    ]);
    assert.equal(progress.imageId, 'sha256:2');
  });

  it('tells the step that failed in the older form', () => {
    const { progress } = follow([
      { stream: 'Step 3/4 : RUN make\n' },
      { stream: 'no rule\n' },
      { error: 'x', errorDetail: { message: 'returned a non-zero code: 2' } },
    ]);
    assert.deepEqual(progress.failure, {
      message: 'returned a non-zero code: 2',
      step: 'RUN make',
      number: 3,
      output: ['no rule'],
    });
  });

  it('is followed in Podman’s form', () => {
    const id = 'e'.repeat(64);
    const { progress } = follow([
      { stream: 'STEP 1/1: FROM scratch\n' },
      { stream: `--> ${id}\n` },
      { stream: `${id}\n` },
    ]);
    assert.equal(progress.imageId, id);
  });

  it('keeps the last lines of a step alone', () => {
    const lines = Array.from({ length: 1000 }, (_, index) => `line ${index}\n`).join('');
    const { progress } = follow([{ stream: 'Step 1/1 : RUN x\n' }, { stream: lines }, { error: 'e' }]);
    assert.equal(progress.failure?.output.length, 30);
    assert.equal(progress.failure.output.at(-1), 'line 999');
  });

  it('survives what no engine should say', () => {
    for (const aux of ['', '////', Buffer.from([0x0a, 0xff, 0xff, 0xff, 0x7f]).toString('base64')]) {
      assert.deepEqual(follow([{ id: 'moby.buildkit.trace', aux }]).shown, []);
    }
    assert.deepEqual(follow([{}, { aux: null }]).shown, []);
  });
});

describe('jsonLines', () => {
  it('takes values out of pieces of any length', async () => {
    const text = Buffer.from('{"a":"é"}\n\nno json\n[1]\n{"last":true}');
    async function* pieces(): AsyncGenerator<Buffer> {
      for (const byte of text) yield await Promise.resolve(Buffer.from([byte]));
    }
    const found: unknown[] = [];
    for await (const value of jsonLines(pieces())) found.push(value);
    assert.deepEqual(found, [{ a: 'é' }, [1], { last: true }]);
  });
});
