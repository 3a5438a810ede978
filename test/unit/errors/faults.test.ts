import assert from 'node:assert/strict';
import { Faults, LkitError, LkitErrors } from '../../../pkg/errors/index.ts';

class TestError extends LkitError {}

function fault(message: string, place?: readonly [file: string, line: number, column: number]): LkitError {
  const at = place && { file: place[0], line: place[1], column: place[2] };
  return new TestError('test', message, { kind: 'input', at });
}

describe('Faults', () => {
  it('throws nothing where nothing has failed', () => {
    const faults = new Faults();
    assert.equal(
      faults.attempt(() => 1, 2),
      1,
    );
    faults.throwAny();
  });

  it('throws the only error as it is', () => {
    const faults = new Faults();
    const only = fault('alone');
    const value = faults.attempt(() => {
      throw only;
    }, 2);
    assert.equal(value, 2);
    assert.throws(
      () => {
        faults.throwAny();
      },
      (error) => error === only,
    );
  });

  it('throws several together, file by file in the order of their places', () => {
    const inner = new Faults();
    inner.add(fault('d', ['b.yml', 10, 1]));
    inner.add(fault('b', ['a.yml', 9, 5]));
    const faults = new Faults();
    faults.add(fault('c', ['b.yml', 9, 1]));
    faults.check(() => {
      inner.throwAny();
    });
    faults.add(fault('a', ['a.yml', 9, 2]));
    assert.throws(
      () => {
        faults.throwAny();
      },
      (error) => {
        assert.ok(error instanceof LkitErrors);
        assert.deepEqual(
          error.errors.map(({ message }) => message),
          ['c', 'd', 'a', 'b'],
        );
        assert.equal(error.message, 'c\nb.yml:10:1: d\na.yml:9:2: a\na.yml:9:5: b');
        assert.deepEqual([error.kind, error.at], ['input', { file: 'b.yml', line: 9, column: 1 }]);
        return true;
      },
    );
  });

  it('lets a bug through', () => {
    assert.throws(() => new Faults().attempt(() => JSON.parse('{') as unknown, undefined), SyntaxError);
  });
});
