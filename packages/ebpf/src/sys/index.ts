/**
 * The running kernel, what the machine is like, and what to do when it refuses.
 * @module
 */
export { checkEnvironment } from "./environment/check-environment.ts";
export type { Finding, Surroundings } from "./environment/finding.ts";
export type { Feature, FeatureGroup, FeatureReport } from "./feature/feature.ts";
export { probeHelper, typesWithHelper } from "./feature/helper-features.ts";
export { probeFeature, probeFeatures } from "./feature/probe-features.ts";
export { features } from "./feature/table.ts";
export { type Leak, type LeakListener, reportLeaks } from "./leaks.ts";
export {
  type Architecture,
  type ArchitectureName,
  architectureNamed,
  architectures,
  type ProbeRegisters,
  type Register,
} from "./machine/architecture.ts";
export {
  cgroupById,
  cgroupId,
  cgroupOf,
  cgroupRoot,
  cgroupTree,
  childCgroups,
} from "./machine/cgroup.ts";
export { type NativeKernel, openNativeKernel } from "./native-kernel.ts";
export type { NetworkInterface } from "./netlink/interfaces.ts";
export { type RetryOptions, retryTransient } from "./retry.ts";
