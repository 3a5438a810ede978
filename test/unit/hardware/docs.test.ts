import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { models } from '../../../pkg/hardware/index.ts';

describe('docs/hardware.md', () => {
  const text = readFileSync(path.resolve(import.meta.dirname, '../../../docs/hardware.md'), 'utf8');
  for (const { name, quantities } of models) {
    it(`has a row for ${name}, with its quantities`, () => {
      const row = text.split('\n').find((line) => line.startsWith('|') && line.includes(`\`${name}\``));
      assert.ok(row);
      for (const quantity of Object.keys(quantities)) assert.ok(row.includes(`\`${quantity}\``), quantity);
    });
  }
});
