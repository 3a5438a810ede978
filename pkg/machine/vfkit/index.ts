export { vfkitBackend, type VfkitSettings } from './backend.ts';
export { parseVfkitNetwork } from './network.ts';
export { planVfkit, type VfkitFacts, type VfkitPlan } from './plan.ts';
