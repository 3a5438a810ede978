// Loaded before lkit ("node --require"): keeps the bytecode of each of its files, with all functions that were called.
const { writeFileSync } = require('node:fs');
const vm = require('node:vm');

const scripts = [];
vm.Script = class extends vm.Script {
  constructor(source, options) {
    super(source, options);
    scripts.push({ file: `${options.filename}.code`, script: this });
  }
};
process.on('exit', () => {
  for (const { file, script } of scripts) writeFileSync(file, script.createCachedData());
});
