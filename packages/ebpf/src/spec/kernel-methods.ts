/**
 * The methods of map specs, as prototypes: one object of methods for each kind of map.
 *
 * Each method only hands the map and its arguments to what plays the kernel (kernel-side.ts). A spec stays frozen data
 * of its own properties; methods are not among them.
 * @module
 */
import {
  type HelperFlags,
  type KernelUpdateMode,
  kernelSide,
  type RingQuery,
  type RingWakeup,
} from "./kernel-side.ts";
import type { MapSpec } from "./map-spec.ts";
import type { MapType } from "./words.ts";

type Methods = Readonly<Record<string, (this: MapSpec, ...given: never[]) => unknown>>;

/** The spec `data`, frozen, with the methods of its type. */
export function withKernelMethods<Data extends { readonly type: MapType }>(data: Data): Data {
  const spec: object = Object.create(prototypes[data.type]);
  Object.defineProperties(spec, Object.getOwnPropertyDescriptors(data));
  return Object.freeze(spec) as Data;
}

const keyed: Methods = {
  lookup(key: unknown) {
    return kernelSide().lookup(this, key);
  },
  update(key: unknown, value: unknown, mode: KernelUpdateMode = "any") {
    return kernelSide().update(this, key, value, mode);
  },
  delete(key: unknown) {
    return kernelSide().delete(this, key);
  },
};

const indexed: Methods = { lookup: keyed["lookup"]!, update: keyed["update"]! };

const perCpu: Methods = {
  lookupPercpu(key: unknown, cpu: number) {
    return kernelSide().lookupPercpu(this, key, cpu);
  },
};

const ring: Methods = {
  reserve() {
    return kernelSide().reserve(this);
  },
  submit(event: unknown, wakeup: RingWakeup = "auto") {
    kernelSide().submit(this, event, wakeup);
  },
  discard(event: unknown, wakeup: RingWakeup = "auto") {
    kernelSide().discard(this, event, wakeup);
  },
  output(event: unknown, wakeup: RingWakeup = "auto") {
    return kernelSide().output(this, event, wakeup);
  },
  outputBytes(memory: object, length: number, wakeup: RingWakeup = "auto") {
    return kernelSide().outputBytes(this, memory, length, wakeup);
  },
  query(what: RingQuery) {
    return kernelSide().query(this, what);
  },
};

const perfEvents: Methods = {
  output(context: unknown, event: unknown) {
    return kernelSide().perfOutput(this, context, event);
  },
  outputBytes(context: unknown, memory: object, length: number) {
    return kernelSide().perfOutputBytes(this, context, memory, length);
  },
};

const queue: Methods = {
  push(value: unknown, mode: KernelUpdateMode = "any") {
    return kernelSide().push(this, value, mode);
  },
  pop() {
    return kernelSide().pop(this);
  },
  peek() {
    return kernelSide().peek(this);
  },
};

const bloom: Methods = {
  push: queue["push"]!,
  mayHave(value: unknown) {
    return kernelSide().mayHave(this, value);
  },
};

const stackTrace: Methods = {
  getId(context: unknown, flags: HelperFlags = 0) {
    return kernelSide().getId(this, context, flags);
  },
};

const programs: Methods = {
  tailCall(context: unknown, index: number) {
    kernelSide().tailCall(this, context, index);
  },
};

const redirect: Methods = {
  redirect(key: number, flags: HelperFlags = 0) {
    return kernelSide().redirect(this, key, flags);
  },
};

const sockets: Methods = {
  redirectSkb(skb: unknown, key: unknown, flags: HelperFlags = 0) {
    return kernelSide().redirectSkb(this, skb, key, flags);
  },
  redirectMsg(msg: unknown, key: unknown, flags: HelperFlags = 0) {
    return kernelSide().redirectMsg(this, msg, key, flags);
  },
  addSocket(ops: unknown, key: unknown, mode: KernelUpdateMode = "any") {
    return kernelSide().addSocket(this, ops, key, mode);
  },
  lookup: keyed["lookup"]!,
  delete: keyed["delete"]!,
};

const cgroups: Methods = {
  skbUnder(skb: unknown, index: number) {
    return kernelSide().skbUnder(this, skb, index);
  },
  currentTaskUnder(index: number) {
    return kernelSide().currentTaskUnder(this, index);
  },
};

const storage: Methods = {
  get(owner: unknown) {
    return kernelSide().get(this, owner);
  },
  getOrCreate(owner: unknown, initial?: unknown) {
    return kernelSide().getOrCreate(this, owner, initial);
  },
  deleteOf(owner: unknown) {
    return kernelSide().deleteOf(this, owner);
  },
};

const outer: Methods = { lookup: keyed["lookup"]! };

const none: Methods = {};

const prototypes: { readonly [Type in MapType]: Methods } = {
  hash: keyed,
  lru_hash: keyed,
  percpu_hash: { ...keyed, ...perCpu },
  lru_percpu_hash: { ...keyed, ...perCpu },
  array: indexed,
  percpu_array: { ...indexed, ...perCpu },
  lpm_trie: keyed,
  ringbuf: ring,
  user_ringbuf: none,
  queue,
  stack: queue,
  bloom_filter: bloom,
  stack_trace: stackTrace,
  prog_array: programs,
  devmap: redirect,
  devmap_hash: redirect,
  cpumap: redirect,
  xskmap: redirect,
  sockmap: sockets,
  sockhash: sockets,
  cgroup_array: cgroups,
  sk_storage: storage,
  task_storage: storage,
  inode_storage: storage,
  cgrp_storage: storage,
  array_of_maps: outer,
  hash_of_maps: outer,
  perf_event_array: perfEvents,
  reuseport_sockarray: none,
  cgroup_storage: none,
  percpu_cgroup_storage: none,
  struct_ops: none,
  arena: none,
  insn_array: none,
  rhash: keyed,
};
