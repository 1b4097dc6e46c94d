/**
 * Makes calls of bpf(2): attributes in, number out, an error for every refusal.
 *
 * The kernel asks for some calls to be made again at once; that is done here, a bounded number of times, so that
 * callers see neither. Everything else that is temporary is left to them.
 * @module
 */
import type { Bridge } from "@ts-ebpf/native";
import type { Command, CommandResult } from "../../kernel/commands.ts";
import type { KernelVersion } from "../../kernel/feature.ts";
import type { Handle, HandleKind } from "../../kernel/handle.ts";
import { commandSince } from "../../kernel/since.ts";
import { type ErrnoName, errno, errnoName } from "./errno.ts";
import { failureOf, type Operation, raise, type Requirement } from "./failure.ts";
import { Fd } from "../fd.ts";
import { commandNumbers } from "../generated/constants.ts";
import type { KernelRecord } from "./record.ts";

/** How often a call is made again at once, by what the kernel answered. */
const retries: { readonly [C in Command]?: { readonly [Name in ErrnoName]?: number } } = {
  // The verifier gives up with EAGAIN when a signal is pending (kernel/bpf/verifier.c, do_check).
  progLoad: { EAGAIN: 5, EINTR: 5 },
  // A pending signal ends a test run with EINTR (net/bpf/test_run.c); in Node one may always be pending.
  progTestRun: { EINTR: 100 },
};

/** Commands that return a descriptor: the bridge closes it with the thread, if nobody does before. */
const opening: { readonly [C in OpeningCommand]: true } = {
  mapCreate: true,
  progLoad: true,
  rawTracepointOpen: true,
  btfLoad: true,
  objGet: true,
  progGetFdById: true,
  mapGetFdById: true,
  btfGetFdById: true,
  linkGetFdById: true,
  linkCreate: true,
  iterCreate: true,
  enableStats: true,
  tokenCreate: true,
};

type OpeningCommand = {
  [C in Command]: CommandResult<C> extends Handle ? C : never;
}[Command];

/** Calls bpf(2) of the running kernel. */
export class Caller {
  readonly bridge: Bridge;
  readonly version: KernelVersion;

  constructor(bridge: Bridge, version: KernelVersion) {
    this.bridge = bridge;
    this.version = version;
  }

  /** Makes the call and returns what the kernel returned: a number from 0 up, or a negated errno. */
  try(command: Command, record: KernelRecord): number {
    const left = { ...retries[command] };
    const bpf = Object.hasOwn(opening, command) ? this.bridge.bpfOpen : this.bridge.bpf;
    for (;;) {
      const result = bpf(commandNumbers[command], record.bytes, record.pointers);
      if (result >= 0) return result;
      const name = errnoName(-result) as ErrnoName;
      const remaining = left[name] ?? 0;
      if (remaining === 0) return result;
      left[name] = remaining - 1;
    }
  }

  /**
   * Makes the call. `describe` is asked for words only when it failed.
   * @throws {SyscallError} one of its classes, or {@link NotSupportedError}.
   */
  call(command: Command, record: KernelRecord, describe: () => Operation): number {
    const result = this.try(command, record);
    if (result < 0) throw this.failure(command, -result, describe());
    return result;
  }

  /** Makes a call that returns a descriptor, and owns that. */
  open(
    command: Command,
    record: KernelRecord,
    opened: {
      readonly kind: HandleKind;
      readonly label: string;
      readonly describe: () => Operation;
    },
  ): Fd {
    const number = this.call(command, record, opened.describe);
    return new Fd(this.bridge, number, opened);
  }

  /** What the refusal of a command means. */
  failure(command: Command, errno: number, operation: Operation): Error {
    const own: Requirement = {
      feature: `command ${command} of bpf(2)`,
      since: commandSince[command],
    };
    const requires = [own, ...(operation.requires ?? [])];
    return failureOf(errno, { ...operation, requires }, this.version);
  }

  /**
   * Throws when a system call other than bpf(2) failed.
   * @throws {SyscallError} one of its classes, or {@link NotSupportedError}.
   */
  check(result: number, operation: Operation): number {
    if (result < 0) raise(-result, operation);
    return result;
  }
}

/** Whether a result of a call is this refusal. */
export function isErrno(result: number, name: ErrnoName): boolean {
  return result === -errno[name];
}
