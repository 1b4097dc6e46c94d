/**
 * Specification of maps of stack traces.
 * @module
 */
import { InvalidArgumentError } from "../base/errors.ts";
import { array } from "../layout/array.ts";
import { bytes } from "../layout/bytes.ts";
import { s32, u32, u64 } from "../layout/integer.ts";
import type { Layout } from "../layout/layout.ts";
import { struct } from "../layout/struct.ts";
import { keyedMapSpec, type KernelMapSpec, type MapOptions, withFlag } from "./map-spec.ts";

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
  const value = array(u64, depthOf(name, size));
  return keyedMapSpec("stack_trace", name, { key: u32, value }, size);
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
  const value = array(buildIdPlace, depthOf(name, size));
  return keyedMapSpec("stack_trace", name, { key: u32, value }, withFlag(size, "stack_build_id"));
}

function depthOf(name: string, size: number | StackTraceOptions): number {
  const { depth = usualDepth }: Partial<StackTraceOptions> = typeof size === "number" ? {} : size;
  if (!Number.isInteger(depth) || depth < 1) {
    throw new InvalidArgumentError(`map "${name}": stacks of ${depth} addresses`, {
      hint: "give a whole number, such as 127",
    });
  }
  return depth;
}
