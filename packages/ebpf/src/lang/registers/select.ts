/**
 * From the intermediate representation to machine code over virtual registers.
 *
 * Each value becomes a virtual register, each operation the few instructions that the machine has for it. Parameters
 * of blocks become moves at the end of the blocks that jump there, all at once: a parameter may be the argument of
 * another.
 * @module
 */
import { assert } from "../../base/assert.ts";
import type { SourceLine, Width } from "../../isa/instruction.ts";
import type { Block, IrFunction, Successor, Terminator } from "../ir/function.ts";
import type { BinaryOperator, Operand, Operation, OperationKind, Value } from "../ir/operation.ts";
import {
  firstVirtual,
  type MachineBlock,
  type MachineFunction,
  type MachineOperation,
  type Place,
  type Source,
} from "./machine.ts";
import { sequence } from "./parallel-moves.ts";

/** Machine code for `fn`. */
export function selectInstructions(fn: IrFunction): MachineFunction {
  return new Selection(fn).run();
}

type Selectors = {
  readonly [Kind in OperationKind]: (
    selection: Selection,
    operation: Extract<Operation, { kind: Kind }>,
  ) => void;
};

/** An operation of the machine as written here: the place in the source is put on by `emit`. */
type Unsourced = MachineOperation extends infer One
  ? One extends MachineOperation
    ? Omit<One, "source">
    : never
  : never;

/** One function being translated. */
class Selection {
  readonly #fn: IrFunction;
  readonly #machine: MachineFunction;
  readonly #blocks = new Map<Block, MachineBlock>();
  #current: MachineBlock;
  #source: SourceLine | undefined;

  constructor(fn: IrFunction) {
    this.#fn = fn;
    const nextVirtual = firstVirtual + fn.values.length;
    this.#machine = { name: fn.name, blocks: [], slots: [...fn.slots], spills: [], nextVirtual };
    for (const block of fn.blocks) this.#blocks.set(block, this.#newBlock(block.loopDepth));
    this.#current = this.#machine.blocks[0]!;
  }

  run(): MachineFunction {
    this.#fn.blocks[0]!.parameters.forEach((parameter, index) => {
      this.emit({ kind: "move", width: 64, dst: placeOf(parameter), src: index + 1 });
    });
    for (const block of this.#fn.blocks) {
      this.#current = this.#blocks.get(block)!;
      for (const operation of block.operations) this.#select(operation);
      this.#source = block.terminator.source;
      this.#terminate(block.terminator);
    }
    return this.#machine;
  }

  emit(operation: Unsourced): void {
    this.#current.operations.push({ ...operation, source: this.#source });
  }

  /** A register that is used here only. */
  temporary(): Place {
    return this.#machine.nextVirtual++;
  }

  /** Puts `operand` into `dst`. */
  moveTo(dst: Place, operand: Operand): void {
    if (typeof operand === "bigint" && !fitsImmediate(operand)) {
      if (BigInt.asUintN(32, operand) === operand) {
        this.emit({ kind: "move", width: 32, dst, src: BigInt.asIntN(32, operand) });
      } else this.emit({ kind: "wide", dst, value: BigInt.asUintN(64, operand) });
    } else {
      const src = typeof operand === "bigint" ? operand : placeOf(operand);
      this.emit({ kind: "move", width: 64, dst, src });
    }
  }

  /**
   * Puts what an exchange expects into r0. Of 4 bytes the upper half is cleared: x86 leaves r0 alone when the exchange
   * takes place, and not every verifier clears it then.
   */
  expect(expected: Operand, bytes: 4 | 8): void {
    if (bytes === 8) this.moveTo(0, expected);
    else if (typeof expected === "bigint") this.moveTo(0, BigInt.asUintN(32, expected));
    else this.emit({ kind: "move", width: 32, dst: 0, src: placeOf(expected) });
  }

  /** `operand` in a register. */
  inRegister(operand: Operand): Place {
    if (typeof operand !== "bigint") return placeOf(operand);
    const place = this.temporary();
    this.moveTo(place, operand);
    return place;
  }

  /** `operand` as an instruction of this width can read it. */
  source(operand: Operand, width: Width = 64): Source {
    if (typeof operand !== "bigint") return placeOf(operand);
    if (width === 32) return BigInt.asIntN(32, operand);
    return fitsImmediate(operand) ? operand : this.inRegister(operand);
  }

  /** The right side of `op`. The verifier refuses to divide by the constant zero, or to shift by the width or more. */
  rightSide(op: BinaryOperator, width: Width, operand: Operand): Source {
    if (typeof operand === "bigint" && shifts.has(op)) return operand & BigInt(width - 1);
    const isZero = typeof operand === "bigint" && BigInt.asUintN(width, operand) === 0n;
    return isZero && divisions.has(op) ? this.inRegister(operand) : this.source(operand, width);
  }

  #select(operation: Operation): void {
    this.#source = operation.source;
    const select = selectors[operation.kind] as (
      selection: Selection,
      operation: Operation,
    ) => void;
    select(this, operation);
  }

  #terminate(terminator: Terminator): void {
    const from = this.#current;
    const source = terminator.source;
    switch (terminator.kind) {
      case "jump":
        this.#passArguments(terminator.to);
        from.terminator = { kind: "jump", to: this.#blocks.get(terminator.to.block)!, source };
        break;
      case "branch": {
        const { op, width } = terminator;
        const left = this.inRegister(terminator.left);
        const right = this.source(terminator.right, width);
        const [then, otherwise] = [this.#edge(terminator.then), this.#edge(terminator.else)];
        from.terminator = { kind: "branch", op, width, left, right, then, else: otherwise, source };
        break;
      }
      case "return":
        this.moveTo(0, terminator.result ?? 0n);
        from.terminator = { kind: "exit", source };
        break;
      case "unfinished":
        assert(false, `${this.#fn.name} has an unfinished block`);
    }
  }

  /** The block that an edge of a branch leads to; with arguments to pass there is one between, which passes them. */
  #edge(to: Successor): MachineBlock {
    const target = this.#blocks.get(to.block)!;
    if (to.arguments.length === 0) return target;
    const between = this.#newBlock(to.block.loopDepth);
    const current = this.#current;
    this.#current = between;
    this.#passArguments(to);
    this.#current = current;
    between.terminator = { kind: "jump", to: target, source: this.#source };
    return between;
  }

  #passArguments({ block, arguments: given }: Successor): void {
    const moves = block.parameters.map((parameter, index) => ({
      to: parameter,
      from: given[index]!,
    }));
    const scratch = (): Value => (this.temporary() - firstVirtual) as Value;
    for (const { to, from } of sequence(moves, scratch)) this.moveTo(placeOf(to), from);
  }

  #newBlock(loopDepth: number): MachineBlock {
    const { blocks } = this.#machine;
    const block: MachineBlock = {
      id: blocks.length,
      operations: [],
      terminator: { kind: "exit", source: undefined },
      loopDepth,
    };
    blocks.push(block);
    return block;
  }
}

const commutative: ReadonlySet<BinaryOperator> = new Set(["add", "mul", "and", "or", "xor"]);
const divisions: ReadonlySet<BinaryOperator> = new Set(["div", "sdiv", "mod", "smod"]);
const shifts: ReadonlySet<BinaryOperator> = new Set(["lsh", "rsh", "arsh"]);

const selectors: Selectors = {
  binary: (selection, { op, width, result, left, right }) => {
    const swapped = typeof left === "bigint" && commutative.has(op);
    const [first, second] = swapped ? [right, left] : [left, right];
    const src = selection.rightSide(op, width, second);
    const dst = placeOf(result);
    selection.moveTo(dst, first);
    selection.emit({ kind: "alu", op, width, dst, src });
  },
  negate: (selection, { width, result, operand }) => {
    selection.moveTo(placeOf(result), operand);
    selection.emit({ kind: "negate", width, dst: placeOf(result) });
  },
  swap: (selection, { order, bits, result, operand }) => {
    selection.moveTo(placeOf(result), operand);
    selection.emit({ kind: "swap", order, bits, dst: placeOf(result) });
  },
  extend: (selection, { signed, bits, result, operand }) => {
    const dst = placeOf(result);
    if (signed) {
      selection.emit({ kind: "sign-extend", bits, dst, src: selection.inRegister(operand) });
    } else if (bits === 32) {
      selection.emit({ kind: "move", width: 32, dst, src: selection.source(operand, 32) });
    } else {
      selection.moveTo(dst, operand);
      selection.emit({ kind: "alu", op: "and", width: 64, dst, src: (1n << BigInt(bits)) - 1n });
    }
  },
  "slot-address": (selection, { result, slot, offset }) =>
    selection.emit({ kind: "slot-address", dst: placeOf(result), slot, offset }),
  "map-address": (selection, { result, map }) =>
    selection.emit({ kind: "wide", dst: placeOf(result), value: { kind: "map", name: map } }),
  "map-value-address": (selection, { result, map, offset }) => {
    const value = { kind: "map-value", name: map, offset } as const;
    selection.emit({ kind: "wide", dst: placeOf(result), value });
  },
  "function-address": (selection, { result, function: target }) => {
    const value = { kind: "function", target } as const;
    selection.emit({ kind: "wide", dst: placeOf(result), value });
  },
  load: (selection, { result, base, offset, bytes, signed, core }) => {
    const from = selection.inRegister(base);
    selection.emit({ kind: "load", dst: placeOf(result), base: from, offset, bytes, signed, core });
  },
  store: (selection, { base, offset, bytes, stored, memory, core }) => {
    const to = selection.inRegister(base);
    const value = narrow(stored, bytes);
    // Before Linux 6.4 the verifier lets nothing but registers be stored in a context.
    const src =
      memory === "writable-context" ? selection.inRegister(value) : selection.source(value);
    selection.emit({ kind: "store", base: to, offset, bytes, src, core });
  },
  "load-slot": (selection, { result, slot, offset, bytes, signed }) =>
    selection.emit({ kind: "load", dst: placeOf(result), base: slot, offset, bytes, signed }),
  "store-slot": (selection, { slot, offset, bytes, stored }) => {
    const src = selection.source(narrow(stored, bytes));
    selection.emit({ kind: "store", base: slot, offset, bytes, src });
  },
  atomic: (selection, { op, bytes, base, offset, operand, expected, result }) => {
    const src = selection.temporary();
    selection.moveTo(src, operand);
    if (expected !== undefined) selection.expect(expected, bytes);
    const fetch = result !== undefined || op === "xchg" || op === "cmpxchg";
    selection.emit({
      kind: "atomic",
      op,
      fetch,
      bytes,
      base: selection.inRegister(base),
      offset,
      src,
    });
    const old = op === "cmpxchg" ? 0 : src;
    if (result !== undefined)
      selection.emit({ kind: "move", width: 64, dst: placeOf(result), src: old });
  },
  call: (selection, { callee, arguments: given, result }) => {
    given.forEach((argument, index) => selection.moveTo(index + 1, argument));
    selection.emit({ kind: "call", callee, argumentCount: given.length });
    if (result !== undefined)
      selection.emit({ kind: "move", width: 64, dst: placeOf(result), src: 0 });
  },
  "core-constant": (selection, { result, core, value }) =>
    selection.emit({ kind: "core-constant", dst: placeOf(result), core, value }),
};

function placeOf(value: Value): Place {
  return firstVirtual + value;
}

/** Whether an instruction can hold the constant: 32 bits, whose sign it extends. */
function fitsImmediate(value: bigint): boolean {
  return BigInt.asIntN(32, value) === value;
}

/** Only the bytes that are stored of a constant count; what is above may be whatever makes it fit. */
function narrow(operand: Operand, bytes: number): Operand {
  return typeof operand === "bigint" ? BigInt.asIntN(8 * bytes, operand) : operand;
}
