export { type Accelerator, emulation, parseAccelerator } from './accelerator.ts';
export { qemuBackend, type QemuSettings } from './backend.ts';
export { type Choice, chooseAccelerator, type ChooseOptions } from './choose.ts';
export { gdbCommand } from './gdb.ts';
export { planQemu, type QemuFacts, type QemuPlan } from './plan.ts';
export { probe, type ProbeOptions, type Verdict } from './probe.ts';
export { QmpClient, type QmpEvent } from './qmp.ts';
