/**
 * Helpers on options in headers of TCP, for programs at socket operations (net/core/filter.c): looked for in a segment that
 * came in, and put into one that goes out.
 * @module
 */
import { errno } from "../../kernel/errno.ts";
import type { Core } from "../core.ts";
import { failed } from "../errno.ts";
import type { Machine } from "../vm/machine.ts";
import { type HelperGroup, readable, u32Of, u64Of, writable } from "./context.ts";

/** The header of TCP that socket operations are about. */
export interface SegmentHeader {
  /** Room for the longest one there can be, of which `length` bytes are in use. */
  readonly bytes: Uint8Array;
  length: number;
  /** The header of the connection's first segment, where it was kept. */
  readonly syn: Uint8Array | undefined;
  /** Bytes that may still be reserved or written. */
  room: number;
}

/** Bytes of a header without options. */
export const leastHeader = 20;
/** Bytes of one with as many as there can be. */
export const mostHeader = 60;

/** BPF_SOCK_OPS_HDR_OPT_LEN_CB and BPF_SOCK_OPS_WRITE_HDR_OPT_CB. */
const [reserving, writing] = [14, 15];
/** BPF_LOAD_HDR_OPT_TCP_SYN. */
const fromSyn = 1n;
/** Kinds of options: the end, a filler, and two for experiments, which are told apart by what follows. */
const [endOption, filler] = [0, 1];
const experiments: readonly number[] = [253, 254];
const notThere = -errno.ENOMSG;

/** Where an option of a kind starts, with `magic` behind its length; a negated errno when it is not there. */
function placeOf(options: Uint8Array, kind: number, magic: Uint8Array): number {
  for (let at = 0; at < options.length;) {
    const found = options[at]!;
    if (found === endOption) return notThere;
    const length = found === filler ? 1 : (options[at + 1] ?? 0);
    if (found !== filler && (length < 2 || at + length > options.length)) return failed.fault;
    const isMeant =
      found === kind &&
      magic.length <= length - 2 &&
      magic.every((byte, index) => options[at + 2 + index] === byte);
    if (isMeant) return at;
    at += length;
  }
  return notThere;
}

function operationOf({ memory, types, current }: Core): number {
  const { offset } = types.contexts.member("bpf_sock_ops", "op");
  return Number(memory.load(current.context + BigInt(offset), 4));
}

/** The options that a program looks through; a negated errno when there are none for it. */
function optionsFor(core: Core, flags: bigint): Uint8Array | number {
  const { segment } = core.current;
  if (flags === fromSyn) return segment?.syn?.subarray(leastHeader) ?? failed.noEntry;
  if (segment === undefined || operationOf(core) === reserving) return failed.noPermission;
  return segment.bytes.subarray(leastHeader, segment.length);
}

function load(machine: Machine, core: Core): number {
  const [size, flags] = [u32Of(machine, 3), u64Of(machine, 4)];
  if (size < 2 || (flags & ~fromSyn) !== 0n) return failed.invalid;
  const target = writable(machine, 2, size);
  const [kind, length] = [target[0]!, target[1]!];
  if (length > size || kind === endOption || kind === filler) return failed.invalid;
  const isExperiment = experiments.includes(kind);
  if (isExperiment ? length !== 4 && length !== 6 : length !== 0) return failed.invalid;
  const options = optionsFor(core, flags);
  if (typeof options === "number") return options;
  const at = placeOf(options, kind, target.slice(2, isExperiment ? length : 2));
  if (at < 0) return at;
  const found = options.subarray(at, at + options[at + 1]!);
  target.set(found.subarray(0, size));
  return found.length > size ? failed.noSpace : found.length;
}

function store(machine: Machine, core: Core): number {
  const [size, flags] = [u32Of(machine, 3), u64Of(machine, 4)];
  const { segment } = core.current;
  if (segment === undefined || operationOf(core) !== writing) return failed.noPermission;
  if (size < 2 || flags !== 0n) return failed.invalid;
  const option = readable(machine, 2, size);
  const [kind, length] = [option[0]!, option[1]!];
  if (length > size || kind === endOption || kind === filler) return failed.invalid;
  if (length > segment.room) return failed.noSpace;
  const isExperiment = experiments.includes(kind);
  if (isExperiment && length < 4) return failed.invalid;
  const options = segment.bytes.subarray(leastHeader, segment.length);
  const at = placeOf(options, kind, option.subarray(2, isExperiment ? 4 : 2));
  if (at >= 0) return failed.exists;
  if (at !== notThere) return at;
  if (hasEnded(options)) return failed.noSpace;
  segment.bytes.set(option.subarray(0, length), segment.length);
  segment.length += length;
  segment.room -= length;
  return 0;
}

/** Whether the options say that no more follow. */
function hasEnded(options: Uint8Array): boolean {
  for (let at = 0; at < options.length;) {
    if (options[at] === endOption) return true;
    at += options[at] === filler ? 1 : options[at + 1]!;
  }
  return false;
}

function reserve(machine: Machine, core: Core): number {
  const [length, flags] = [u32Of(machine, 2), u64Of(machine, 3)];
  const { segment } = core.current;
  if (segment === undefined || operationOf(core) !== reserving) return failed.noPermission;
  if (flags !== 0n || length < 2) return failed.invalid;
  if (length > segment.room) return failed.noSpace;
  segment.room -= length;
  return 0;
}

/** Options of TCP. */
export const headerOptionHelpers: HelperGroup = {
  load_hdr_opt: load,
  store_hdr_opt: store,
  reserve_hdr_opt: reserve,
};
