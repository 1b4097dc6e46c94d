/**
 * Tools for testing programs that use eBPF. Unstable: may change in any release.
 * @module
 */
export { capabilities, type Capability, whyMissing } from "./capabilities.ts";
export { descriptorsSince, type OpenDescriptor, openDescriptors } from "./descriptors.ts";
export { BrokenPromiseError, needs, type NeedsOptions } from "./needs.ts";
export { promises } from "./promises.ts";
