/**
 * Handles: kernel objects held open, without saying how.
 *
 * The native kernel makes them from file descriptors, the simulated one from objects of its own; above
 * the seam nobody can tell, and nobody sees a number.
 * @module
 */

/** What a {@link Handle} keeps open. */
export type HandleKind =
  | "map"
  | "program"
  | "link"
  | "btf"
  | "token"
  | "iterator"
  | "perf-event"
  | "socket"
  | "file";

/**
 * A kernel object held open. While any handle to it, pin or attachment exists, the object lives.
 *
 * Whoever made it closes it, passing it to a function lends it, `move()` gives it away.
 */
export interface Handle extends Disposable {
  readonly kind: HandleKind;
  readonly closed: boolean;
  /** Drops this hold on the object. Calling it again does nothing. */
  close(): void;
  /** A new handle that owns the object from now on; this one counts as closed. */
  move(): Handle;
  /** A second, independent hold on the same object. */
  duplicate(): Handle;
}

/** Something live that has a handle: a map, a program, a link. */
export interface HasHandle {
  readonly handle: Handle;
}

declare const brand: unique symbol;
type Id<Name extends string> = number & { readonly [brand]: Name };

/** Number by which the kernel names a loaded map, from 1 up, never reused soon. */
export type MapId = Id<"map">;
/** Number by which the kernel names a loaded program. */
export type ProgramId = Id<"program">;
/** Number by which the kernel names a link. */
export type LinkId = Id<"link">;
/** Number by which the kernel names a BTF object; 1 is usually vmlinux. */
export type BtfId = Id<"btf">;
