/**
 * The intermediate representation: what a function does, between TypeScript and instructions.
 *
 * A function is a graph of blocks in static single assignment form: every value is defined once, by an operation or
 * as a parameter of a block, and a jump passes arguments to the parameters of the block it goes to. Values are 64-bit
 * registers without a type; operations say their width, as instructions do. What a value means to people (a map
 * value, a packet) is kept beside it, for the passes that must not separate a check from its use and for the dump.
 * @module
 */
import type { AluOperation, SourceLine, Width } from "../../isa/instruction.ts";
import type { CoreField, CoreRelocation } from "../../spec/core-relocation.ts";

/** A value, by its number in the function. */
export type Value = number & { readonly [brand]: "value" };
declare const brand: unique symbol;

/** What an operation reads: a value, or a constant of 64 bits as a signed bigint. `typeof` tells them apart. */
export type Operand = Value | bigint;

/** Bytes of an access to memory. */
export type AccessBytes = 1 | 2 | 4 | 8;

/** Arithmetic of two operands: the instruction set's, without `mov`. */
export type BinaryOperator = Exclude<AluOperation, "mov">;

/** What every operation carries. */
export interface Located {
  /** The place in the source text it comes from. */
  source?: SourceLine | undefined;
}

/** One operation. Operations that define a value name it in `result`. */
export type Operation =
  | Binary
  | Negate
  | SwapBytes
  | Extend
  | SlotAddress
  | MapAddress
  | MapValueAddress
  | FunctionAddress
  | Load
  | Store
  | LoadSlot
  | StoreSlot
  | AtomicOperation
  | Call
  | CoreConstant;

/** What tells operations apart. */
export type OperationKind = Operation["kind"];

/** `result = left op right`; with width 32 on the lower halves, the upper half of the result zero. */
export interface Binary extends Located {
  kind: "binary";
  op: BinaryOperator;
  width: Width;
  result: Value;
  left: Operand;
  right: Operand;
}

/** `result = -operand`. */
export interface Negate extends Located {
  kind: "negate";
  width: Width;
  result: Value;
  operand: Operand;
}

/**
 * The lower `bits` bits of the operand from host to network order or back (on big-endian machines nothing), the rest
 * zero.
 */
export interface SwapBytes extends Located {
  kind: "swap";
  /** `network`: between the machine's order and the network's; `always`: turned round on every machine. */
  order: "network" | "always";
  bits: 16 | 32 | 64;
  result: Value;
  operand: Operand;
}

/** The lower `bits` bits of the operand, extended to 64 with the sign or with zeros. */
export interface Extend extends Located {
  kind: "extend";
  signed: boolean;
  bits: 8 | 16 | 32;
  result: Value;
  operand: Operand;
}

/** Address of `offset` bytes into a stack slot. */
export interface SlotAddress extends Located {
  kind: "slot-address";
  result: Value;
  slot: StackSlot;
  offset: number;
}

/** Address of a map, as helpers take it. */
export interface MapAddress extends Located {
  kind: "map-address";
  result: Value;
  /** Name of the map. */
  map: string;
}

/** Address of `offset` bytes into the only value of a map: a global variable. */
export interface MapValueAddress extends Located {
  kind: "map-value-address";
  result: Value;
  map: string;
  offset: number;
}

/** Address of a function of the program, for helpers that call it back. */
export interface FunctionAddress extends Located {
  kind: "function-address";
  result: Value;
  /** Name of the function in the program. */
  function: string;
}

/** `result = *(bytes *)(base + offset)`. */
export interface Load extends Located {
  kind: "load";
  result: Value;
  base: Value;
  offset: number;
  bytes: AccessBytes;
  signed: boolean;
  memory: MemoryKind;
  /** Says that `offset` is that of a kernel field, to be relocated on other kernels. */
  core?: CoreField | undefined;
}

/** `*(bytes *)(base + offset) = stored`. */
export interface Store extends Located {
  kind: "store";
  base: Value;
  offset: number;
  bytes: AccessBytes;
  stored: Operand;
  memory: MemoryKind;
  core?: CoreField | undefined;
}

/** A load from a stack slot. */
export interface LoadSlot extends Located {
  kind: "load-slot";
  result: Value;
  slot: StackSlot;
  offset: number;
  bytes: AccessBytes;
  signed: boolean;
}

/** A store to a stack slot. */
export interface StoreSlot extends Located {
  kind: "store-slot";
  slot: StackSlot;
  offset: number;
  bytes: AccessBytes;
  stored: Operand;
}

/** A read-modify-write in one step. `result` is the old value, for the fetching forms; `expected` is for `cmpxchg`. */
export interface AtomicOperation extends Located {
  kind: "atomic";
  op: "add" | "or" | "and" | "xor" | "xchg" | "cmpxchg";
  bytes: 4 | 8;
  base: Value;
  offset: number;
  operand: Operand;
  expected?: Operand | undefined;
  result?: Value | undefined;
}

/** A call. Arguments are at most five; registers r1 to r5 are lost. */
export interface Call extends Located {
  kind: "call";
  callee: Callee;
  arguments: Operand[];
  result?: Value | undefined;
  /** Stack slots whose memory the callee reads or writes through its arguments. */
  touches: readonly StackSlot[];
}

/** Whom a call calls. */
export type Callee =
  | { readonly kind: "helper"; readonly id: number; readonly name: string }
  | { readonly kind: "kfunc"; readonly name: string }
  | { readonly kind: "local"; readonly name: string };

/**
 * A number that depends on the kernel the program is loaded into: whether something exists, its size, an enum value.
 */
export interface CoreConstant extends Located {
  kind: "core-constant";
  result: Value;
  core: CoreRelocation;
  /** What it is on the kernel compiled for. */
  value: bigint;
}

/** What memory an access goes to. Loads of `context` and `readonly` memory may be shared and moved across stores. */
export type MemoryKind =
  | "context"
  | "writable-context"
  | "packet"
  | "map-value"
  | "event"
  | "kernel"
  | "global"
  | "readonly"
  | "other";

/** A part of the stack. */
export interface StackSlot {
  /** Number of the slot in its function. */
  readonly id: number;
  readonly size: number;
  readonly alignment: number;
  /** For people: the name of the variable that lives there. */
  readonly name: string;
}
