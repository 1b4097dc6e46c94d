/**
 * Typed memory: what a layout is.
 *
 * A layout says how a value lies in memory as C would lay it out on this machine: its size, its alignment, and how it
 * is read from and written to a view. Layouts are values; the TypeScript type of what they describe follows from them.
 * The layouts of this folder also tell by `kind` what they are made of, so that code can be compiled for them, C be
 * printed and BTF be written; nothing here reads or writes memory.
 * @module
 */

/** How a value of type `T` lies in memory. Whoever needs a layout of their own implements this. */
export interface Layout<T> {
  /** What it is called in messages: `u32`, `char[16]`, `struct exec`. */
  readonly name: string;
  /** Size in bytes, padding at the end included; a multiple of the alignment. */
  readonly size: number;
  /** Alignment in bytes, a power of two. */
  readonly alignment: number;
  /** What it is made of: the `kind` of an {@link AnyLayout}. A layout of your own leaves it out. */
  readonly kind?: string;
  /**
   * The value at `offset` bytes into `view`.
   * @throws {RangeError} by the view, when the value does not lie inside it.
   */
  readonly read: (view: DataView, offset: number) => T;
  /**
   * Stores `value` at `offset` bytes into `view`; padding becomes zero. After a throw the memory holds anything.
   * A method, not a property, so that a `Layout<number>` also is a `Layout<unknown>`.
   * @throws {InvalidArgumentError} when the value is not one of this layout; the message names the field.
   * @throws {RangeError} by the view, when the value would not lie inside it.
   */
  write(view: DataView, offset: number, value: T): void;
}

/** The TypeScript type of what a layout describes. */
export type Infer<L> = L extends Layout<infer T> ? T : never;

/** The layouts that tell what they are made of. */
export type AnyLayout =
  | IntegerLayout<number | bigint>
  | BoolLayout
  | CharsLayout
  | BytesLayout
  | ArrayLayout
  | StructLayout
  | TransformLayout<unknown>
  | OpaqueLayout;

/** The layouts made of other layouts. */
export type Composite = ArrayLayout | StructLayout;

/** Order of the bytes of an integer: this machine's, or the network's (the high byte first). */
export type ByteOrder = "host" | "network";

/** An integer. Of 64 bits it is a `bigint`, of fewer a `number`. */
export interface IntegerLayout<
  T extends number | bigint,
  Order extends ByteOrder = ByteOrder,
> extends Layout<T> {
  readonly kind: "integer";
  readonly bits: 8 | 16 | 32 | 64;
  readonly signed: boolean;
  readonly order: Order;
}

/** C's `bool`: one byte. */
export interface BoolLayout extends Layout<boolean> {
  readonly kind: "bool";
}

/** Text in a `char` array. */
export interface CharsLayout extends Layout<string> {
  readonly kind: "chars";
  /** Whether a zero byte ends the text. */
  readonly terminated: boolean;
}

/** Bytes as they are. */
export interface BytesLayout extends Layout<Uint8Array> {
  readonly kind: "bytes";
}

/** A fixed number of values, one behind the other. */
export interface ArrayLayout<T = unknown> extends Layout<readonly T[]> {
  readonly kind: "array";
  readonly element: Layout<T>;
  readonly length: number;
}

/** The layouts of a struct's fields by name, in the order of memory. */
export type FieldLayouts = Readonly<Record<string, Layout<unknown>>>;

/** A C struct. */
export interface StructLayout<Fields extends FieldLayouts = FieldLayouts> extends Layout<
  StructValue<Fields>
> {
  readonly kind: "struct";
  /** The name behind the word `struct`. */
  readonly tag: string;
  /** Where each field lies, in the order of memory. */
  readonly fields: StructFields<Fields>;
  /** Whether there is no padding between fields, and the alignment is 1. */
  readonly packed: boolean;
}

/** One field of a struct. */
export interface Field<L = Layout<unknown>> {
  /** Distance in bytes from the start of the struct. */
  readonly offset: number;
  readonly layout: L;
}

/** The fields of a struct by name. */
export type StructFields<Fields extends FieldLayouts> = {
  readonly [Name in keyof Fields]: Field<Fields[Name]>;
};

/** What a struct is in TypeScript: an object with the values of its fields, those that are opaque left out. */
export type StructValue<Fields extends FieldLayouts> = {
  readonly [Name in keyof Fields as Fields[Name] extends OpaqueLayout ? never : Name]: Infer<
    Fields[Name]
  >;
} & ([OpaqueNames<Fields>] extends [never] ? unknown : WithOpaque<OpaqueNames<Fields>>);

type OpaqueNames<Fields extends FieldLayouts> = {
  [Name in keyof Fields & string]: Fields[Name] extends OpaqueLayout ? Name : never;
}[keyof Fields & string];

declare const opaqueNames: unique symbol;

/** Carries the names of opaque fields, which only programs have. Nothing is there when a program runs. */
export type WithOpaque<Names extends string> = { readonly [opaqueNames]?: Names };

/** Another layout's memory, with values of a type of one's own. */
export interface TransformLayout<T> extends Layout<T> {
  readonly kind: "transform";
  /** What lies in memory. */
  readonly inner: Layout<unknown>;
}

/** An object of the kernel that user space keeps its hands off. */
export interface OpaqueLayout extends Layout<undefined> {
  readonly kind: "opaque";
  /** The name behind the word `struct`, by which the kernel knows it. */
  readonly tag: "bpf_spin_lock" | "bpf_timer";
}

const kinds: { readonly [Kind in AnyLayout["kind"]]: true } = {
  integer: true,
  bool: true,
  chars: true,
  bytes: true,
  array: true,
  struct: true,
  transform: true,
  opaque: true,
};

/** Whether `layout` tells what it is made of, as all of this library do. */
export function isAnyLayout(layout: Layout<unknown>): layout is Layout<unknown> & AnyLayout {
  return layout.kind !== undefined && Object.hasOwn(kinds, layout.kind);
}
