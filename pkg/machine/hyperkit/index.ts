export { hyperkitBackend, type HyperkitSettings } from './backend.ts';
export { type HyperkitNetwork, parseAddress, parseHyperkitNetwork, parseUuid } from './network.ts';
export { type DiskDriver, type HyperkitFacts, type HyperkitPlan, planHyperkit } from './plan.ts';
