export { vfkitBackend, type VfkitSettings } from './backend.ts';
export { planVfkit, type VfkitFacts, type VfkitPlan } from './plan.ts';
