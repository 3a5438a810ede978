/** The JSON values of a stream that has one on each line. What is no JSON is left out. */
export async function* jsonLines(source: AsyncIterable<Buffer>): AsyncGenerator<unknown, void, undefined> {
  const decoder = new TextDecoder();
  let partial = '';
  for await (const chunk of source) {
    const lines = (partial + decoder.decode(chunk, { stream: true })).split('\n');
    partial = lines.pop() ?? '';
    yield* lines.flatMap(parse);
  }
  yield* parse(partial);
}

function parse(line: string): readonly unknown[] {
  try {
    return [JSON.parse(line) as unknown];
  } catch {
    return [];
  }
}
