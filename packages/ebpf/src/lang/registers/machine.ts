/**
 * Machine code before registers are given out: instructions of two addresses over places.
 *
 * A place is a register of the machine, 0 to 10, or a virtual one from 16 up. What the machine demands is explicit
 * here: arguments of calls are moved to r1 to r5, results come out of r0, an operation's destination is its first
 * operand. The register allocator puts machine registers in place of virtual ones and knows nothing else about
 * instructions.
 * @module
 */
import type {
  Address,
  AluOperation,
  Comparison,
  SourceLine,
  Width,
} from "../../isa/instruction.ts";
import type { AccessBytes, AtomicOperation, Callee, StackSlot } from "../ir/operation.ts";
import type { CoreField, CoreRelocation } from "../../spec/core-relocation.ts";

/** A register: of the machine below 16, virtual from {@link firstVirtual} up. */
export type Place = number;
/** What an instruction can read: a register, or a constant that fits its 32-bit field. */
export type Source = Place | bigint;
/** Where memory lies: at an address in a register, or in a part of the stack. */
export type Base = Place | StackSlot;

/** The first virtual register. */
export const firstVirtual = 16;

/** Whether a place still needs a machine register. */
export function isVirtual(place: Place): boolean {
  return place >= firstVirtual;
}

/** A function in machine code. */
export interface MachineFunction {
  readonly name: string;
  readonly blocks: MachineBlock[];
  /** Parts of the stack; at the end the allocator adds those for what it spills. */
  readonly slots: StackSlot[];
  /** One slot for each spilled place, until they are shared. */
  readonly spills: StackSlot[];
  /** Number of the next virtual register. */
  nextVirtual: number;
}

/** A block of machine code. The last operation is a terminator, the only one. */
export interface MachineBlock {
  readonly id: number;
  readonly operations: MachineOperation[];
  terminator: MachineTerminator;
  readonly loopDepth: number;
}

interface Sourced {
  readonly source: SourceLine | undefined;
}

/** One instruction, or (`slot-address`, signed loads before ISA v4) a fixed few. */
export type MachineOperation = Sourced &
  (
    | { kind: "move"; width: Width; dst: Place; src: Source }
    | { kind: "alu"; op: Exclude<AluOperation, "mov">; width: Width; dst: Place; src: Source }
    | { kind: "negate"; width: Width; dst: Place }
    | { kind: "swap"; order: "network" | "always"; bits: 16 | 32 | 64; dst: Place }
    | { kind: "sign-extend"; bits: 8 | 16 | 32; dst: Place; src: Place }
    | { kind: "wide"; dst: Place; value: bigint | Address }
    | { kind: "slot-address"; dst: Place; slot: StackSlot; offset: number }
    | {
        kind: "load";
        dst: Place;
        base: Base;
        offset: number;
        bytes: AccessBytes;
        signed: boolean;
        core?: CoreField | undefined;
      }
    | {
        kind: "store";
        base: Base;
        offset: number;
        bytes: AccessBytes;
        src: Source;
        core?: CoreField | undefined;
      }
    | {
        kind: "atomic";
        op: AtomicOperation["op"];
        fetch: boolean;
        bytes: 4 | 8;
        base: Place;
        offset: number;
        src: Place;
      }
    | { kind: "call"; callee: Callee; argumentCount: number }
    | { kind: "core-constant"; dst: Place; core: CoreRelocation; value: bigint }
  );

/** How a block of machine code ends. */
export type MachineTerminator = Sourced &
  (
    | { kind: "jump"; to: MachineBlock }
    | {
        kind: "branch";
        op: Comparison;
        width: Width;
        left: Place;
        right: Source;
        then: MachineBlock;
        else: MachineBlock;
      }
    | { kind: "exit" }
  );

/** What happens to places in an instruction. The functions return the place to put there. */
export interface PlaceVisitor {
  /** The place is read before the instruction does anything. */
  readonly read: (place: Place) => Place;
  /** The place is written at the end of the instruction. */
  readonly write: (place: Place) => Place;
  /** The place is read and then written. */
  readonly modify: (place: Place) => Place;
}

type Visitors = {
  readonly [Kind in MachineOperation["kind"]]: (
    operation: Extract<MachineOperation, { kind: Kind }>,
    visitor: PlaceVisitor,
  ) => void;
};

const visitors: Visitors = {
  move: (operation, visitor) => {
    operation.src = readSource(operation.src, visitor);
    operation.dst = visitor.write(operation.dst);
  },
  alu: (operation, visitor) => {
    operation.src = readSource(operation.src, visitor);
    operation.dst = visitor.modify(operation.dst);
  },
  negate: (operation, visitor) => {
    operation.dst = visitor.modify(operation.dst);
  },
  swap: (operation, visitor) => {
    operation.dst = visitor.modify(operation.dst);
  },
  "sign-extend": (operation, visitor) => {
    operation.src = visitor.read(operation.src);
    operation.dst = visitor.write(operation.dst);
  },
  wide: (operation, visitor) => {
    operation.dst = visitor.write(operation.dst);
  },
  "slot-address": (operation, visitor) => {
    operation.dst = visitor.write(operation.dst);
  },
  load: (operation, visitor) => {
    operation.base = readBase(operation.base, visitor);
    operation.dst = visitor.write(operation.dst);
  },
  store: (operation, visitor) => {
    operation.base = readBase(operation.base, visitor);
    operation.src = readSource(operation.src, visitor);
  },
  atomic: (operation, visitor) => {
    operation.base = visitor.read(operation.base);
    if (operation.op === "cmpxchg") visitor.modify(0);
    const fetches = operation.fetch && operation.op !== "cmpxchg";
    operation.src = fetches ? visitor.modify(operation.src) : visitor.read(operation.src);
  },
  call: (operation, visitor) => {
    for (let argument = 1; argument <= operation.argumentCount; argument++) visitor.read(argument);
    for (let clobbered = 0; clobbered <= 5; clobbered++) visitor.write(clobbered);
  },
  "core-constant": (operation, visitor) => {
    operation.dst = visitor.write(operation.dst);
  },
};

/** Shows every place of `operation` to `visitor`, and stores what it answers. */
export function visitOperation(operation: MachineOperation, visitor: PlaceVisitor): void {
  const visit = visitors[operation.kind] as (
    operation: MachineOperation,
    visitor: PlaceVisitor,
  ) => void;
  visit(operation, visitor);
}

/** Shows every place of `terminator` to `visitor`, and stores what it answers. */
export function visitTerminator(terminator: MachineTerminator, visitor: PlaceVisitor): void {
  if (terminator.kind === "exit") visitor.read(0);
  if (terminator.kind !== "branch") return;
  terminator.left = visitor.read(terminator.left);
  terminator.right = readSource(terminator.right, visitor);
}

/** Blocks that `terminator` may go to. */
export function machineSuccessors(terminator: MachineTerminator): readonly MachineBlock[] {
  if (terminator.kind === "jump") return [terminator.to];
  return terminator.kind === "branch" ? [terminator.then, terminator.else] : [];
}

function readSource(source: Source, visitor: PlaceVisitor): Source {
  return typeof source === "bigint" ? source : visitor.read(source);
}

function readBase(base: Base, visitor: PlaceVisitor): Base {
  return typeof base === "number" ? visitor.read(base) : base;
}
