import path from 'node:path';
import type { BuildError } from '../engine/index.ts';
import type { DockerfileBuild } from './dockerfile-context.ts';
import { failedLine } from './dockerfile-lines.ts';
import { SourceError } from './error.ts';
import type { Named } from './fault.ts';

/** The step that failed, its last output, and its line in the Dockerfile, whose text is given. */
export function buildFailure(error: BuildError, build: DockerfileBuild, text: string, image: Named): SourceError {
  const { failure } = error;
  const line = failedLine(text, failure);
  const file = path.resolve(build.folder, build.dockerfile ?? 'Dockerfile');
  const isInvalid = /parse error|unknown instruction|dockerfile cannot be empty/i.test(failure.message);
  const reason = /exit (?:code|status):? \d+/.exec(failure.message)?.[0] ?? failure.message.trim();
  const where = failure.step === undefined ? '' : ` at "${failure.step}"`;
  const message = [`building ${image.text} failed${where}: ${reason}`, ...failure.output].join('\n  ').trimEnd();
  return new SourceError(isInvalid ? 'bad-dockerfile' : 'build-failed', message, {
    kind: isInvalid ? 'input' : 'environment',
    at: line === undefined ? image.at : { file, line, column: 1 },
    hint:
      build.network === false && !isInvalid
        ? 'Steps of a package have no network, unless its build.yml says "network: true".'
        : undefined,
    cause: error,
  });
}
