import assert from 'node:assert/strict';
import { imageFile, layerNames, type NamedLayer } from '../../../pkg/image/index.ts';
import { collect } from '../archive/raw-tar.ts';
import { layer } from './layers.ts';

/** A layer that fails where it is read. */
const unreadable = (...names: readonly string[]): NamedLayer => ({
  open: () => {
    throw new Error('this layer was read');
  },
  names,
});

async function content(layers: readonly NamedLayer[], path: string, limits = {}): Promise<string | undefined> {
  for await (const member of imageFile(layers, path, { limits })) return (await collect(member.content)).toString();
  return undefined;
}

describe('a file of an image', () => {
  const kernel = layer([
    { name: 'kernel', data: 'bytes' },
    { name: 'behind', data: 'x' },
  ]);

  it('is read from the one layer that says it has it', async () => {
    const layers = [unreadable('kernel.tar'), { ...kernel, names: ['kernel', 'behind'] }, unreadable('var')];
    assert.equal(await content(layers, 'kernel'), 'bytes');
    assert.equal(await content([unreadable('kernel.tar')], 'kernel'), undefined);
  });

  it('is looked for in all layers where one of them says nothing, or it lies deeper', async () => {
    await assert.rejects(content([unreadable('kernel.tar'), kernel], 'kernel'), /this layer was read/);
    const deep = [
      { ...layer([{ name: 'a/kernel', data: 'x' }]), names: ['a'] },
      { ...layer([{ name: 'b', type: '2', link: 'a' }]), names: ['b'] },
    ];
    assert.equal(await content(deep, 'a/kernel'), 'x');
    const upper = layer([{ name: '.wh.kernel' }]);
    assert.equal(await content([kernel, upper], 'kernel'), undefined);
  });

  it('is held to the limits, whatever its layer says', async () => {
    const limits = { 'unpacked-bytes': 1000 };
    await assert.rejects(content([{ ...kernel, names: ['kernel'] }], 'kernel', limits), { code: 'limit-exceeded' });
  });

  it('takes for silence what is no list of names', () => {
    const named = (text: string): readonly string[] | undefined =>
      layerNames({ annotations: { 'org.lkit.layer.names': text } });
    assert.deepEqual(named('["kernel"]'), ['kernel']);
    for (const text of ['', '{', '{"0": "kernel"}', '["kernel", 1]', 'null']) assert.equal(named(text), undefined);
    assert.equal(layerNames({}), undefined);
  });
});
