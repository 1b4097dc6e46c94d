/**
 * What programs do with maps: the side of a map spec that only means something inside of a kernel program.
 *
 * The compiler turns `counts.lookup(key)` into instructions; called as plain JavaScript, as in a unit test, the call
 * comes here and is handed to whatever plays the kernel. Nothing plays it until {@link installKernelSide} is called:
 * then every operation throws. What the operations mean is the business of those two, not of this file.
 * @module
 */
import { InvalidArgumentError } from "../base/errors.ts";
import type { WithOpaque } from "../layout/layout.ts";
import type { MapSpec } from "./map-spec.ts";

/** When an update may happen: `any` (the default) creates or replaces, `noexist` only creates, `exist` only replaces. */
export type KernelUpdateMode = "any" | "noexist" | "exist";

/** Whether readers are woken: as they need (`auto`, the default), `no_wakeup` or `force_wakeup`. */
export type RingWakeup = "auto" | "no_wakeup" | "force_wakeup";

/** What a program can ask of a ring buffer: `BPF_RB_…` of include/uapi/linux/bpf.h. */
export type RingQuery = "avail_data" | "ring_size" | "cons_pos" | "prod_pos";

/** Flags of a helper, as its bits; 0 when left out. */
export type HelperFlags = number | bigint;

/** What a place in the kernel's memory holds, and programs may read and write: fields of a struct, `value` of others. */
export type Ref<Value> = Value extends Plain ? { value: Value } : Mutable<Value>;

/** The value with everything in it open for writing, and with the locks and timers that user space does not see. */
export type Mutable<Value> = Value extends Plain
  ? Value
  : { -readonly [Name in keyof Value]: Mutable<Value[Name]> } & OpaqueFields<Value>;

type OpaqueFields<Value> =
  Value extends WithOpaque<infer Names>
    ? string extends Names
      ? unknown
      : { readonly [Name in Names]: object }
    : unknown;

/** Values without fields. */
type Plain = number | bigint | boolean | string | Uint8Array | undefined;

/** An event in a ring buffer that is being written. `using` discards it when it was not submitted. */
export type Reserved<Event> = Ref<Event> & Disposable;

/**
 * All operations of programs on maps, by the names of the methods of map specs; the first argument is the map.
 * Results that are numbers are 0, or a negated errno.
 */
export interface KernelSide {
  /** The element's place in memory (of this CPU, for per-CPU maps); the inner map, for maps of maps. */
  readonly lookup: (map: MapSpec, key: unknown) => unknown;
  readonly lookupPercpu: (map: MapSpec, key: unknown, cpu: number) => unknown;
  readonly update: (map: MapSpec, key: unknown, value: unknown, mode: KernelUpdateMode) => number;
  readonly delete: (map: MapSpec, key: unknown) => number;

  readonly reserve: (ring: MapSpec) => unknown;
  readonly submit: (ring: MapSpec, event: unknown, wakeup: RingWakeup) => void;
  readonly discard: (ring: MapSpec, event: unknown, wakeup: RingWakeup) => void;
  readonly output: (ring: MapSpec, value: unknown, wakeup: RingWakeup) => number;
  readonly outputBytes: (
    ring: MapSpec,
    memory: object,
    length: number,
    wakeup: RingWakeup,
  ) => number;
  readonly query: (ring: MapSpec, what: RingQuery) => bigint;

  /** Perf buffers: into the ring of this CPU. */
  readonly perfOutput: (map: MapSpec, context: unknown, value: unknown) => number;
  readonly perfOutputBytes: (
    map: MapSpec,
    context: unknown,
    memory: object,
    length: number,
  ) => number;

  /** Queues and stacks; with `exist` the oldest value makes room. For Bloom filters: remembers the value. */
  readonly push: (map: MapSpec, value: unknown, mode: KernelUpdateMode) => number;
  readonly pop: (map: MapSpec) => unknown;
  readonly peek: (map: MapSpec) => unknown;
  /** Bloom filters: whether the value may have been pushed. */
  readonly mayHave: (map: MapSpec, value: unknown) => boolean;

  /** Number of the stack of the current task in a map of stack traces; a negated errno without one. */
  readonly getId: (map: MapSpec, context: unknown, flags: HelperFlags) => number;
  /** Does not return when there is a program at `index`. */
  readonly tailCall: (map: MapSpec, context: unknown, index: number) => void;

  /** Maps of devices, CPUs and AF_XDP sockets: an action of XDP. */
  readonly redirect: (map: MapSpec, key: number, flags: HelperFlags) => number;
  /** Maps of sockets: SK_PASS or SK_DROP. */
  readonly redirectSkb: (map: MapSpec, skb: unknown, key: unknown, flags: HelperFlags) => number;
  readonly redirectMsg: (map: MapSpec, msg: unknown, key: unknown, flags: HelperFlags) => number;
  /** Maps of sockets, in socket operations: adds the socket of `ops`. */
  readonly addSocket: (map: MapSpec, ops: unknown, key: unknown, mode: KernelUpdateMode) => number;

  /** Maps of cgroups: 1 when the socket of `skb`, or the current task, is below the cgroup at `index`, 0 when not. */
  readonly skbUnder: (map: MapSpec, skb: unknown, index: number) => number;
  readonly currentTaskUnder: (map: MapSpec, index: number) => number;

  /** Storage that belongs to `owner`, a kernel object. */
  readonly get: (map: MapSpec, owner: unknown) => unknown;
  /** The same, made when it is not there: of `initial`, or zeros. */
  readonly getOrCreate: (map: MapSpec, owner: unknown, initial: unknown) => unknown;
  readonly deleteOf: (map: MapSpec, owner: unknown) => number;
}

/** Elements found by key. */
export interface ElementMethods<Key, Value> {
  /** The element at `key`, as it lies in the map: writing to it changes the map. `undefined` when there is none. */
  lookup(key: Key): Ref<Value> | undefined;
  /** Stores a copy of `value`: 0, or a negated errno (-ENOSPC or -E2BIG: full). */
  update(key: Key, value: Value, mode?: KernelUpdateMode): number;
  /** Removes the element: 0, or -ENOENT. */
  delete(key: Key): number;
}

/** Elements of an array, which are always there. */
export type IndexedMethods<Value> = Omit<ElementMethods<number, Value>, "delete">;

/** Elements with one value per CPU: `lookup` and `update` mean the one of the CPU the program runs on. */
export interface PerCpuMethods<Key, Value> {
  /** The value of another CPU. Minimum kernel 5.18. */
  lookupPercpu(key: Key, cpu: number): Ref<Value> | undefined;
}

/** Writing events. */
export interface RingbufMethods<Event> {
  /**
   * Room for one event, whose bytes are anything until they are written; `undefined` when the ring is full. It must
   * be submitted or discarded; with `using` it is discarded where it was not submitted.
   */
  reserve(): Reserved<Event> | undefined;
  submit(event: Ref<Event>, wakeup?: RingWakeup): void;
  discard(event: Ref<Event>, wakeup?: RingWakeup): void;
  /** Writes a copy of `event`: 0, or -EAGAIN when the ring is full. */
  output(event: Event, wakeup?: RingWakeup): number;
  /**
   * Writes the first `length` bytes of `memory`, a struct, a map value or bytes: an event of varying length, which starts
   * with what the layout says. 0, or -EAGAIN when the ring is full.
   */
  outputBytes(memory: object, length: number, wakeup?: RingWakeup): number;
  query(what: RingQuery): bigint;
}

/** Writing events into the ring of the CPU that a program runs on. */
export interface PerfEventArrayMethods<Event> {
  /**
   * Writes a copy of `event`; `context` is the program's own. 0, or a negated errno: -ENOSPC when the ring is full,
   * -ENOENT when nobody reads this CPU's.
   */
  output(context: object, event: Event): number;
  /**
   * Writes the first `length` bytes of `memory`, a struct, a map value or bytes: an event of varying length, which starts
   * with what the layout says.
   */
  outputBytes(context: object, memory: object, length: number): number;
}

/** Queues (first in, first out) and stacks (last in, first out). */
export interface QueueMethods<Value> {
  /** Adds a value: 0, or -E2BIG when there is no room. With `exist` the oldest one makes room. */
  push(value: Value, mode?: "any" | "exist"): number;
  /** Takes out the next value; `undefined` when there is none. */
  pop(): Value | undefined;
  /** The next value, which stays. */
  peek(): Value | undefined;
}

/** Bloom filters. */
export interface BloomMethods<Value> {
  /** Remembers `value`: 0, or a negated errno. */
  push(value: Value): number;
  /** Whether `value` may have been pushed: false is certain. */
  mayHave(value: Value): boolean;
}

/** Stack traces. */
export interface StackTraceMethods {
  /** Number of the current stack in the map, from 0; a negated errno without one. Flags: `BPF_F_USER_STACK`… */
  getId(context: object, flags?: HelperFlags): number;
}

/** Programs to go on with. */
export interface ProgArrayMethods {
  /** Goes on with the program at `index`, and does not come back; comes back when there is none. */
  tailCall(context: object, index: number): void;
}

/** Places that XDP sends packets to. */
export interface RedirectMethods {
  /** Sends the packet there: an action to return. The low bits of `flags` are the action when nothing is there. */
  redirect(key: number, flags?: HelperFlags): number;
}

/** Sockets. */
export interface SocketMethods<Key> {
  /** Sends a packet of a `sk_skb` program to the socket at `key`: SK_PASS, or SK_DROP when there is none. */
  redirectSkb(skb: object, key: Key, flags?: HelperFlags): number;
  /** Sends the message of a `sk_msg` program to the socket at `key`. */
  redirectMsg(msg: object, key: Key, flags?: HelperFlags): number;
  /** Adds the socket of a `sock_ops` program at `key`: 0, or a negated errno. */
  addSocket(ops: object, key: Key, mode?: KernelUpdateMode): number;
  /** The socket at `key`, which the program must release (`bpf.skRelease`). Minimum kernel 5.9. */
  // oxlint-disable-next-line typescript/no-explicit-any -- a kernel pointer; its type comes from the kernel's BTF
  lookup(key: Key): any;
  delete(key: Key): number;
}

/** Control groups. */
export interface CgroupArrayMethods {
  /** 1 when the socket of `skb` belongs to the cgroup at `index` or below it, 0 when not, or a negated errno. */
  skbUnder(skb: object, index: number): number;
  /** The same for the task that is running. */
  currentTaskUnder(index: number): number;
}

/** Storage that lives and dies with a kernel object. */
export interface StorageMethods<Value> {
  /** What `owner` has; `undefined` when it has none yet. */
  get(owner: object): Ref<Value> | undefined;
  /** The same, made of `initial` (zeros when left out) when there is none; `undefined` without memory. */
  getOrCreate(owner: object, initial?: Value): Ref<Value> | undefined;
  /** Removes it: 0, or -ENOENT. */
  deleteOf(owner: object): number;
}

/** Maps found by key. */
export interface OuterMethods<Key, Inner> {
  /** The map at `key`; `undefined` when there is none. */
  lookup(key: Key): Inner | undefined;
}

let current: KernelSide | undefined;

/** What plays the kernel for kernel code that is called as JavaScript. */
export function kernelSide(): KernelSide {
  return current ?? absent;
}

/** Makes `played` play the kernel; returns what did before. `undefined`: nothing does, operations throw. */
export function installKernelSide(played: KernelSide | undefined): KernelSide | undefined {
  const before = current;
  current = played;
  return before;
}

/** @throws {InvalidArgumentError} always. */
function refuse(operation: string): (map: MapSpec) => never {
  return ({ name }) => {
    throw new InvalidArgumentError(
      `${operation} of map "${name}" was called outside of a kernel program`,
      {
        hint: 'call it in a function marked "use bpf"; user space uses the loaded map, such as loaded.counts.get(key)',
      },
    );
  };
}

const absent: KernelSide = {
  lookup: refuse("lookup"),
  lookupPercpu: refuse("lookupPercpu"),
  update: refuse("update"),
  delete: refuse("delete"),
  reserve: refuse("reserve"),
  submit: refuse("submit"),
  discard: refuse("discard"),
  output: refuse("output"),
  outputBytes: refuse("outputBytes"),
  query: refuse("query"),
  perfOutput: refuse("output"),
  perfOutputBytes: refuse("outputBytes"),
  push: refuse("push"),
  pop: refuse("pop"),
  peek: refuse("peek"),
  mayHave: refuse("mayHave"),
  getId: refuse("getId"),
  tailCall: refuse("tailCall"),
  redirect: refuse("redirect"),
  redirectSkb: refuse("redirectSkb"),
  redirectMsg: refuse("redirectMsg"),
  addSocket: refuse("addSocket"),
  skbUnder: refuse("skbUnder"),
  currentTaskUnder: refuse("currentTaskUnder"),
  get: refuse("get"),
  getOrCreate: refuse("getOrCreate"),
  deleteOf: refuse("deleteOf"),
};
