/**
 * The commands of bpf(2) with their attributes and results, typed.
 *
 * Names are the uapi's (`union bpf_attr` and `enum bpf_cmd` in include/uapi/linux/bpf.h, Linux 6.18 and 7.0) in camel
 * case. Three translations, made by each kernel: a descriptor is a {@link Handle} and its `_fd` suffix is dropped, a
 * constant or flag is the kernel's word for it in lower case, and a pointer with a length is a `Uint8Array`.
 * Attributes left out are zero, as the kernel wants unused ones.
 * @module
 */
import type { NetfilterHook } from "../spec/network-target.ts";
import type { IterOrder } from "../spec/program-spec.ts";
import type { AttachType, MapFlag, MapType, ProgramFlag, ProgramType } from "../spec/words.ts";
import type { BtfId, Handle, LinkId, MapId, ProgramId } from "./handle.ts";
import type { ObjectInfo } from "./info.ts";
import type { LookupMode, UpdateMode } from "./kernel.ts";

/** Name of a command of bpf(2). */
export type Command = keyof Commands;
/** Attributes of one command. */
export type CommandAttributes<C extends Command> = Commands[C][0];
/** Result of one command. */
export type CommandResult<C extends Command> = Commands[C][1];

/** Every command: its attributes and what it returns. */
export interface Commands {
  readonly mapCreate: [MapCreate, Handle];
  readonly mapLookupElem: [MapLookup, void];
  readonly mapUpdateElem: [MapUpdate, void];
  readonly mapDeleteElem: [Pick<MapUpdate, "map" | "key">, void];
  readonly mapGetNextKey: [MapNextKey, void];
  readonly mapLookupAndDeleteElem: [MapElement & { readonly flags?: LookupMode }, void];
  readonly mapFreeze: [{ readonly map: Handle }, void];
  readonly mapLookupBatch: [MapReadBatch, BatchResult];
  readonly mapLookupAndDeleteBatch: [MapReadBatch, BatchResult];
  readonly mapUpdateBatch: [MapWriteBatch, BatchResult];
  readonly mapDeleteBatch: [Omit<MapWriteBatch, "values">, BatchResult];
  readonly progLoad: [ProgLoad, Handle];
  readonly progAttach: [ProgAttach, void];
  readonly progDetach: [ProgDetach, void];
  readonly progTestRun: [ProgTestRun, ProgTestRunResult];
  readonly progQuery: [ProgQuery, ProgQueryResult];
  /** Minimum kernel 7.0. */
  readonly progAssocStructOps: [{ readonly prog: Handle; readonly map: Handle }, void];
  readonly progBindMap: [{ readonly prog: Handle; readonly map: Handle }, void];
  readonly progStreamReadByFd: [
    { readonly prog: Handle; readonly streamId: "stdout" | "stderr"; readonly buffer: Uint8Array },
    { readonly length: number },
  ];
  readonly rawTracepointOpen: [RawTracepointOpen, Handle];
  readonly btfLoad: [BtfLoad, Handle];
  readonly taskFdQuery: [{ readonly pid: number; readonly fd: number }, TaskFdQueryResult];
  readonly objPin: [ObjPin, void];
  readonly objGet: [ObjGet, Handle];
  readonly objGetInfoByFd: [ObjGetInfo, ObjectInfo];
  readonly progGetNextId: [{ readonly startId: number }, ProgramId | undefined];
  readonly mapGetNextId: [{ readonly startId: number }, MapId | undefined];
  readonly btfGetNextId: [{ readonly startId: number }, BtfId | undefined];
  readonly linkGetNextId: [{ readonly startId: number }, LinkId | undefined];
  readonly progGetFdById: [{ readonly id: ProgramId }, Handle];
  readonly mapGetFdById: [{ readonly id: MapId; readonly access?: PinAccess }, Handle];
  readonly btfGetFdById: [{ readonly id: BtfId; readonly token?: Handle }, Handle];
  readonly linkGetFdById: [{ readonly id: LinkId }, Handle];
  readonly linkCreate: [LinkCreate, Handle];
  readonly linkUpdate: [LinkUpdate, void];
  readonly linkDetach: [{ readonly link: Handle }, void];
  readonly iterCreate: [{ readonly link: Handle }, Handle];
  readonly enableStats: [{ readonly type: "run_time" }, Handle];
  readonly tokenCreate: [{ readonly bpffs: Handle }, Handle];
}

/** Attributes of `mapCreate`. Flags that only say that another attribute is given are set along with it. */
export interface MapCreate {
  readonly mapType: MapType;
  readonly keySize: number;
  readonly valueSize: number;
  readonly maxEntries: number;
  readonly mapFlags?: readonly MapFlag[];
  readonly innerMap?: Handle;
  readonly numaNode?: number;
  /** At most 15 bytes of letters, digits, `_` and `.`. */
  readonly mapName?: string;
  readonly mapIfindex?: number;
  readonly btf?: Handle;
  readonly btfKeyTypeId?: number;
  readonly btfValueTypeId?: number;
  readonly btfVmlinuxValueTypeId?: number;
  readonly mapExtra?: bigint;
  readonly valueTypeBtfObj?: Handle;
  readonly mapToken?: Handle;
  readonly exclProgHash?: Uint8Array;
}

/** Attributes that name an element by its key. */
export interface MapKey {
  readonly map: Handle;
  readonly key: Uint8Array;
}

/** Attributes that name an element and where its value is or goes. */
export interface MapElement extends MapKey {
  readonly value: Uint8Array;
}

/**
 * Words of 4 bytes each, of which a handle becomes its descriptor: keys and values of maps that hold kernel objects.
 */
export type ElementWords = readonly (Handle | number)[];

/** Attributes of updates, where a kernel object may be a value, and of local storage also a key. */
export interface MapUpdate {
  readonly map: Handle;
  readonly key: Uint8Array | ElementWords;
  readonly value: Uint8Array | ElementWords;
  readonly flags?: UpdateMode;
  /** In per-CPU maps: `value` is that of this CPU only, or one for all of them. Minimum kernel 7.0. */
  readonly cpu?: number | "all" | undefined;
}

/** Attributes of lookups, where a kernel object may be the key. */
export interface MapLookup {
  readonly map: Handle;
  readonly key: Uint8Array | ElementWords;
  readonly value: Uint8Array;
  readonly flags?: LookupMode;
  /** In per-CPU maps: only the value of this CPU is wanted. Minimum kernel 7.0. */
  readonly cpu?: number | undefined;
}

/** Attributes of `mapGetNextKey`; without `key` the first key is asked for. */
export interface MapNextKey {
  readonly map: Handle;
  readonly key?: Uint8Array | undefined;
  readonly nextKey: Uint8Array;
}

/** Attributes of the batches that read. */
export interface MapReadBatch {
  readonly map: Handle;
  /** Where to go on: `outBatch` of the batch before; left out for the first one. */
  readonly inBatch?: Uint8Array | undefined;
  readonly outBatch: Uint8Array;
  readonly keys: Uint8Array;
  readonly values: Uint8Array;
  /** Elements that fit. */
  readonly count: number;
  readonly elemFlags?: LookupMode;
}

/** Attributes of the batches that write. */
export interface MapWriteBatch {
  readonly map: Handle;
  readonly keys: Uint8Array;
  readonly values: Uint8Array;
  readonly count: number;
  readonly elemFlags?: UpdateMode;
}

/** What a batch did. */
export interface BatchResult {
  /** Elements moved. Not zero after a failure half-way: see {@link error}. */
  readonly count: number;
  /** Whether a reading batch has reached the end of the map. */
  readonly done: boolean;
  /** Why the batch stopped early, when it did. */
  readonly error?: Error;
}

/** Attributes of `progLoad`. */
export interface ProgLoad {
  readonly progType: ProgramType;
  /**
   * Encoded instructions. A map is named by its index in `maps`: source register 5 (value 6 for an address of a
   * value) of the wide load, as with the uapi's `fd_array`.
   */
  readonly insns: Uint8Array;
  readonly maps?: readonly Handle[];
  readonly license: string;
  readonly log?: VerifierLogBuffer | undefined;
  readonly kernVersion?: number;
  readonly progFlags?: readonly ProgramFlag[];
  readonly progName?: string;
  readonly progIfindex?: number;
  readonly expectedAttachType?: AttachType | undefined;
  /** For `struct_ops` the number of the struct's member, which goes where others say the attach type. */
  readonly structOpsMember?: number | undefined;
  readonly progBtf?: Handle | undefined;
  readonly funcInfo?: RecordTable | undefined;
  readonly lineInfo?: RecordTable | undefined;
  readonly coreRelos?: RecordTable | undefined;
  readonly attachBtfId?: number | undefined;
  readonly attachProg?: Handle | undefined;
  readonly attachBtfObj?: Handle | undefined;
  readonly progToken?: Handle;
  /** BTF of modules, named by `off` of a call of a kfunc; place 0 stands for the kernel itself and is not read. */
  readonly fdArray?: readonly Handle[] | undefined;
  /** Signature of the instructions, checked against a keyring. Minimum kernel 6.18. */
  readonly signature?: Uint8Array;
  readonly keyringId?: number;
}

/** Where the verifier writes its log. */
export interface VerifierLogBuffer {
  /** 1 tells the path to the error, 2 every state, 4 adds statistics. */
  readonly level: number;
  readonly buffer: Uint8Array;
  /**
   * Written by the call, also when it fails: bytes the whole log takes, its final zero included.
   * Stays as it was before kernel 6.4.
   */
  trueSize?: number;
}

/** Records of equal size, as BTF.ext has them. */
export interface RecordTable {
  readonly recordSize: number;
  readonly bytes: Uint8Array;
}

/** Attributes of `progAttach`. */
export interface ProgAttach {
  readonly target: Handle | number;
  readonly attachBpf: Handle;
  readonly attachType: AttachType;
  readonly attachFlags?: readonly AttachFlag[];
  /** Program that gives up its place (flag `replace` is set along). */
  readonly replaceBpf?: Handle;
  readonly anchor?: Anchor;
}

/** Flags of attachments to cgroups: whether descendants may override or add, whether to run before theirs. */
export type AttachFlag = "allow_override" | "allow_multi" | "preorder";

/**
 * Where among several programs a new one goes (minimum kernel 6.6; cgroups 6.17): before or after another program or
 * link, or without one before or after all.
 */
export interface Anchor {
  readonly place?: "before" | "after";
  readonly program?: Handle | ProgramId;
  readonly link?: Handle | LinkId;
  /** Refuses when the list has changed since it was read (`ProgQueryResult.revision`). */
  readonly expectedRevision?: bigint;
}

/** Attributes of `progDetach`. */
export interface ProgDetach {
  readonly target: Handle | number;
  readonly attachBpf?: Handle;
  readonly attachType: AttachType;
  readonly anchor?: Anchor;
}

/** Attributes of `progTestRun`. */
export interface ProgTestRun {
  readonly prog: Handle;
  readonly dataIn?: Uint8Array | undefined;
  /** Receives what the program left of the data. */
  readonly dataOut?: Uint8Array | undefined;
  readonly ctxIn?: Uint8Array | undefined;
  readonly ctxOut?: Uint8Array | undefined;
  /** How often to run; 0 means once. */
  readonly repeat?: number | undefined;
  readonly flags?: readonly TestRunFlag[] | undefined;
  readonly cpu?: number | undefined;
  readonly batchSize?: number | undefined;
}

/** Flags of `progTestRun`: run on one CPU, send live frames, leave the checksum reset alone. */
export type TestRunFlag = "run_on_cpu" | "xdp_live_frames" | "skb_checksum_complete";

/** What a test run found. */
export interface ProgTestRunResult {
  readonly retval: number;
  /** Mean duration of one run in nanoseconds. */
  readonly durationNs: number;
  /** Bytes the program left, even when `dataOut` was too small for them. */
  readonly dataSizeOut: number;
  readonly ctxSizeOut: number;
}

/** Attributes of `progQuery`. */
export interface ProgQuery {
  readonly target: Handle | number;
  readonly attachType: AttachType;
  readonly queryFlags?: readonly "effective"[];
}

/** Programs found at an attachment point, in the order they run. */
export interface ProgQueryResult {
  readonly programs: readonly ProgramId[];
  readonly links: readonly LinkId[];
  readonly attachFlags: readonly AttachFlag[];
  /** Changes with the list; 0 where the kernel does not count (before 6.6, cgroups before 6.17). */
  readonly revision: bigint;
}

/** Attributes of `rawTracepointOpen`; `name` is left out for BTF tracepoints and their kin. */
export interface RawTracepointOpen {
  readonly name?: string | undefined;
  readonly prog: Handle;
  readonly cookie?: bigint | undefined;
}

/** Attributes of `btfLoad`. */
export interface BtfLoad {
  readonly btf: Uint8Array;
  readonly log?: VerifierLogBuffer;
  readonly btfToken?: Handle;
}

/** What a descriptor of another process is attached to. */
export interface TaskFdQueryResult {
  readonly programId: ProgramId;
  readonly type: "raw_tracepoint" | "tracepoint" | "kprobe" | "kretprobe" | "uprobe" | "uretprobe";
  readonly name: string;
  readonly probeOffset: bigint;
  readonly probeAddress: bigint;
}

/** Attributes of `objPin`. */
export interface ObjPin {
  readonly pathname: string;
  /** Where a relative `pathname` starts. Minimum kernel 6.5. */
  readonly directory?: Handle | undefined;
  readonly object: Handle;
}

/** How an object opened by path or id may be used. */
export type PinAccess = "read-write" | "read" | "write";

/** Attributes of `objGet`. */
export interface ObjGet {
  readonly pathname: string;
  /** Where a relative `pathname` starts. Minimum kernel 6.5. */
  readonly directory?: Handle | undefined;
  /** Kind of the object expected there, which the handle will have. */
  readonly kind: "map" | "program" | "link";
  readonly access?: PinAccess | undefined;
}

/** Attributes of `objGetInfoByFd`. */
export interface ObjGetInfo {
  readonly object: Handle;
  /** Brings what programs and BTF consist of, too. */
  readonly contents?: "all";
}

/** Attributes of `linkCreate`. Which of the last group applies depends on the attach type. */
export interface LinkCreate {
  /** The program; for `struct_ops` the map. */
  readonly prog: Handle;
  /** A cgroup, network namespace, map or program; or the number of a network interface. */
  readonly target?: Handle | number | undefined;
  readonly attachType: AttachType;
  readonly flags?: readonly LinkFlag[];
  readonly targetBtfId?: number | undefined;
  /** Where an iterator walks, for those that do not walk over everything. */
  readonly iterBounds?: IterBounds | undefined;
  readonly perfEvent?: { readonly cookie: bigint };
  readonly tracing?: { readonly targetBtfId?: number; readonly cookie?: bigint };
  readonly kprobeMulti?: KprobeMulti;
  readonly uprobeMulti?: UprobeMulti;
  readonly netfilter?: NetfilterHook;
  /** For `tcx`, `netkit` and, since 6.17, cgroups. */
  readonly anchor?: Anchor;
}

/**
 * Where an iterator walks: over a map, from a control group in an order, or over the tasks of a process or one thread
 * (these minimum kernel 6.1).
 */
export type IterBounds =
  | { readonly map: Handle }
  | { readonly cgroup: Handle; readonly order: IterOrder }
  | { readonly tid: number }
  | { readonly pid: number };

/** Flags of `linkCreate`: how XDP attaches to an interface, and `preorder` for cgroups. */
export type LinkFlag = "skb_mode" | "drv_mode" | "hw_mode" | "preorder";

/** Functions of one `kprobe.multi` link: by name, or by address. */
export interface KprobeMulti {
  /** `return` runs the program when the functions return. */
  readonly flags?: readonly "return"[];
  readonly symbols?: readonly string[];
  readonly addresses?: readonly bigint[];
  readonly cookies?: readonly bigint[];
}

/** Places of one `uprobe.multi` link. */
export interface UprobeMulti {
  readonly path: string;
  readonly offsets: readonly bigint[];
  readonly refCounterOffsets?: readonly bigint[];
  readonly cookies?: readonly bigint[];
  readonly flags?: readonly "return"[];
  /** Only this process; every one when left out. */
  readonly pid?: number;
}

/** Attributes of `linkUpdate`. */
export interface LinkUpdate {
  readonly link: Handle;
  /** The program to run from now on; for a link of `struct_ops` the map. */
  readonly newProg: Handle;
  /** Refuses when the link runs another one than this. */
  readonly oldProg?: Handle;
}
