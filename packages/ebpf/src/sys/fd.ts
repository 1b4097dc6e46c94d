/**
 * File descriptors: the handles of the native kernel.
 *
 * An {@link Fd} owns one number from the moment the kernel hands it out until it is closed or moved; nothing else stores
 * descriptors, but for the bridge, which closes those that are left when a thread ends. The number itself never leaves this
 * folder.
 * @module
 */
import { closeSync, openSync, readlinkSync } from "node:fs";
import type { Bridge } from "@ts-ebpf/native";
import { ClosedError, InvalidArgumentError } from "../base/errors.ts";
import type { Handle, HandleKind } from "../kernel/handle.ts";
import { trackHolder, untrackHolder } from "./leaks.ts";
import { fromSystem, type Operation, raise } from "./call/failure.ts";

/** What a descriptor is, for people and for checks. */
export interface FdDescription {
  readonly kind: HandleKind;
  /** What messages call it: `map "counts"`. */
  readonly label: string;
}

const closedNumber = -1;

/** Owns a file descriptor. */
export class Fd implements Handle {
  readonly kind: HandleKind;
  /** What messages call it: `map "counts"`. */
  readonly label: string;
  readonly #bridge: Bridge;
  #number: number;

  /** Takes ownership of `number`. */
  constructor(bridge: Bridge, number: number, { kind, label }: FdDescription) {
    this.#bridge = bridge;
    this.#number = number;
    this.kind = kind;
    this.label = label;
    trackHolder(this, label);
  }

  get closed(): boolean {
    return this.#number === closedNumber;
  }

  /**
   * The number, lent for one call.
   * @throws {ClosedError} after `close` or `move`.
   */
  get raw(): number {
    this.assertOpen();
    return this.#number;
  }

  /** @throws {ClosedError} when it does not own anything any more. */
  assertOpen(): void {
    if (this.#number === closedNumber) throw new ClosedError(this.label);
  }

  close(): void {
    if (this.closed) return;
    this.#bridge.close(this.#release());
  }

  /** @throws {ClosedError} when it does not own anything any more. */
  move(): Fd {
    return new Fd(this.#bridge, this.#release(), this);
  }

  /** @throws {ClosedError} after `close`; {@link NoSpaceError} when the process has no more descriptors. */
  duplicate(): Fd {
    const number = this.#bridge.duplicate(this.raw);
    if (number < 0) raise(-number, { text: `duplicate the descriptor of ${this.label}` });
    return new Fd(this.#bridge, number, this);
  }

  /** What the kernel says the descriptor leads to: `anon_inode:bpf-map`. `undefined` without /proc. */
  target(): string | undefined {
    try {
      return readlinkSync(`/proc/self/fd/${this.raw}`);
    } catch {
      return undefined;
    }
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /** Gives the number away: the caller owns it, this counts as closed. */
  #release(): number {
    const number = this.raw;
    this.#number = closedNumber;
    untrackHolder(this);
    return number;
  }
}

/** How to open a file, and what the attempt is called. */
export interface FileOpening {
  /** `O_RDONLY` and the like of fcntl(2). */
  readonly flags: number;
  readonly operation: Operation;
}

/**
 * Opens a file. What is owned is a duplicate: Node remembers the descriptors that it opened in a worker thread and closes
 * their numbers when that ends, whosever they are by then.
 * @throws {NotFoundError} when there is no such file; {@link SyscallError} when the system refuses.
 */
export function openFile(bridge: Bridge, path: string, { flags, operation }: FileOpening): Fd {
  const opened = fromSystem(operation, () => openSync(path, flags));
  try {
    const number = bridge.duplicate(opened);
    if (number < 0) raise(-number, operation);
    return new Fd(bridge, number, { kind: "file", label: path });
  } finally {
    closeSync(opened);
  }
}

/**
 * The descriptor behind a handle.
 * @throws {InvalidArgumentError} when the handle is of another kernel, or not of one of `kinds`.
 */
export function fdOf(handle: Handle, ...kinds: readonly HandleKind[]): Fd {
  if (!(handle instanceof Fd)) throw foreign(handle, kinds);
  if (kinds.length > 0 && !kinds.includes(handle.kind)) {
    throw new InvalidArgumentError(`${handle.label} is not a ${kinds.join(" or ")}`);
  }
  return handle;
}

/** The error for what is a handle of another kernel, or none at all. */
function foreign(handle: Partial<Handle> | undefined, kinds: readonly HandleKind[]): Error {
  const what = kinds.join(" or ");
  if (handle?.kind === undefined) {
    return new InvalidArgumentError(`${what || "a handle"} is missing`, {
      hint: "give a live object, or the handle of one",
    });
  }
  return new InvalidArgumentError(`this ${handle.kind} is not of the native kernel`, {
    hint: "a handle works only with the kernel that made it",
  });
}

/** The number behind a handle, lent for one call. */
export function rawOf(handle: Handle, ...kinds: readonly HandleKind[]): number {
  return fdOf(handle, ...kinds).raw;
}
