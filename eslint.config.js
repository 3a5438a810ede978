import tseslint from 'typescript-eslint';

/**
 * Which module may import which: data flows one way, from the YAML to the running machine.
 * A module absent from another's list is forbidden to it, and so cycles are impossible.
 */
const mayImport = {
  errors: [],
  report: ['errors'],
  host: ['errors'],
  work: [],
  spec: ['errors'],
  compose: ['errors', 'host', 'spec'],
  archive: ['errors', 'host'],
  image: ['errors', 'archive'],
  store: ['errors', 'report', 'host', 'archive', 'image'],
  engine: ['errors', 'host', 'archive'],
  package: ['errors', 'report', 'host', 'archive', 'image', 'store', 'engine', 'kernel', 'spec'],
  registry: ['errors', 'report', 'host', 'image', 'store'],
  source: ['errors', 'report', 'host', 'archive', 'image', 'store', 'engine', 'package', 'registry', 'spec'],
  lock: ['errors', 'image', 'spec'],
  sbom: ['errors', 'image'],
  exchange: ['errors', 'archive', 'image', 'store'],
  hardware: ['errors', 'spec'],
  bundle: ['errors', 'spec', 'image'],
  kernel: ['errors', 'host', 'archive', 'image', 'store'],
  plan: ['errors', 'spec', 'image', 'bundle', 'kernel'],
  output: ['errors', 'report', 'host', 'archive', 'image', 'store', 'bundle', 'kernel', 'plan', 'work'],
  build: [
    'errors',
    'report',
    'spec',
    'archive',
    'image',
    'store',
    'engine',
    'package',
    'registry',
    'source',
    'lock',
    'sbom',
    'hardware',
    'kernel',
    'plan',
    'output',
  ],
  authoring: [
    ...['errors', 'report', 'host', 'archive', 'image', 'store', 'engine', 'registry', 'exchange', 'spec'],
    ...['package', 'source'],
  ],
  machine: ['errors', 'report', 'host', 'archive'],
  vmtest: ['errors', 'report', 'archive', 'image', 'spec', 'hardware', 'build', 'machine'],
  doctor: ['errors', 'host', 'engine', 'output', 'machine'],
};
const modules = Object.keys(mayImport);

const moduleBoundaries = modules.map((name) => ({
  files: [`pkg/${name}/**/*.ts`],
  rules: {
    'no-restricted-imports': [
      'error',
      {
        patterns: [
          {
            regex: `\\.\\./(${modules.filter((m) => m !== name && !mayImport[name].includes(m)).join('|')})/`,
            message: `pkg/${name} may import only: ${mayImport[name].join(', ') || 'nothing'} (eslint.config.js).`,
          },
          {
            regex: `^\\.\\./(${modules.join('|')})/(?!index\\.ts$)`,
            message: "Another module's public face is its index.ts.",
          },
        ],
      },
    ],
  },
}));

export default tseslint.config(
  { ignores: ['dist/', 'node_modules/', 'examples/', '**/*.js', '**/*.cjs'] },
  ...tseslint.configs.strictTypeChecked,
  { languageOptions: { parserOptions: { projectService: true } } },
  {
    rules: {
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      eqeqeq: 'error',
      'prefer-const': 'error',
    },
  },
  { files: ['test/**/*.ts'], rules: { '@typescript-eslint/no-non-null-assertion': 'off' } },
  ...moduleBoundaries,
);
