/**
 * What kernel code that is called as plain JavaScript finds around it.
 *
 * The compiler turns `bpf.ktimeGetNs()` into a call of the kernel; in a test the call comes here and is handed to
 * whatever plays the kernel. Nothing plays it until {@link installEnvironment} is called (`simulate` of
 * `ts-ebpf/testing`): then everything throws, as none of it means anything in user space.
 * @module
 */
import { InvalidArgumentError } from "../../base/errors.ts";
import type { Layout } from "../../layout/layout.ts";
import type { Address } from "./helper-arguments.ts";
import type { ReadSpace } from "./read-into.ts";

/** All that builtins ask of what plays the kernel. */
export interface Environment {
  /** Calls a helper by the name programs use, `ktimeGetNs`. */
  readonly callHelper: (name: string, given: readonly unknown[]) => unknown;
  /** Calls a function of the kernel. */
  readonly callKfunc: (name: string, given: readonly unknown[]) => unknown;
  /** What is in memory from an address on; `undefined` when it cannot be read. */
  readonly bytesAt: (from: Address, space: ReadSpace) => Uint8Array | undefined;
  /** A line for the trace pipe. */
  readonly print: (line: string) => void;
  /** The packet behind a context. */
  readonly packetOf: (context: object) => DataView;
  /** How a struct of the kernel lies in memory. */
  readonly structLayout: (name: string) => Layout<unknown>;
  /** Value of an enumerator of the kernel. */
  readonly enumValue: (name: string) => number | bigint;
}

let current: Environment | undefined;

/** Makes `played` play the kernel; returns what did before. `undefined`: nothing does. */
export function installEnvironment(played: Environment | undefined): Environment | undefined {
  const before = current;
  current = played;
  return before;
}

/**
 * What plays the kernel.
 * @throws {InvalidArgumentError} when nothing does; `what` was asked for.
 */
export function environment(what: string): Environment {
  if (current !== undefined) return current;
  throw new InvalidArgumentError(`${what} was called outside of a kernel program`, {
    hint: 'call it in a function marked "use bpf"; a unit test calls simulate() of ts-ebpf/testing first',
  });
}
