import assert from 'node:assert/strict';
import { Writable } from 'node:stream';
import { createReporter, formatBytes, type Reporter } from '../../../pkg/report/index.ts';

function reporterWithOutput(level: 'quiet' | 'normal' | 'verbose', live = false) {
  let output = '';
  let time = 0;
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      output += chunk.toString();
      done();
    },
  });
  const reporter = createReporter({ stream, live, level, now: () => time });
  return { reporter, output: () => output, advance: (ms: number) => (time += ms) };
}

function say(reporter: Reporter): void {
  reporter.info('building');
  reporter.warn('careful');
  reporter.debug('detail');
  reporter.step('squashfs getty').end('cached');
}

describe('reporter', () => {
  it('prints steps that did work, with the time they took', () => {
    const { reporter, output, advance } = reporterWithOutput('normal');
    const step = reporter.step('package kernel');
    step.progress(1, 2);
    advance(1500);
    step.end('done');
    assert.equal(output(), '  package kernel: 1.5 s\n');
  });

  it('keeps what was cached and debug lines for -v', () => {
    const normal = reporterWithOutput('normal');
    say(normal.reporter);
    assert.equal(normal.output(), 'building\nwarning: careful\n');
    const verbose = reporterWithOutput('verbose');
    say(verbose.reporter);
    assert.equal(verbose.output(), 'building\nwarning: careful\ndetail\n  squashfs getty: cached\n');
  });

  it('still warns when quiet', () => {
    const { reporter, output } = reporterWithOutput('quiet');
    say(reporter);
    assert.equal(output(), 'warning: careful\n');
  });

  it('on a terminal draws running steps and erases them again', () => {
    const { reporter, output, advance } = reporterWithOutput('normal', true);
    const step = reporter.step('pull alpine');
    advance(200);
    step.progress(2_000_000, 4_000_000);
    advance(800);
    step.end('done');
    const erase = '\x1b[1A\x1b[J';
    assert.equal(output(), `  pull alpine …\n${erase}  pull alpine: 2.0 MB of 4.0 MB\n${erase}  pull alpine: 1.0 s\n`);
  });

  it('shows how fast bytes come, once there is something to tell', () => {
    const { reporter, output, advance } = reporterWithOutput('normal', true);
    const step = reporter.step('pull alpine');
    advance(5000);
    step.progress(1_000_000, 9_000_000);
    advance(2000);
    step.progress(5_000_000, 9_000_000);
    assert.match(output(), /: 1\.0 MB of 9\.0 MB\n[^]*: 5\.0 MB of 9\.0 MB, 2\.0 MB\/s\n$/);
  });

  it('counts anew how fast bytes come when some have to come again', () => {
    const { reporter, output, advance } = reporterWithOutput('normal', true);
    const step = reporter.step('pull alpine');
    step.progress(3_000_000, 9_000_000);
    advance(2000);
    step.progress(1_000_000, 9_000_000);
    advance(2000);
    step.progress(5_000_000, 9_000_000);
    assert.match(output(), /: 1\.0 MB of 9\.0 MB\n[^]*: 5\.0 MB of 9\.0 MB, 2\.0 MB\/s\n$/);
  });

  it('writes bytes in decimal units', () => {
    assert.equal(formatBytes(0), '0.0 kB');
    assert.equal(formatBytes(65_900_000), '65.9 MB');
    assert.equal(formatBytes(1_400_000_000), '1.40 GB');
  });
});
