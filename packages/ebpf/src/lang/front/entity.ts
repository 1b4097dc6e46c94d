/**
 * What an expression of the source is to the compiler.
 *
 * Much of what a function says is known before it runs: captured constants, maps, layouts and functions are `constant`
 * and cost nothing. Numbers, bigints and booleans live in registers as `scalar`; what lies in memory is a `place`,
 * loaded only when its value is asked for; a `pointer` is an address in a register, through which members are reached
 * as through an object of JavaScript. Everything else is `special` and brings its own rules.
 * @module
 */
import type { CoreField } from "../../spec/core-relocation.ts";
import type { MapSpec } from "../../spec/map-spec.ts";
import type { ArrowFunctionExpression, Expression } from "@oxc-project/types";
import type { MemoryKind, Operand, StackSlot, Value } from "../ir/operation.ts";
import type { Variable } from "../ir/builder.ts";
import type { CallSite } from "./call-site.ts";
import type { Lowering } from "./lowering.ts";
import type { BitField, MemoryType, TextType } from "./type.ts";

/** What an expression is. */
export type Entity = Constant | Scalar | Pointer | Place | PendingValue | Method | Special;

/** A value known when compiling: the JavaScript value itself. */
export interface Constant {
  readonly kind: "constant";
  readonly value: unknown;
}

/** A value in a register. */
export interface Scalar {
  readonly kind: "scalar";
  readonly type: ScalarType;
  readonly operand: Operand;
}

/**
 * The type of a value in a register.
 *
 * A number is its value as 64 bits with sign. A bigint is 64 bits of which `signed` says how they are read; constants
 * and variables that hold nothing else yet leave it open. `network` is an integer still in network byte order.
 */
export type ScalarType =
  | { readonly kind: "number" }
  | { readonly kind: "bigint"; readonly signed: boolean | undefined }
  | { readonly kind: "boolean" }
  | { readonly kind: "network"; readonly bits: 16 | 32 | 64 };

/** An address in a register, with what it points to. */
export interface Pointer {
  readonly kind: "pointer";
  readonly type: PointerValueType;
  readonly operand: Operand;
  /** The variable it was read from: what is known of it (that it is not null) is kept there. */
  readonly binding?: Binding | undefined;
  /** A number that is 0 where the pointer is null, for verifiers that cannot tell by the pointer itself. */
  readonly presence?: Operand | undefined;
}

/** What is known of a pointer in a register. */
export interface PointerValueType {
  readonly target: MemoryType;
  readonly region: Region;
  /** Whether it may be null, `undefined` in TypeScript, as far as its type says; checks are facts of the flow. */
  readonly nullable: boolean;
  /** The kernel refers to it until it is given back; set for events of ring buffers. */
  readonly event?: boolean | undefined;
  /** Where the packet ends that it points into; elements by a variable index are compared with that. */
  readonly end?: Value | undefined;
  /** The map whose element it points to, where that is known. */
  readonly map?: MapSpec | undefined;
  /** The map that it points to itself: an element of a map of maps. */
  readonly inner?: MapSpec | undefined;
  /** It stands for the number it points to, which may be missing: what a helper has filled. */
  readonly standsForValue?: true | undefined;
}

/** What memory is in, and how it is reached. */
export interface Region {
  /** As in messages. */
  readonly name: string;
  readonly memory: MemoryKind;
  /** `direct`: loads and stores; else the helper that copies out of it. */
  readonly access: "direct" | "probe-kernel" | "probe-user";
  readonly writable: boolean;
}

/** A place in memory. */
export interface Place {
  readonly kind: "place";
  readonly type: MemoryType;
  readonly address: Address;
  readonly region: Region;
  /** For fields of kernel structs: what its offset is to be relocated by. */
  readonly core?: CoreField | undefined;
  readonly bitField?: BitField | undefined;
  /** Where the packet ends that it is in. */
  readonly end?: Value | undefined;
  /** Assignments with an operator are done in one step: what `atomic()` gives. */
  readonly atomic?: boolean | undefined;
  /** The map it is in an element of, where that is known. */
  readonly map?: MapSpec | undefined;
}

/** Where a place is. */
export type Address = SlotAddress | MemoryAddress | IndexedAddress;

/** In a part of the stack. */
export interface SlotAddress {
  readonly kind: "slot";
  readonly slot: StackSlot;
  readonly offset: number;
}

/** Behind a register. */
export interface MemoryAddress {
  readonly kind: "memory";
  readonly base: Value;
  readonly offset: number;
}

/**
 * An element of an array by a variable index, or a part of it. The index is checked where the place is used: beyond
 * `length`, reads give zeros and writes do nothing, as with typed arrays.
 */
export interface IndexedAddress {
  readonly kind: "indexed";
  /** Start of the array. */
  readonly array: SlotAddress | MemoryAddress;
  readonly index: Operand;
  readonly length: number;
  /** Bytes of an element. */
  readonly stride: number;
  /** Bytes from the start of the element. */
  readonly offset: number;
}

/**
 * A value that something writes into memory when it is told where: helpers that fill a buffer. It is written to where
 * it is assigned; elsewhere into a part of the stack of its own.
 */
export interface PendingValue {
  readonly kind: "pending";
  /** What it becomes where nothing else is said; for strings, the longest one that makes sense. */
  readonly type: MemoryType;
  /** Writes it to a place of the same kind of type, which may be smaller or larger for text. */
  readonly fill: (place: Place) => void;
  /** Whether a place of that type can take it. */
  readonly fits: (type: MemoryType | TextType) => boolean;
}

/** A method of something, not called yet. */
export interface Method {
  readonly kind: "method";
  readonly receiver: Entity;
  readonly name: string;
}

/** Something with rules of its own: a packet, a guard, a function of the source that was not called yet. */
export interface Special {
  readonly kind: "special";
  /** As in messages: "a packet". */
  readonly description: string;
  /** What `.name` of it is; `undefined` when there is no such member. */
  readonly member?: (lowering: Lowering, name: string, node: Expression) => Entity | undefined;
  /** What `[index]` of it is. */
  readonly element?: (lowering: Lowering, index: Expression, node: Expression) => Entity;
  /** What calling it is. */
  readonly call?: (site: CallSite) => Entity;
  /** What leaving the scope of a `using` does. */
  readonly dispose?: (lowering: Lowering) => void;
  /** How it is passed to a function. */
  readonly handOver?: HandOver | undefined;
  /** The iterations of `for (const x of it)`. */
  readonly iterate?: Iterate;
  /** What builtins recognise it by. */
  readonly data?: unknown;
  /** The register that stands for it. */
  readonly operand?: Value | undefined;
}

/** Passing a thing that is made of several addresses. */
export interface HandOver {
  /** The words that it is made of here. */
  readonly words: (lowering: Lowering) => readonly Operand[];
  /** The thing in another function, from the words. */
  readonly receive: (lowering: Lowering, words: readonly Value[]) => Special;
  /** Behind the call: what became of the words. */
  readonly update: (lowering: Lowering, words: readonly Value[]) => void;
}

/** Lowers a loop: `body` is given what the variable of the loop is. */
export type Iterate = (lowering: Lowering, loop: LoopBody) => void;

/** The body of a `for (… of …)`. */
export interface LoopBody {
  /** Lowers one iteration with the loop's variable bound to `element`. */
  readonly body: (element: Entity) => void;
  /** The loop as a function of its element, to be called back. */
  readonly asFunction: () => ArrowFunctionExpression;
  /** Whether the body returns out of the function around it. */
  readonly returns: boolean;
  readonly node: Expression;
  readonly label: string | undefined;
}

/** What a name of the function means. */
export type Binding = EntityBinding | VariableBinding | FailedBinding;

/** A constant: a name for an entity. */
export interface EntityBinding {
  readonly kind: "entity";
  readonly name: string;
  entity: Entity;
}

/** A variable that is assigned to. */
export interface VariableBinding {
  readonly kind: "variable";
  readonly name: string;
  readonly variable: Variable;
  /** Becomes more exact when a bigint variable is first given a value whose sign is known. */
  type: ScalarType | { readonly kind: "pointer"; readonly pointer: PointerValueType };
  /** What holds the presence of the pointer, where it comes with one. */
  readonly presence?: Variable | undefined;
}

/** A name whose declaration had an error, which was reported. */
export interface FailedBinding {
  readonly kind: "failed";
  readonly name: string;
}

/** `undefined`, as an entity. */
export const undefinedEntity: Constant = Object.freeze({ kind: "constant", value: undefined });

/** A constant. */
export function constant(value: unknown): Constant {
  return { kind: "constant", value };
}

/** The type of numbers. */
export const numberType: ScalarType = Object.freeze({ kind: "number" });
/** The type of booleans. */
export const booleanType: ScalarType = Object.freeze({ kind: "boolean" });
/** The type of unsigned bigints. */
export const u64Type: ScalarType = Object.freeze({ kind: "bigint", signed: false });
/** The type of signed bigints. */
export const s64Type: ScalarType = Object.freeze({ kind: "bigint", signed: true });
/** The type of bigints that nothing is known of but constants. */
export const openBigintType: ScalarType = Object.freeze({ kind: "bigint", signed: undefined });

/** A number in a register. */
export function numberScalar(operand: Operand): Scalar {
  return { kind: "scalar", type: numberType, operand };
}

/** A boolean in a register. */
export function booleanScalar(operand: Operand): Scalar {
  return { kind: "scalar", type: booleanType, operand };
}

/** A bigint in a register; without `open` or a sign it has none (u64). */
export function bigintScalar(operand: Operand, sign: boolean | "open" = false): Scalar {
  const signed = sign === "open" ? undefined : sign;
  return { kind: "scalar", type: { kind: "bigint", signed }, operand };
}

/** Memory by what it is. */
export const regions: Readonly<Record<RegionName, Region>> = {
  stack: { name: "the stack", memory: "other", access: "direct", writable: true },
  "map-value": { name: "a map value", memory: "map-value", access: "direct", writable: true },
  "map-key": { name: "a map key", memory: "map-value", access: "direct", writable: false },
  event: { name: "an event", memory: "event", access: "direct", writable: true },
  context: { name: "the context", memory: "context", access: "direct", writable: false },
  "writable-context": {
    name: "the context",
    memory: "writable-context",
    access: "direct",
    writable: true,
  },
  "btf-context": { name: "the context", memory: "context", access: "direct", writable: false },
  socket: { name: "a socket", memory: "other", access: "direct", writable: true },
  record: {
    name: "the record of the tracepoint",
    memory: "context",
    access: "direct",
    writable: false,
  },
  packet: { name: "a packet", memory: "packet", access: "direct", writable: true },
  kernel: { name: "kernel memory", memory: "kernel", access: "direct", writable: false },
  untracked: { name: "kernel memory", memory: "kernel", access: "probe-kernel", writable: false },
  user: { name: "user memory", memory: "other", access: "probe-user", writable: false },
  global: { name: "a global variable", memory: "global", access: "direct", writable: true },
  readonly: { name: "a constant", memory: "readonly", access: "direct", writable: false },
};

/** Names of regions. */
export type RegionName =
  | "stack"
  | "map-value"
  | "map-key"
  | "event"
  | "context"
  | "writable-context"
  | "btf-context"
  | "record"
  | "socket"
  | "packet"
  | "kernel"
  | "untracked"
  | "user"
  | "global"
  | "readonly";
