import path from 'node:path';
import type { WrittenChoice, WrittenMatrix, WrittenValue } from './written.ts';

/** One combination of a matrix' values. */
export interface Combination {
  readonly choice: WrittenChoice;
  readonly variables: Readonly<Record<string, WrittenValue>>;
  /** `memory=128M, greeting=Hello`; empty without a matrix. */
  readonly label: string;
}

interface Axis {
  readonly name: string;
  readonly isVariable: boolean;
  readonly values: readonly unknown[];
}

const none: Combination = { choice: {}, variables: {}, label: '' };

/** Every combination of the values, the last axis changing fastest. */
export function combinations(matrix: WrittenMatrix): readonly Combination[] {
  return axesOf(matrix).reduce<readonly Combination[]>(
    (before, axis) => before.flatMap((each) => axis.values.map((value) => extend(each, axis, value))),
    [none],
  );
}

function axesOf({ variables = {}, ...choices }: WrittenMatrix): readonly Axis[] {
  const axes = (of: object, isVariable: boolean): readonly Axis[] =>
    Object.entries(of).map(([name, values]) => ({ name, isVariable, values: values as readonly unknown[] }));
  return [...axes(choices, false), ...axes(variables, true)];
}

function extend({ choice, variables, label }: Combination, { name, isVariable }: Axis, value: unknown): Combination {
  const own = { [name]: value };
  return {
    choice: isVariable ? choice : { ...choice, ...own },
    variables: isVariable ? { ...variables, ...(own as Readonly<Record<string, WrittenValue>>) } : variables,
    label: [label, `${name}=${labelOf(name, value)}`].filter((part) => part !== '').join(', '),
  };
}

function labelOf(name: string, value: unknown): string {
  const texts = [value].flat().map(String);
  return name === 'image'
    ? texts.map((text) => path.basename(text).replace(/\.ya?ml$/, '')).join('+')
    : texts.join(' ');
}
