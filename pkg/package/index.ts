export {
  architectures,
  type BuildFile,
  buildFileName,
  checkArchitecture,
  parseBuildFile,
  readBuildFile,
} from './build-yml.ts';
export { buildPackage } from './build.ts';
export { createPackageContext, type PackageContext, type PackageOptions } from './context.ts';
export { type ElfFile, readElf } from './elf.ts';
export { inMemory } from './file-bytes.ts';
export { PackageError, type PackageErrorCode } from './error.ts';
export { parseRecipe, type Recipe, recipeFileName } from './recipe.ts';
