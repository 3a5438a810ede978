import assert from 'node:assert/strict';
import { drawSpans, parseSpans } from '../../../pkg/report/index.ts';

describe('a timeline', () => {
  it('is read from what the guest noted, whatever else is on the console', () => {
    const text = '0.00 1.20 kernel\n[    1.3] random: crng init done\n1.20 1.60 service web server\r\n1.6 x y\n';
    assert.deepEqual(parseSpans(text), [
      { from: 0, to: 1.2, what: 'kernel' },
      { from: 1.2, to: 1.6, what: 'service web server' },
    ]);
  });

  it('is drawn with each span where it was, however short', () => {
    const spans = [
      { from: 0, to: 5, what: 'kernel' },
      { from: 5, to: 5.01, what: 'init' },
      { from: 5, to: 10, what: 'service web' },
      { from: 10, to: 10, what: 'end' },
    ];
    assert.deepEqual(drawSpans(spans, 10), [
      'kernel        5.00 s █████',
      'init          0.01 s      █',
      'service web   5.00 s      █████',
      'end           0.00 s          █',
    ]);
    assert.deepEqual(drawSpans([], 10), []);
  });
});
