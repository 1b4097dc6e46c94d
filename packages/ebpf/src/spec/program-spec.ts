/**
 * Program specifications: what a program is and where it belongs, as frozen plain data.
 *
 * The instructions still name maps by their names; they are numbered when a collection is loaded. Where a program
 * attaches is part of its spec, as a target that a folder of `link` knows how to serve.
 * @module
 */
import { assertText, assertWord } from "../base/arguments.ts";
import { InvalidArgumentError } from "../base/errors.ts";
import type { TypeSource } from "../btf/type-source.ts";
import type { BtfTypeId } from "../btf/type.ts";
import type { Instruction } from "../isa/instruction.ts";
import type { Layout } from "../layout/layout.ts";
import type { CoreRelocationSite } from "./core-relocation.ts";
import type { LwtTarget, NetfilterTarget, NetkitTarget, TcTarget } from "./network-target.ts";
import type { FileTypes } from "./file-types.ts";
import type { ProgramDescription } from "./program-description.ts";
import { attachTypes, programTypes } from "./generated/words.ts";
import { type AttachType, type ProgramFlag, programFlags, type ProgramType } from "./words.ts";

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
  /** The same as a kernel takes it, made when the program was compiled ahead of time. */
  readonly description?: ProgramDescription;
  /** What it uses of the kernel by name, as its object file declares it. */
  readonly externs?: readonly ProgramExtern[];
  /** The types of the object file it was read from. */
  readonly fileTypes?: FileTypes;
  /** Name of the section of the object file it was read from. */
  readonly section?: string;
  /** `false` for programs that are only loaded when somebody asks for them: sections whose name starts with `?`. */
  readonly autoload?: boolean;
  /** Why it cannot be loaded, though it can be looked at: its section says no type, it is for other machines. */
  readonly refusal?: string;
}

/** A function or variable of the kernel that a program uses. Which of them there are, a kernel says. */
export interface ProgramExtern {
  readonly name: string;
  /** `address` for what has no type: its address is in /proc/kallsyms, and instructions get it as a number. */
  readonly kind: "function" | "variable" | "address";
  /** What is weak may be missing: its address is 0 then, and calls of it must not be reached. */
  readonly weak: boolean;
  /** What the program was compiled with: a prototype or the type of a variable. What is otherwise counts as missing. */
  readonly local?: ExternType;
}

/** A type of the object file that declares an extern. */
export interface ExternType {
  readonly types: TypeSource;
  readonly type: BtfTypeId;
}

/** One function of a program. */
export interface ProgramFunction {
  readonly name: string;
  /** Index in the program's instructions of its first one. */
  readonly index: number;
  /** Names of its parameters, and what they are to the verifier. */
  readonly parameters: readonly { readonly name: string; readonly type: "u64" | "pointer" }[];
  /** `global` for functions that other programs may replace (`freplace`); `static` when left out. */
  readonly linkage?: "static" | "global";
  /** What it is among the types of the program's file. */
  readonly type?: BtfTypeId;
}

/**
 * Where a program attaches; `none` for programs that are only run, or attached by hand. Places that differ from machine
 * to machine (interfaces, control groups, maps) may be left out, and are then given when attaching.
 */
export type AttachTarget =
  | { readonly kind: "none" }
  | TracepointTarget
  | RawTracepointTarget
  | TpBtfTarget
  | TrampolineTarget
  | LsmTarget
  | LsmCgroupTarget
  | FreplaceTarget
  | StructOpsTarget
  | SyscallProgramTarget
  | IterTarget
  | KprobeTarget
  | KprobeMultiTarget
  | SyscallTarget
  | UprobeTarget
  | UprobeMultiTarget
  | UsdtTarget
  | PerfEventTarget
  | XdpTarget
  | TcxTarget
  | TcTarget
  | NetkitTarget
  | NetfilterTarget
  | LwtTarget
  | CgroupTarget
  | SockmapTarget
  | { readonly kind: "sk_lookup" | "flow_dissector"; readonly netns: string };

/** A function of the kernel that is patched to call the program: at its start, its end, both of them, or in its stead. */
export interface TrampolineTarget {
  readonly kind: "fentry" | "fexit" | "fsession" | "fmod_ret";
  readonly name: string;
  /** The loaded program, by its name, whose function it is; left out: the kernel's. */
  readonly program?: string | undefined;
  /** What `bpf_get_attach_cookie` gives; 0 when left out. */
  readonly cookie?: bigint | undefined;
}

/** A tracepoint whose arguments the program gets with their types. */
export interface TpBtfTarget {
  readonly kind: "tp_btf";
  readonly name: string;
  /** What `bpf_get_attach_cookie` gives; 0 when left out. */
  readonly cookie?: bigint | undefined;
}

/** A hook of security modules. */
export interface LsmTarget {
  readonly kind: "lsm";
  readonly hook: string;
  /** What `bpf_get_attach_cookie` gives; 0 when left out. */
  readonly cookie?: bigint | undefined;
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
  /** Where to start among control groups, and where to go from there. */
  readonly cgroup?: { readonly folder: string; readonly order: IterOrder } | undefined;
  /** Only the tasks of this process, or only this thread. */
  readonly pid?: number | undefined;
  readonly tid?: number | undefined;
}

/** Over which control groups to walk: the one alone, those below it before or after itself, or it and those above. */
export type IterOrder = "self_only" | "descendants_pre" | "descendants_post" | "ancestors_up";

/** A tracepoint, whose record the program gets. */
export interface TracepointTarget {
  readonly kind: "tracepoint";
  readonly category: string;
  readonly name: string;
  /** What `bpf_get_attach_cookie` gives; 0 when left out. */
  readonly cookie?: bigint | undefined;
}

/** A tracepoint, whose arguments the program gets. */
export interface RawTracepointTarget {
  readonly kind: "raw_tracepoint";
  readonly name: string;
  /** What `bpf_get_attach_cookie` gives; 0 when left out. */
  readonly cookie?: bigint | undefined;
}

/** A function of the kernel, seen through a breakpoint. */
export interface KprobeTarget {
  readonly kind: "kprobe" | "kretprobe";
  /** The function; empty where an address says which. */
  readonly symbol: string;
  readonly address?: bigint | undefined;
  /** Bytes from the function's start; 0 for return probes. */
  readonly offset: number;
  /** What `bpf_get_attach_cookie` gives; 0 when left out. */
  readonly cookie?: bigint | undefined;
}

/** A system call, at the kernel's function for it. */
export interface SyscallTarget {
  readonly kind: "ksyscall" | "kretsyscall";
  /** As in `man 2`: `openat`. */
  readonly name: string;
  readonly cookie?: bigint | undefined;
}

/** Many functions of the kernel at once: their start, their return, or both as one session. */
export interface KprobeMultiTarget {
  readonly kind: "kprobe_multi" | "kretprobe_multi" | "kprobe_session";
  readonly functions: KernelFunctionChoice;
  /** What `bpf_get_attach_cookie` gives, for each function in its order. */
  readonly cookies?: readonly bigint[] | undefined;
}

/** Functions of the kernel: by name, by address, or all whose names fit a pattern with `*` and `?`. */
export type KernelFunctionChoice =
  | { readonly symbols: readonly string[] }
  | { readonly addresses: readonly bigint[] }
  | { readonly pattern: string };

/** Many places in a program or library at once: when they are reached, the return of functions, or both as one session. */
export interface UprobeMultiTarget {
  readonly kind: "uprobe_multi" | "uretprobe_multi" | "uprobe_session";
  /** The file that holds the code: a path, or the name of a library or program. */
  readonly path: string;
  readonly functions: UserFunctionChoice;
  /** What `bpf_get_attach_cookie` gives, for each place in its order. */
  readonly cookies?: readonly bigint[] | undefined;
  /** Where in the file the counter of listeners of each place is; 0 for none. */
  readonly counterOffsets?: readonly number[] | undefined;
  /** Only this process; every one when left out. */
  readonly pid: number | undefined;
}

/** Functions of a file: by name, by bytes from the start of the file, or all whose names fit a pattern. */
export type UserFunctionChoice =
  | { readonly symbols: readonly string[] }
  | { readonly offsets: readonly number[] }
  | { readonly pattern: string };

/** A place in a program or library of user space. */
export interface UprobeTarget {
  readonly kind: "uprobe" | "uretprobe";
  /** The file that holds the code: a path, or the name of a library or program. */
  readonly path: string;
  /** A function of the file, `name` or `name@VERSION`. */
  readonly symbol: string | undefined;
  /** Bytes from the function, or without one from the start of the file. */
  readonly offset: number;
  /** Only this process; every one when left out. */
  readonly pid: number | undefined;
  /** What `bpf_get_attach_cookie` gives; 0 when left out. */
  readonly cookie?: bigint | undefined;
  /** Where in the file a counter of listeners is. */
  readonly counterOffset?: number | undefined;
}

/** A probe that the authors of a program or library put into it. */
export interface UsdtTarget {
  readonly kind: "usdt";
  /** The file that holds the probe: a path, or the name of a library or program. */
  readonly path: string;
  /** Empty for any. */
  readonly provider: string;
  readonly name: string;
  /** Only this process; every one when left out. */
  readonly pid: number | undefined;
  /** What `context.cookie` gives; 0 when left out. */
  readonly cookie?: bigint | undefined;
}

/** Samples on each CPU. */
export interface PerfEventTarget {
  readonly kind: "perf_event";
  readonly event: PerfEventName | undefined;
  readonly sampling: PerfSampling;
  /** Only this process; every one when left out. */
  readonly pid: number | undefined;
  /** What `bpf_get_attach_cookie` gives; 0 when left out. */
  readonly cookie?: bigint | undefined;
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
  /** `link`, or `netlink` as before Linux 5.9; left out, a link where the kernel has those. */
  readonly way?: XdpWay | undefined;
  /** What it is loaded for this interface alone for; left out, it can be attached to any. */
  readonly device?: XdpDeviceUse | undefined;
}

/**
 * What a program has of being loaded for one interface: `metadata` lets it ask the driver what that knows of a packet,
 * `offload` runs it on the card.
 */
export type XdpDeviceUse = (typeof xdpDeviceUses)[number];

/** All uses. */
export const xdpDeviceUses = ["metadata", "offload"] as const;

/** In which of the kernel's ways an XDP program is attached. */
export type XdpWay = (typeof xdpWays)[number];

/** All ways. */
export const xdpWays = ["link", "netlink"] as const;

/**
 * Where the program runs: `drv` in the driver, `skb` behind it, `hw` on the card. `any`: in the driver where that can,
 * else behind it.
 */
export type XdpMode = (typeof xdpModes)[number];

/** All modes. */
export const xdpModes = ["any", "drv", "skb", "hw"] as const;

/** A network interface, one direction. */
export interface TcxTarget {
  readonly kind: "tcx";
  readonly interface: string | undefined;
  readonly direction: "ingress" | "egress";
  /** `tcx`, or a filter in `clsact` as before Linux 6.6; left out, tcx where the kernel has it. */
  readonly way?: TcxWay | undefined;
}

/** In which of the kernel's ways a program for tcx is attached. */
export type TcxWay = (typeof tcxWays)[number];

/** All ways. */
export const tcxWays = ["tcx", "clsact"] as const;

/** A control group: its folder. */
export interface CgroupTarget {
  readonly kind: "cgroup";
  readonly cgroup: string | undefined;
}

/** A hook of security modules, for the processes of a control group. */
export interface LsmCgroupTarget {
  readonly kind: "lsm_cgroup";
  readonly hook: string;
  /** Folder of the control group. */
  readonly cgroup: string | undefined;
}

/** A function of another program, in whose stead the program runs. */
export interface FreplaceTarget {
  readonly kind: "freplace";
  /** The other program, by its name. */
  readonly program: string;
  /** Its type, which says what the replaced main function is given. */
  readonly programType: ProgramType;
  /** The function of it; the main one when left out. */
  readonly function: string | undefined;
}

/** Nothing: somebody calls `run`, with a context laid out like this. */
export interface SyscallProgramTarget {
  readonly kind: "syscall";
  readonly context: Layout<unknown>;
}

/** A function in a struct of functions of the kernel, which the program stands in for. */
export interface StructOpsTarget {
  readonly kind: "struct_ops";
  /** Name of the struct: `tcp_congestion_ops`. */
  readonly type: string;
  readonly member: string;
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
  assertProgramOptions(given);
  if (!Array.isArray(instructions)) {
    throw new InvalidArgumentError(
      `program "${given.name ?? ""}" has neither instructions nor code`,
      {
        hint: 'give a list of instructions, or a function marked "use bpf"',
      },
    );
  }
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

/**
 * Checks what all programs have.
 * @throws {InvalidArgumentError} for a type or flag that is none, and for a name or licence that is no text.
 */
export function assertProgramOptions({
  type,
  name = "",
  license = "GPL",
  flags = [],
  expectedAttachType,
}: CheckedOptions): void {
  assertText(name, "the name of a program");
  assertWord(type, programTypes, `the type of program "${name}"`);
  assertText(license, `the licence of program "${name}"`);
  for (const flag of flags) assertWord(flag, programFlags, `a flag of program "${name}"`);
  if (expectedAttachType === undefined) return;
  assertWord(expectedAttachType, attachTypes, `the expected attach type of program "${name}"`);
}

type CheckedOptions = Pick<
  AnyProgramOptions,
  "name" | "license" | "flags" | "expectedAttachType"
> & {
  readonly type: ProgramType;
};
