/**
 * Names of places that programs are attached to, for whoever attaches and whoever fires.
 * @module
 */
import type { AttachType } from "../../spec/words.ts";

/** When at a function: as it is called, as it returns, and the ways of each. */
export type FunctionEvent = "kprobe" | "kretprobe" | "fentry" | "fexit" | "fmod_ret";

/** A function of a program. */
export interface FunctionAt {
  readonly program: { readonly id: number };
  readonly slot: number;
}

/** Places. */
export const place = {
  tracepoint: (category: string, name: string): string => `tracepoint ${category}/${name}`,
  /** Raw and BTF tracepoints are the same place. */
  rawTracepoint: (name: string): string => `raw tracepoint ${name}`,
  kernelFunction: (event: FunctionEvent, name: string, offset = 0): string =>
    `${event} ${name}${offset === 0 ? "" : `+${offset}`}`,
  userCode: (event: "uprobe" | "uretprobe", path: string, offset: number): string =>
    `${event} ${path}:${offset}`,
  lsm: (hook: string): string => `lsm ${hook}`,
  cgroup: (type: string, id: bigint): string => `${type} of cgroup ${id}`,
  /** XDP, tcx, netkit and filters of traffic control. */
  interface: (type: string, index: number): string => `${type} of interface ${index}`,
  netns: (type: "sk_lookup" | "flow_dissector"): string => type,
  sample: (event: string, cpu: number): string => `samples of ${event} on CPU ${cpu}`,
  netfilter: (family: string, hook: string): string => `netfilter ${family} ${hook}`,
  map: (type: AttachType, id: number): string => `${type} of map ${id}`,
  programFunction: (event: FunctionEvent | "ext", { program, slot }: FunctionAt): string =>
    `${event} instruction ${slot} of program ${program.id}`,
  socket: (role: string, id: number): string => `${role} of socket ${id}`,
} as const;
