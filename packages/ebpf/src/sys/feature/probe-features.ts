/**
 * Asks a kernel for everything in the table of features.
 * @module
 */
import { BpfError } from "../../base/errors.ts";
import { PermissionError } from "../../kernel/errors.ts";
import type { Kernel } from "../../kernel/kernel.ts";
import type { Feature, FeatureReport } from "./feature.ts";
import { features } from "./table.ts";

const reports = new WeakMap<Kernel, readonly FeatureReport[]>();

/**
 * Every feature in the table and whether `kernel` has it. The first time takes a tenth of a second or two; the answers
 * are kept. Loads small programs and maps and lets them go again; attaches nothing. Never throws: what this process
 * may not try is reported as not known.
 */
export function probeFeatures(kernel: Kernel): readonly FeatureReport[] {
  const known = reports.get(kernel) ?? features.map((feature) => probeFeature(kernel, feature));
  reports.set(kernel, known);
  return known;
}

/** Whether `kernel` has one feature; asked anew each time. */
export function probeFeature(kernel: Kernel, feature: Feature): FeatureReport {
  const { name, group, since, probe } = feature;
  try {
    probe(kernel)?.[Symbol.dispose]();
    return { name, group, since, supported: true };
  } catch (error) {
    if (!(error instanceof BpfError)) throw error;
    const supported = error instanceof PermissionError ? undefined : false;
    return { name, group, since, supported, reason: error.message };
  }
}
