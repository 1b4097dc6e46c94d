/**
 * The errors every folder shares: the root class, and the three that have no home of their own.
 *
 * A class stands for a decision a caller could take; `code` is stable and says which case it was,
 * `message` is for people and may change. Errors of one folder live in that folder.
 * @module
 */

/** Root of every error this library throws. Tell the cases apart by class or by {@link BpfError.code}. */
export abstract class BpfError extends Error {
  abstract override readonly name: string;
  /** Stable identifier of the case, in capitals. Part of the API, unlike the message. */
  abstract readonly code: string;

  /** What to do about it, where we know; also part of the text that `format` returns. */
  readonly hint: string | undefined;

  constructor(message: string, options: BpfErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.hint = options.hint;
  }

  /** The error as several lines for people: what happened, what to do, and what caused it. */
  format(): string {
    const lines = [`${this.name} [${this.code}]: ${this.message}`, ...this.details()];
    if (this.hint !== undefined) lines.push(`  hint: ${this.hint}`);
    if (this.cause instanceof BpfError) lines.push(`  caused by: ${this.cause.message}`);
    else if (this.cause instanceof Error) lines.push(`  caused by: ${this.cause.message}`);
    return lines.join("\n");
  }

  /** Further lines of {@link format}; a subclass adds what it knows. */
  protected details(): readonly string[] {
    return [];
  }
}

/** Options of every {@link BpfError}. */
export interface BpfErrorOptions {
  readonly cause?: unknown;
  readonly hint?: string;
}

/** The caller passed something that cannot be meant: a wrong size, an unknown name, a bad range. */
export class InvalidArgumentError extends BpfError {
  override readonly name = "InvalidArgumentError";
  readonly code = "INVALID_ARGUMENT";
}

/** Bytes that are not what their format promises, with the place in them. */
export class MalformedError extends BpfError {
  override readonly name = "MalformedError";
  readonly code: `${string}_MALFORMED`;
  /** What was being read, from the outside in: `[".BTF", "type 12", "member 3"]`. */
  readonly path: readonly string[];
  /** Offset in bytes from the start of the input, where known. */
  readonly offset: number | undefined;

  constructor(format: string, message: string, place: MalformedPlace = {}) {
    const { path = [], offset, ...options } = place;
    const where = [...path, ...(offset === undefined ? [] : [`+0x${offset.toString(16)}`])];
    super(where.length === 0 ? message : `${where.join(" › ")}: ${message}`, options);
    this.code = `${format}_MALFORMED`;
    this.path = path;
    this.offset = offset;
  }
}

/** Where a {@link MalformedError} happened. */
export interface MalformedPlace extends BpfErrorOptions {
  readonly path?: readonly string[];
  readonly offset?: number;
}

/** Something was used after it was closed. */
export class ClosedError extends BpfError {
  override readonly name = "ClosedError";
  readonly code = "CLOSED";

  constructor(what: string) {
    super(`${what} is closed`, {
      hint: "use it inside the scope of its `using`, or open it again",
    });
  }
}
