export { architectures, type BuildFile, parseBuildFile, readBuildFile } from './build-yml.ts';
export { buildPackage } from './build.ts';
export { createPackageContext, type PackageContext, type PackageOptions } from './context.ts';
export { PackageError, type PackageErrorCode } from './error.ts';
export { debianPackagesAnnotation } from './oci-image.ts';
export { parseRecipe, type Recipe } from './recipe.ts';
