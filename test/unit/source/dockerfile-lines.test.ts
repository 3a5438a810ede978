import assert from 'node:assert/strict';
import { failedLine, instructionsOf } from '../../../pkg/source/dockerfile-lines.ts';

const dockerfile = `# syntax=docker/dockerfile:1
# a comment
FROM scratch AS base

RUN one && \\
    # in between

    two   &&\\
    three
COPY <<EOF /a
RUN is no instruction here
EOF
RUN <<'END' sh
false
END
run   last
`;

describe('the instructions of a Dockerfile', () => {
  it('have the lines where they begin', () => {
    assert.deepEqual(
      instructionsOf(dockerfile).map(({ line, text }) => [line, text]),
      [
        [3, 'FROM scratch AS base'],
        [5, 'RUN one && two && three'],
        [10, 'COPY <<EOF /a'],
        [13, "RUN <<'END' sh"],
        [16, 'run last'],
      ],
    );
  });

  it('may be continued with a backtick', () => {
    assert.deepEqual(
      instructionsOf('# escape=`\nFROM x\nRUN a `\n  b\\\nRUN c\n').map(({ line }) => line),
      [2, 3, 5],
    );
  });

  it('may have no end', () => {
    assert.deepEqual(instructionsOf('RUN <<EOF\nx').length, 1);
    assert.deepEqual(instructionsOf('RUN a \\').length, 1);
    assert.deepEqual(instructionsOf('').length, 0);
  });

  it('are found by what an engine says of a failure', () => {
    const line = (failure: object): number | undefined => failedLine(dockerfile, { message: '', ...failure });
    assert.equal(line({ step: 'RUN one && two   && three' }), 5);
    assert.equal(line({ step: 'RUN last' }), 16);
    assert.equal(line({ step: 'RUN something else' }), undefined);
    assert.equal(line({ number: 3, step: 'COPY' }), 10);
    assert.equal(line({ message: 'dockerfile parse error line 2: unknown instruction: COPPY' }), 2);
    assert.equal(line({ message: 'dockerfile parse error on line 7: x' }), 7);
    assert.equal(line({}), undefined);
  });
});
