import assert from 'node:assert/strict';
import { type Incident, incidentOf } from '../../../pkg/vmtest/guest/incident.ts';
import type { TestCase } from '../../../pkg/vmtest/index.ts';
import { judge, type TestRecord } from '../../../pkg/vmtest/verdict.ts';
import { testsOf } from './support.ts';

/** The incidents that a recorded console tells of. */
function incidentsIn(console: string): readonly Incident[] {
  return console.split('\n').flatMap((line) => incidentOf(line) ?? []);
}

function testOf(...steps: readonly string[]): TestCase {
  return testsOf(
    `image: a.yml\ntests:\n- name: t\n  mayFail: [dhcp]\n  steps:\n${steps.map((step) => `  - ${step}\n`).join('')}`,
  )[0]!;
}

/** `kind: message`, or `passed`. */
function verdict(test: TestCase, record: Partial<TestRecord>): string {
  const failure = judge(test, { passed: 0, incidents: [], ...record });
  return failure === undefined ? 'passed' : `${failure.kind}: ${failure.message}`;
}

const recorded = {
  crash: '[web] listening\nlkit: service web exited with code 5\n    no such sensor\n',
  restarts: 'lkit: service web exited with code 137; restarting in 1.000 s\n',
  done: 'lkit: service web exited with code 0; restarting in 1.000 s\n',
  refused: 'lkit: service web did not start: executable file `/x` not found in $PATH: No such file or directory\n',
  unhealthy: 'lkit: service web is unhealthy: its health check failed 3 times\n',
  onboot: 'lkit: onboot container dhcp failed with exit code 1\n',
  outOfMemory:
    '[   15.812039] Out of memory: Killed process 143 (awk) total-vm:95448kB, anon-rss:61816kB, file-rss:4kB, UID:0\n',
  limit:
    '[    9.1] Memory cgroup out of memory: Killed process 77 (python3) total-vm:9kB\nlkit: service web exited with code 137\n',
  oops: '[    3.1] BUG: unable to handle page fault for address: ffffc90000a0\n[    3.1] Oops: 0000 [#1] SMP\n',
  clock: '[    0.024000] ..MP-BIOS bug: 8254 timer not connected to IO-APIC\n',
};

describe('what a console tells of', () => {
  const cases: readonly (readonly [keyof typeof recorded, string])[] = [
    ['crash', 'crash service web exited with code 5'],
    ['restarts', 'crash service web exited with code 137; restarting in 1.000 s'],
    ['done', ''],
    ['refused', 'crash service web did not start: executable file `/x` not found in $PATH: No such file or directory'],
    ['unhealthy', 'crash service web is unhealthy: its health check failed 3 times'],
    ['onboot', 'crash onboot container dhcp failed with exit code 1'],
    ['outOfMemory', 'out-of-memory the guest was out of memory: its kernel killed awk (process 143)'],
    ['limit', 'out-of-memory a container had used up its memory limit: its kernel killed python3 (process 77)'],
    [
      'oops',
      "oops the guest's kernel met a fault of its own: BUG: unable to handle page fault for address: ffffc90000a0",
    ],
    ['clock', ''],
  ];
  for (const [name, expected] of cases) {
    it(`${name}: ${expected || 'nothing'}`, () => {
      const [first] = incidentsIn(recorded[name]);
      assert.equal(first === undefined ? '' : `${first.kind} ${first.message}`, expected);
    });
  }
});

describe('the verdict', () => {
  const two = testOf('console: Hello', 'after: 1s');

  it('is good only if every step has passed', () => {
    assert.equal(verdict(two, { passed: 2 }), 'passed');
    assert.equal(verdict(two, { passed: 1 }), 'machine: the test ended before its last step');
    assert.equal(verdict(two, {}), 'machine: the test ended before its last step');
  });

  it('is bad when something went wrong beside the steps', () => {
    assert.equal(
      verdict(two, { passed: 2, incidents: incidentsIn(recorded.crash) }),
      'crash: service web exited with code 5',
    );
  });

  it('names how the machine ended before the last step', () => {
    const outcomes: readonly (readonly [NonNullable<TestRecord['outcome']>, string])[] = [
      [{ kind: 'powered-off', message: '' }, 'power-off: the guest powered off before the last step'],
      [{ kind: 'reset', message: '' }, 'reboot: the guest restarted before the last step'],
      [{ kind: 'halted', message: 'no sensor' }, 'halt: no sensor'],
      [{ kind: 'failed', message: 'QEMU crashed' }, 'machine: QEMU crashed'],
      [{ kind: 'panicked', message: 'Attempted to kill init!' }, 'panic: Attempted to kill init!'],
      [
        { kind: 'panicked', message: 'Kernel panic - not syncing: System is deadlocked on memory' },
        'out-of-memory: Kernel panic - not syncing: System is deadlocked on memory',
      ],
    ];
    for (const [outcome, expected] of outcomes) {
      const stepFailure = { kind: 'unmet', message: 'the console has not shown "Hello"' } as const;
      assert.equal(verdict(two, { outcome, stepFailure }), expected);
    }
  });

  it('takes what happened first for the reason', () => {
    const incidents = incidentsIn(recorded.limit);
    assert.equal(incidents.length, 2);
    const outcome = { kind: 'panicked', message: 'x' } as const;
    assert.match(verdict(two, { incidents, outcome }), /^out-of-memory: a container/);
  });

  it('tells a step that found something else from a guest that hangs', () => {
    const of = (kind: 'unmet' | 'timed-out' | 'out-of-time' | 'silent'): string =>
      verdict(two, { stepFailure: { kind, message: 'm' } });
    assert.deepEqual(
      [of('unmet'), of('timed-out'), of('out-of-time'), of('silent')],
      ['assertion: m', 'assertion: m', 'hang: m', 'hang: m'],
    );
  });

  it('points at the step that was under way', () => {
    const failure = judge(two, { passed: 1, incidents: incidentsIn(recorded.oops) });
    assert.equal(failure?.step, 'after 1 s');
    assert.equal(failure.at.line, 7);
    assert.match(failure.line ?? '', /^\[ {4}3\.1\] BUG/);
  });

  it('lets a container fail that may', () => {
    assert.equal(verdict(two, { passed: 2, incidents: incidentsIn(recorded.onboot) }), 'passed');
  });

  const expecting: readonly (readonly [string, keyof typeof recorded, boolean])[] = [
    ['service: {name: web, state: failed}', 'crash', true],
    ['service: {name: web, state: restarting}', 'restarts', true],
    ['service: {name: web, state: unhealthy}', 'unhealthy', true],
    ['service: {name: web, state: running}', 'crash', false],
    ['service: {name: other, state: failed}', 'crash', false],
    ['console: exited with code 5', 'crash', true],
    ['console: /service web exited/', 'crash', true],
    ['console: web', 'crash', false],
    ['console: /lkit.*web/', 'crash', false],
    ['console: exited with code 4', 'crash', false],
    ['console: "Out of memory: Killed"', 'outOfMemory', true],
    ['console: awk', 'outOfMemory', false],
  ];
  for (const [step, console, isExpected] of expecting) {
    it(`${isExpected ? 'expects' : 'does not expect'} "${console}" of a test with the step ${step}`, () => {
      const found = verdict(testOf(step), { passed: 1, incidents: incidentsIn(recorded[console]) });
      assert.equal(found === 'passed', isExpected, found);
    });
  }

  it('lets the guest power off in the last step', () => {
    const outcome = { kind: 'powered-off', message: '' } as const;
    assert.equal(verdict(testOf('powerOff'), { passed: 1, outcome }), 'passed');
    const stepFailure = { kind: 'unmet', message: 'the guest restarted' } as const;
    const reset = { kind: 'reset', message: '' } as const;
    assert.equal(
      verdict(testOf('powerOff'), { stepFailure, outcome: reset }),
      'reboot: the guest restarted before the last step',
    );
  });
});
