/**
 * What the kernel tells of a link: `struct bpf_link_info` of include/uapi/linux/bpf.h, as plain data.
 *
 * A link's `type` says what `details` has. Numbers of objects are those that `Kernel.bpf` takes; lists (addresses, offsets
 * and cookies of multi-probes) are not brought. What a kernel is too old to tell is zero or empty.
 * @module
 */
import type { AttachType } from "../spec/words.ts";
import type { LinkId, MapId, ProgramId } from "./handle.ts";

/** What is particular to each kind of link, by the kernel's word for it (`enum bpf_link_type`). */
export interface LinkDetails {
  readonly raw_tracepoint: { readonly tpName: string; readonly cookie: bigint };
  /** Programs on functions, BTF tracepoints and hooks, and replaced functions: what they are on, by BTF object and type. */
  readonly tracing: {
    /** For functions of programs the number of the program, else that of the BTF object. */
    readonly targetObjId: number;
    readonly targetBtfId: number;
    readonly cookie: bigint;
  };
  readonly cgroup: { readonly cgroupId: bigint };
  readonly iter: IterDetails;
  /** Inode of the network namespace's file; 0 when the namespace is gone. */
  readonly netns: { readonly netnsIno: number };
  readonly xdp: { readonly ifindex: number };
  readonly perf_event: PerfEventDetails;
  /** `flags` has 1 when the program runs on return; `missed` counts hits while it ran already. */
  readonly kprobe_multi: {
    readonly count: number;
    readonly flags: number;
    readonly missed: bigint;
  };
  readonly struct_ops: { readonly mapId: MapId };
  readonly netfilter: {
    readonly pf: number;
    readonly hooknum: number;
    readonly priority: number;
    readonly flags: number;
  };
  readonly tcx: { readonly ifindex: number };
  readonly uprobe_multi: {
    readonly path: string;
    readonly count: number;
    readonly flags: number;
    readonly pid: number;
  };
  readonly netkit: { readonly ifindex: number };
  readonly sockmap: { readonly mapId: MapId };
}

/** What an iterator walks over, and within which bounds. */
export interface IterDetails {
  /** `task`, `bpf_map_elem`… */
  readonly targetName: string;
  /** The map whose elements it walks over. */
  readonly mapId?: MapId;
  /** Where it starts among control groups, and in which order it goes (`enum bpf_cgroup_iter_order`). */
  readonly cgroupId?: bigint;
  readonly order?: number;
  /** Only this thread or process; 0 for all. */
  readonly tid?: number;
  readonly pid?: number;
}

/** What a perf event is, by `event`. Minimum kernel 6.6; before that `event` is `unspec` and nothing else is there. */
export type PerfEventDetails =
  | { readonly event: "unspec" }
  | {
      readonly event: "kprobe" | "kretprobe";
      readonly funcName: string;
      readonly offset: number;
      readonly addr: bigint;
      readonly missed: bigint;
      readonly cookie: bigint;
    }
  | {
      readonly event: "uprobe" | "uretprobe";
      readonly fileName: string;
      readonly offset: number;
      readonly cookie: bigint;
      readonly refCtrOffset: bigint;
    }
  | { readonly event: "tracepoint"; readonly tpName: string; readonly cookie: bigint }
  | {
      readonly event: "event";
      readonly type: number;
      readonly config: bigint;
      readonly cookie: bigint;
    };

/** Kind of a link: `enum bpf_link_type`. */
export type LinkType = keyof LinkDetails;

/** Any of the details by its name, for code that does not look at the kind. */
type AnyDetail = Readonly<Record<string, number | bigint | string | undefined>>;

interface LinkInfoOf<Type extends string, Details> {
  readonly kind: "link";
  readonly id: LinkId;
  readonly type: Type;
  /** The program it runs; 0 for links of `struct_ops`, which run those of their map. */
  readonly programId: ProgramId;
  readonly attachType: AttachType | undefined;
  readonly details: Details & AnyDetail;
}

/** A link. `type` tells which details there are; kinds this library does not know are `type 99`, without details. */
export type LinkInfo =
  | { [Type in LinkType]: LinkInfoOf<Type, LinkDetails[Type]> }[LinkType]
  | LinkInfoOf<`type ${number}`, unknown>;
