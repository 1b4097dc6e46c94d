/**
 * What the kernel tells of a loaded object: `struct bpf_map_info`, `bpf_prog_info` and `bpf_btf_info`
 * of include/uapi/linux/bpf.h, as plain data.
 * @module
 */
import type { MapFlag, MapType, ProgramType } from "../spec/words.ts";
import type { RecordTable } from "./commands.ts";
import type { BtfId, MapId, ProgramId } from "./handle.ts";
import type { LinkInfo } from "./link-info.ts";

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
  /** Flags it was created with; those that only say how this process may use it are not among them. */
  readonly flags: readonly MapFlag[];
  /** Interface it is offloaded to, and the network namespace that one is in; 0 for maps in the kernel's memory. */
  readonly interfaceIndex: number;
  readonly netNamespace: NamespaceFile;
  /** BTF that describes key and value; 0 without. */
  readonly btfId: BtfId;
  readonly btfKeyTypeId: number;
  readonly btfValueTypeId: number;
  /** For `struct_ops`: the kernel's or module's BTF, and the type in it. */
  readonly btfVmlinuxId: BtfId;
  readonly btfVmlinuxValueTypeId: number;
  readonly mapExtra: bigint;
}

/** A namespace by the file that stands for it: device and inode of `/proc/PID/ns/net`; both 0 when there is none. */
export interface NamespaceFile {
  readonly device: bigint;
  readonly inode: bigint;
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
  readonly netNamespace: NamespaceFile;
  readonly btfId: BtfId;
  readonly attachBtfObjectId: BtfId;
  readonly attachBtfTypeId: number;
  /** Counted while statistics are on (`enableStats`). */
  readonly runTimeNs: bigint;
  readonly runCount: bigint;
  readonly recursionMisses: bigint;
  readonly verifiedInstructions: number;
  /** Only when asked for. */
  readonly contents?: ProgramContents;
}

/** What a program consists of by now, as the kernel has it. */
export interface ProgramContents {
  /** Instructions after verification, with what the kernel has put into them; empty where this user may not see them. */
  readonly translated: Uint8Array;
  /**
   * Machine code, function behind function; empty without JIT, or where this user may not see it
   * (`kernel.kptr_restrict`).
   */
  readonly jited: Uint8Array;
  /** In the order of `jited` and of {@link functionInfo}. Addresses and sizes are 0 where they may not be seen. */
  readonly functions: readonly ProgramFunction[];
  /** `struct bpf_func_info` and `struct bpf_line_info`; names and texts are in the program's BTF. */
  readonly functionInfo: RecordTable;
  readonly lineInfo: RecordTable;
  /** Where the machine code of each record of {@link lineInfo} begins. */
  readonly lineAddresses: readonly bigint[];
}

/** A function of a loaded program. */
export interface ProgramFunction {
  readonly address: bigint;
  readonly sizeBytes: number;
  /** Hash of its instructions, 16 hexadecimal digits. */
  readonly tag: string;
}

/** A loaded BTF object. */
export interface BtfInfo {
  readonly kind: "btf";
  readonly id: BtfId;
  /** `vmlinux`, the module's name, or empty for BTF of a program. */
  readonly name: string;
  readonly sizeBytes: number;
  readonly kernelBtf: boolean;
  /** The BTF itself, only when asked for. */
  readonly contents?: Uint8Array;
}
