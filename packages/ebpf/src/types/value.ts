/**
 * What values of C are in programs written in TypeScript.
 *
 * Up to 32 bits they are numbers, of 64 bits bigints, as for layouts. Values of network order and pointers are numbers
 * with a mark, so that a plain number does not go for one. These are types only: nothing here is there when a
 * program runs.
 * @module
 */

/** `__u8`: 0 to 255. */
export type u8 = number;
/** `__u16`: 0 to 65 535. */
export type u16 = number;
/** `__u32`: 0 to 4 294 967 295. */
export type u32 = number;
/** `__u64`. */
export type u64 = bigint;
/** `__s8`: -128 to 127. */
export type s8 = number;
/** `__s16`: -32 768 to 32 767. */
export type s16 = number;
/** `__s32`: -2 147 483 648 to 2 147 483 647. */
export type s32 = number;
/** `__s64`. */
export type s64 = bigint;

declare const networkOrder: unique symbol;
declare const pointsTo: unique symbol;
declare const space: unique symbol;
declare const opaque: unique symbol;

/**
 * An integer with its high byte first, of so many bits: to be stored, compared with its like and converted (`ntohs`).
 * A number does not go where one is expected; that one goes where a number is wanted, only the compiler refuses.
 */
export type NetworkOrder<Bits extends 16 | 32 | 64 = 16 | 32 | 64> = (Bits extends 64
  ? bigint
  : number) & { readonly [networkOrder]: Bits };

/** `__be16`: a port, an EtherType. */
export type be16 = NetworkOrder<16>;
/** `__be32`: an IPv4 address. */
export type be32 = NetworkOrder<32>;
/** `__be64`. */
export type be64 = NetworkOrder<64>;

/** Whose memory an address is of. What is `percpu` becomes an address with the CPU added. */
export type AddressSpace = "kernel" | "user" | "percpu";

/**
 * An address that is not followed by writing the name of a field: of a scalar or another pointer, which `value` reads, of a
 * text (`Pointer<string>`), of nothing said (`void *`), or of memory that is not the kernel's. It is what helpers that read
 * memory take.
 */
export type Pointer<To = unknown, Space extends AddressSpace = "kernel"> = bigint & {
  readonly [pointsTo]: To;
  readonly [space]: Space;
} & ([To] extends [Readable[Space]] ? { readonly value: To } : unknown);

/** Of what memory is read by a dot and `value`, by whose it is. Structs of the kernel stand for pointers to them. */
interface Readable {
  readonly kernel: number | bigint | boolean | object;
  readonly user: number | bigint | boolean;
  readonly percpu: never;
}

/** The address of a scalar in memory that programs may write to, such as what the two runs of a session share. */
export type KernelMemory<To> = Pointer<To> & { value: To };

/** The address of a function. */
export type FunctionPointer = bigint & { readonly [pointsTo]: "function" };

/** A struct that is known by name only: a pointer to it can be passed on. */
export interface Opaque<Name extends string = string> {
  readonly [opaque]: Name;
}

/** An array in kernel memory. Its length is 0 when it goes on as long as something else says. */
export interface KernelArray<Element, Length extends number = number> {
  readonly length: Length;
  readonly [index: number]: Element;
  [Symbol.iterator](): Iterator<Element>;
}
