/**
 * Specification of maps of stack traces.
 * @module
 */
import { isWhole } from "../base/checks.ts";
import { array } from "../layout/array.ts";
import { bytes } from "../layout/bytes.ts";
import { s32, u32, u64 } from "../layout/integer.ts";
import type { Layout } from "../layout/layout.ts";
import { struct } from "../layout/struct.ts";
import {
  type KernelMapSpec,
  keyedMapSpec,
  type MapOptions,
  mapOptions,
  withFlag,
} from "./map-spec.ts";

/**
 * A place in a stack of a process, by the file it is in: `struct bpf_stack_build_id`. It can be looked up when the
 * process is gone, and on another machine.
 */
export interface BuildIdPlace {
  /** 0 behind the last one, 1 when the file is known, 2 when only the address is (BPF_STACK_BUILD_ID_…). */
  readonly status: number;
  /** Number of the file, from its section .note.gnu.build-id. */
  readonly buildId: Uint8Array;
  /** Bytes from the start of the file; the address, where the file is not known. */
  readonly offset: bigint;
}

/** Options of {@link stackTraceMap}. */
export interface StackTraceOptions extends MapOptions {
  /** Addresses a stack has at most; 127 when left out, what `kernel.perf_event_max_stack` allows by default. */
  readonly depth?: number;
}

const usualDepth = 127;

const buildIdPlace = struct("bpf_stack_build_id", {
  status: s32,
  buildId: bytes(20),
  offset: u64,
}) as Layout<BuildIdPlace>;

/**
 * Stacks by number: programs put the current one in with `getId`, user space reads its return addresses, the innermost
 * first, zeros behind the last. Equal stacks have one number. Minimum kernel 4.6.
 * @throws {InvalidArgumentError} when the depth is not a whole number from 1.
 */
export function stackTraceMap(
  name: string,
  size: number | StackTraceOptions,
): KernelMapSpec<"stack_trace", number, readonly bigint[]> {
  const { depth, options } = parts(name, size);
  return keyedMapSpec("stack_trace", name, { key: u32, value: array(u64, depth) }, options);
}

/**
 * Stacks of processes by number, each place as a file and where in it instead of an address: programs put the current one
 * in with `getId(ctx, BPF_F_USER_STACK)`. Flag `stack_build_id` is set along. Minimum kernel 4.17.
 * @throws {InvalidArgumentError} when the depth is not a whole number from 1.
 */
export function buildIdStackMap(
  name: string,
  size: number | StackTraceOptions,
): KernelMapSpec<"stack_trace", number, readonly BuildIdPlace[]> {
  const { depth, options } = parts(name, size);
  const value = array(buildIdPlace, depth);
  const flagged = withFlag(name, options, "stack_build_id");
  return keyedMapSpec("stack_trace", name, { key: u32, value }, flagged);
}

function parts(
  name: string,
  size: number | StackTraceOptions,
): { readonly depth: number; readonly options: MapOptions } {
  const own = { depth: isWhole({ least: 1 }) };
  const { depth = usualDepth, ...options }: StackTraceOptions = mapOptions(name, size, own);
  return { depth, options };
}
