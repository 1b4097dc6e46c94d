/**
 * Everything `doctor` finds out.
 *
 * The surroundings are looked at, the kernel is asked for its features, and then the one question that matters is answered by
 * trying: the kernel half of `trace exec` is loaded, and let go again without being attached.
 * @module
 */
import { BpfError } from "ts-ebpf";
import {
  checkEnvironment,
  openNativeKernel,
  probeFeatures,
  type FeatureReport,
  type Finding,
} from "ts-ebpf/sys";
import { loadTracer } from "../trace/exec/load-tracer.ts";

/** What was found. */
export interface Examination {
  readonly findings: readonly Finding[];
  /** Empty where there is no kernel that could be asked. */
  readonly features: readonly FeatureReport[];
  /** Why programs cannot be traced here; `undefined` when they can. */
  readonly obstacle: BpfError | undefined;
}

/** Examines this machine, with the rights of this process. */
export async function examineMachine(): Promise<Examination> {
  const findings = checkEnvironment();
  try {
    const kernel = openNativeKernel();
    return { findings, features: probeFeatures(kernel), obstacle: await obstacleToTracing() };
  } catch (error) {
    if (!(error instanceof BpfError)) throw error;
    return { findings, features: [], obstacle: error };
  }
}

const ringBytes = 1 << 16;

async function obstacleToTracing(): Promise<BpfError | undefined> {
  try {
    const tracer = await loadTracer(openNativeKernel(), { ringBytes });
    tracer.close();
    return undefined;
  } catch (error) {
    if (error instanceof BpfError) return error;
    throw error;
  }
}
