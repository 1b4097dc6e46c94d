/**
 * From an errno to an error that says what happened, to what, and what to do.
 *
 * A call describes itself as an {@link Operation}: its words, since when the kernel has it, and what errors mean to it in
 * particular. The errno and that description decide the class; nothing else looks at numbers. What a process lacks to be
 * permitted is not known here: the native kernel adds it.
 * @module
 */
import type { BpfError } from "../base/errors.ts";
import { type ErrnoName, errnoName, knownReason } from "./errno.ts";
import {
  BusyError,
  ExistsError,
  NoSpaceError,
  NotFoundError,
  NotSupportedError,
  PermissionError,
  SyscallError,
  type SyscallFailure,
  TransientError,
} from "./errors.ts";
import { isAtLeast, type KernelVersion } from "./feature.ts";

/** The cases that callers treat differently. */
export type FailureKind =
  | "permission"
  | "not-found"
  | "exists"
  | "busy"
  | "no-space"
  | "transient"
  | "not-supported"
  | "other";

/** What an error means to one operation, where that is not its general meaning. */
export interface Meaning {
  readonly kind?: FailureKind;
  readonly reason?: string;
  readonly hint?: string;
  /** What the kernel cannot do, with kind `not-supported`. */
  readonly feature?: string;
}

/** Meanings by name of the error. */
export type Meanings = { readonly [Name in ErrnoName]?: Meaning };

/** Something the kernel must know, with the version it came in. */
export interface Requirement {
  /** In words: `maps of type ringbuf`. */
  readonly feature: string;
  readonly since: KernelVersion;
}

/** What was asked of the kernel, as far as it explains a refusal. */
export interface Operation {
  /** In words that follow "cannot": `create map "counts"`. */
  readonly text: string;
  /** What the running kernel may be too old for. */
  readonly requires?: readonly Requirement[];
  readonly meanings?: Meanings;
  /** What the kernel itself said about this refusal, in words. */
  readonly reason?: string;
}

/** What failed, and what the kernel that refused knows beside that. */
export interface Refused {
  readonly operation: Operation;
  readonly version: KernelVersion;
  /** What the error means in general, where there are no words for it here. */
  readonly reason?: string;
  /** What to do about missing permission. */
  readonly permissionHint?: () => string;
}

/** What `errno` means. */
export function failureOf(errno: number, refused: Refused): BpfError {
  const { operation, version } = refused;
  const name = errnoName(errno) as ErrnoName;
  const meaning = operation.meanings?.[name] ?? {};
  const kind = meaning.kind ?? kinds[name] ?? "other";
  const general = knownReason(errno) ?? refused.reason ?? "the kernel refused";
  const failure: SyscallFailure = {
    operation: operation.text,
    errno,
    errnoName: name,
    reason: operation.reason ?? meaning.reason ?? general,
    ...hintOf(kind, meaning, refused),
  };
  const missing = meansTooOld.has(name) ? tooOldFor(version, operation) : undefined;
  if (missing !== undefined) return notSupported(missing.feature, failure, missing.since);
  if (kind === "not-supported")
    return notSupported(meaning.feature ?? `the request to ${operation.text}`, failure, undefined);
  return new classes[kind](failure);
}

function hintOf(
  kind: FailureKind,
  meaning: Meaning,
  { permissionHint }: Refused,
): { readonly hint?: string } {
  if (meaning.hint !== undefined) return { hint: meaning.hint };
  if (kind === "permission" && permissionHint !== undefined) return { hint: permissionHint() };
  return {};
}

/** What a kernel answers when it does not know what it was asked for. */
const meansTooOld: ReadonlySet<ErrnoName> = new Set<ErrnoName>([
  "EINVAL",
  "E2BIG",
  "ENOSYS",
  "EOPNOTSUPP",
  "ENOTSUPP",
  "EPERM",
]);

function tooOldFor(version: KernelVersion, { requires = [] }: Operation): Requirement | undefined {
  return requires.find(({ since }) => !isAtLeast(version, since));
}

function notSupported(
  feature: string,
  failure: SyscallFailure,
  since: KernelVersion | undefined,
): NotSupportedError {
  return new NotSupportedError(feature, {
    cause: new SyscallError(failure),
    ...(since === undefined ? {} : { since }),
    ...(failure.hint === undefined ? {} : { hint: failure.hint }),
  });
}

const kinds: { readonly [Name in ErrnoName]?: FailureKind } = {
  EPERM: "permission",
  EACCES: "permission",
  ENOENT: "not-found",
  ESRCH: "not-found",
  ENODEV: "not-found",
  ENXIO: "not-found",
  EEXIST: "exists",
  EBUSY: "busy",
  ETXTBSY: "busy",
  ENOMEM: "no-space",
  ENOSPC: "no-space",
  E2BIG: "no-space",
  EMFILE: "no-space",
  ENFILE: "no-space",
  EDQUOT: "no-space",
  EAGAIN: "transient",
  EINTR: "transient",
  ENOSYS: "not-supported",
  EOPNOTSUPP: "not-supported",
  ENOTSUPP: "not-supported",
  ENOPROTOOPT: "not-supported",
  EPROTONOSUPPORT: "not-supported",
  EAFNOSUPPORT: "not-supported",
};

const classes = {
  permission: PermissionError,
  "not-found": NotFoundError,
  exists: ExistsError,
  busy: BusyError,
  "no-space": NoSpaceError,
  transient: TransientError,
  other: SyscallError,
} as const;
