/**
 * What the kernel tells of a loaded object: `struct bpf_map_info`, `bpf_prog_info`, `bpf_link_info` and `bpf_btf_info`
 * of include/uapi/linux/bpf.h, as plain data.
 * @module
 */
import type { AttachType, MapType, ProgramType } from "../spec/words.ts";
import type { BtfId, LinkId, MapId, ProgramId } from "./handle.ts";

/** What the kernel tells of an object; `kind` says which of the four it is. */
export type ObjectInfo = MapInfo | ProgramInfo | LinkInfo | BtfInfo;

/** A loaded map. */
export interface MapInfo {
  readonly kind: "map";
  readonly id: MapId;
  /** The kernel's word, or its number where this library does not know it. */
  readonly type: MapType | number;
  readonly name: string;
  readonly keySize: number;
  readonly valueSize: number;
  readonly maxEntries: number;
  /** Bits of `BPF_F_…`. */
  readonly flags: number;
  readonly interfaceIndex: number;
  /** BTF that describes key and value; 0 without. */
  readonly btfId: BtfId;
  readonly btfKeyTypeId: number;
  readonly btfValueTypeId: number;
  readonly btfVmlinuxValueTypeId: number;
  readonly mapExtra: bigint;
}

/** A loaded program. */
export interface ProgramInfo {
  readonly kind: "program";
  readonly id: ProgramId;
  readonly type: ProgramType | number;
  readonly name: string;
  /** Hash of the instructions, 16 hexadecimal digits. */
  readonly tag: string;
  readonly gplCompatible: boolean;
  /** Bytes of machine code and of verified instructions; 0 where this user may not see them. */
  readonly jitedLength: number;
  readonly translatedLength: number;
  /** Nanoseconds from boot to the load. */
  readonly loadTimeNs: bigint;
  readonly createdByUid: number;
  readonly mapIds: readonly MapId[];
  readonly interfaceIndex: number;
  readonly btfId: BtfId;
  readonly attachBtfObjectId: BtfId;
  readonly attachBtfTypeId: number;
  /** Counted while statistics are on (`enableStats`). */
  readonly runTimeNs: bigint;
  readonly runCount: bigint;
  readonly recursionMisses: bigint;
  readonly verifiedInstructions: number;
}

/** A link. What is particular to a kind of link is in {@link LinkInfo.details}. */
export interface LinkInfo {
  readonly kind: "link";
  readonly id: LinkId;
  readonly type: string;
  readonly programId: ProgramId;
  readonly attachType: AttachType | undefined;
  /** Numbers and names of this kind of link, by their uapi names in camel case: `{ tpName: "sched_switch" }`. */
  readonly details: Readonly<Record<string, number | bigint | string>>;
}

/** A loaded BTF object. */
export interface BtfInfo {
  readonly kind: "btf";
  readonly id: BtfId;
  /** `vmlinux`, the module's name, or empty for BTF of a program. */
  readonly name: string;
  readonly sizeBytes: number;
  readonly kernelBtf: boolean;
}
