/**
 * Program specifications: what a program is and where it belongs, as frozen plain data.
 *
 * The instructions still name maps by their names; they are numbered when a collection is loaded. Where a program
 * attaches is part of its spec, as a target that a folder of `link` knows how to serve.
 * @module
 */
import type { Instruction } from "../isa/instruction.ts";
import type { CoreRelocationSite } from "./core-relocation.ts";
import type { AttachType, ProgramFlag, ProgramType } from "./words.ts";

/** What a program shall be. */
export interface ProgramSpec<Target extends AttachTarget = AttachTarget> {
  readonly kind: "program";
  readonly type: ProgramType;
  /** Name for people; the kernel keeps the first 15 characters. Empty: the collection gives its own name for it. */
  readonly name: string;
  readonly instructions: readonly Instruction[];
  /** Licence. Many helpers are only for programs that say "GPL" or a licence compatible with it. */
  readonly license: string;
  readonly flags: readonly ProgramFlag[];
  readonly expectedAttachType: AttachType | undefined;
  readonly target: Target;
  /** The functions the instructions belong to, the main one first. Compilers say them; others leave it out. */
  readonly functions?: readonly ProgramFunction[];
  /** What depends on the kernel. */
  readonly relocations?: readonly CoreRelocationSite[];
}

/** One function of a program. */
export interface ProgramFunction {
  readonly name: string;
  /** Index in the program's instructions of its first one. */
  readonly index: number;
  /** Names of its parameters, and what they are to the verifier. */
  readonly parameters: readonly { readonly name: string; readonly type: "u64" | "pointer" }[];
}

/**
 * Where a program attaches; `none` for programs that are only run, or attached by hand. Places that differ from machine
 * to machine (interfaces, control groups, maps) may be left out, and are then given when attaching.
 */
export type AttachTarget =
  | { readonly kind: "none" }
  | { readonly kind: "tracepoint"; readonly category: string; readonly name: string }
  | { readonly kind: "raw_tracepoint"; readonly name: string }
  | { readonly kind: "tp_btf"; readonly name: string }
  | TrampolineTarget
  | { readonly kind: "lsm"; readonly hook: string }
  | IterTarget
  | KprobeTarget
  | UprobeTarget
  | PerfEventTarget
  | XdpTarget
  | TcxTarget
  | CgroupTarget
  | SockmapTarget
  | { readonly kind: "sk_lookup" | "flow_dissector"; readonly netns: string };

/** A function of the kernel that is patched to call the program: at its start, its end, or in its stead. */
export interface TrampolineTarget {
  readonly kind: "fentry" | "fexit" | "fmod_ret";
  readonly name: string;
}

/** The target of a kind. */
export type AttachTargetOf<
  Kind extends AttachTarget["kind"],
  Target extends AttachTarget = AttachTarget,
> = Target extends unknown ? (Kind extends Target["kind"] ? Target : never) : never;

/** Objects of the kernel to walk over. */
export interface IterTarget {
  readonly kind: "iter";
  /** What they are: `task`, `tcp`, `bpf_map_elem`… */
  readonly name: string;
  /** The map, by its name, whose elements they are. */
  readonly map?: string | undefined;
}

/** A function of the kernel, seen through a breakpoint. */
export interface KprobeTarget {
  readonly kind: "kprobe" | "kretprobe";
  readonly symbol: string;
  /** Bytes from the function's start; 0 for return probes. */
  readonly offset: number;
}

/** A place in a program or library of user space. */
export interface UprobeTarget {
  readonly kind: "uprobe" | "uretprobe";
  /** The file that holds the code. */
  readonly path: string;
  /** A function of the file. */
  readonly symbol: string | undefined;
  /** Bytes from the function, or without one from the start of the file. */
  readonly offset: number;
  /** Only this process; every one when left out. */
  readonly pid: number | undefined;
}

/** Samples on each CPU. */
export interface PerfEventTarget {
  readonly kind: "perf_event";
  readonly event: PerfEventName | undefined;
  readonly sampling: PerfSampling;
  /** Only this process; every one when left out. */
  readonly pid: number | undefined;
}

/** Events that the kernel or the CPU counts: `enum perf_sw_ids` and `enum perf_hw_id` of include/uapi/linux/perf_event.h. */
export type PerfEventName =
  | "cpu_clock"
  | "task_clock"
  | "page_faults"
  | "context_switches"
  | "cpu_migrations"
  | "page_faults_min"
  | "page_faults_maj"
  | "cpu_cycles"
  | "instructions"
  | "cache_references"
  | "cache_misses"
  | "branch_instructions"
  | "branch_misses";

/** How often an event runs the program: so many times in a second, or each so many events (for clocks nanoseconds). */
export type PerfSampling = { readonly frequencyHz: number } | { readonly period: number };

/** A network interface, where packets arrive. */
export interface XdpTarget {
  readonly kind: "xdp";
  readonly interface: string | undefined;
  readonly mode: XdpMode;
}

/**
 * Where the program runs: `drv` in the driver, `skb` behind it, `hw` on the card. `any`: in the driver where that can,
 * else behind it.
 */
export type XdpMode = "any" | "drv" | "skb" | "hw";

/** A network interface, one direction. */
export interface TcxTarget {
  readonly kind: "tcx";
  readonly interface: string | undefined;
  readonly direction: "ingress" | "egress";
}

/** A control group: its folder. */
export interface CgroupTarget {
  readonly kind: "cgroup";
  readonly cgroup: string | undefined;
}

/** A map of sockets, by its name. */
export interface SockmapTarget {
  readonly kind: "sockmap";
  readonly map: string | undefined;
}

/** Options every program has. */
export interface ProgramOptions {
  readonly name?: string;
  /** "GPL" when left out. */
  readonly license?: string;
  readonly flags?: readonly ProgramFlag[];
}

/** Options of {@link program}. */
export interface AnyProgramOptions extends ProgramOptions {
  readonly expectedAttachType?: AttachType;
}

/** A frozen specification with the defaults filled in. The functions for each family are made of it. */
export function programSpec<const Target extends AttachTarget>(
  given: AnyProgramOptions & { readonly type: ProgramType; readonly target: Target },
  instructions: readonly Instruction[],
): ProgramSpec<Target> {
  return Object.freeze({
    kind: "program",
    type: given.type,
    name: given.name ?? "",
    instructions,
    license: given.license ?? "GPL",
    flags: given.flags ?? [],
    expectedAttachType: given.expectedAttachType,
    target: given.target,
  });
}
