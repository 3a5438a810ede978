import assert from 'node:assert/strict';
import { type Diagnostic, parseSpec } from '../../../pkg/spec/index.ts';
import { containers } from './invalid/containers.ts';
import { files } from './invalid/files.ts';
import { hardware } from './invalid/hardware.ts';
import { keys } from './invalid/keys.ts';
import { syntax } from './invalid/syntax.ts';
import { values } from './invalid/values.ts';

function said({ severity, at, message }: Diagnostic): string {
  return `${at.line}:${at.column} ${severity === 'error' ? '' : `${severity}: `}${message}`;
}

const tables = { syntax, keys, values, containers, files, hardware };

describe('parseSpec, given invalid files', () => {
  for (const [table, cases] of Object.entries(tables)) {
    for (const [text, ...says] of cases) {
      it(`${table}: ${says[0] ?? ''} in ${JSON.stringify(text)}`, () => {
        const { spec, diagnostics } = parseSpec([{ file: 'lkit.yml', text, baseDir: '/project' }]);
        assert.deepEqual(diagnostics.map(said), says);
        assert.equal(spec, undefined);
      });
    }
  }

  it('has at least 150 of them', () => {
    assert.ok(Object.values(tables).flat().length >= 150);
  });
});
