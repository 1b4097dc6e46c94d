/**
 * Typed memory: what a layout is.
 *
 * A layout says how a value lies in memory as C would lay it out on this machine: its size, its alignment, and how it
 * is read from and written to a view. Layouts are values; the TypeScript type of what they describe follows from them.
 * @module
 */

/** How a value of type `T` lies in memory. */
export interface Layout<T> {
  /** What it is called in C and in messages: `u32`, `char[16]`, `struct exec`. */
  readonly name: string;
  /** Size in bytes, padding at the end included. */
  readonly size: number;
  /** Alignment in bytes. */
  readonly alignment: number;
  /** The value at `offset` bytes into `view`. */
  readonly read: (view: DataView, offset: number) => T;
  /** Stores `value` at `offset` bytes into `view`; padding becomes zero. */
  readonly write: (view: DataView, offset: number, value: T) => void;
}

/** The TypeScript type of what a layout describes. */
export type Infer<L> = L extends Layout<infer T> ? T : never;
