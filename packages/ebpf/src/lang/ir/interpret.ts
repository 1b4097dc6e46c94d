/**
 * Runs functions of the intermediate representation, one operation at a time: the oracle that tests compare with.
 *
 * Addresses are numbers into regions of plain bytes, far apart, so that an access outside of its region is an error
 * instead of a wrong answer. Calls and maps are served by the caller. It is little-endian and in no hurry.
 * @module
 */
import { assert } from "../../base/assert.ts";
import { viewOf } from "../../base/bytes.ts";
import {
  evaluateBinary,
  evaluateComparison,
  evaluateExtend,
  evaluateNegate,
  evaluateSwap,
  signed64,
} from "./evaluate.ts";
import type { Block, IrFunction, Successor } from "./function.ts";
import type {
  AtomicOperation,
  Callee,
  Operand,
  Operation,
  OperationKind,
  StackSlot,
  Value,
} from "./operation.ts";

/** Regions of bytes at made-up addresses. */
export class PlainMemory {
  readonly #regions: { readonly start: bigint; readonly bytes: Uint8Array }[] = [];

  /** Gives `bytes` an address, and returns it. Different regions lie 2^32 apart. */
  add(bytes: Uint8Array): bigint {
    const start = BigInt(this.#regions.length + 1) << 32n;
    this.#regions.push({ start, bytes });
    return start;
  }

  /** The bytes from `address` on. Fails when they are not all in one region. */
  bytesAt(address: bigint, length: number): Uint8Array {
    const region = this.#regions.find(
      ({ start, bytes }) =>
        address >= start && address + BigInt(length) <= start + BigInt(bytes.length),
    );
    assert(region !== undefined, `${length} bytes at 0x${address.toString(16)} are in no region`);
    const offset = Number(address - region.start);
    return region.bytes.subarray(offset, offset + length);
  }

  /** The number at `address`, without sign. */
  read(address: bigint, length: number): bigint {
    const bytes = new Uint8Array(8);
    bytes.set(this.bytesAt(address, length));
    return viewOf(bytes).getBigUint64(0, true);
  }

  /** Puts the lower bytes of `value` at `address`. */
  write(address: bigint, length: number, value: bigint): void {
    const bytes = new Uint8Array(8);
    viewOf(bytes).setBigUint64(0, BigInt.asUintN(64, value), true);
    this.bytesAt(address, length).set(bytes.subarray(0, length));
  }
}

/** What the function runs in. */
export interface InterpretHost {
  readonly memory: PlainMemory;
  /** Does a call and returns what r0 would be. */
  readonly call?: (callee: Callee, given: readonly bigint[]) => bigint;
  /** The address of a map, as its users see it, or of its only value. */
  readonly mapAddress?: (map: string) => bigint;
  /** The address of a function of the program. */
  readonly functionAddress?: (name: string) => bigint;
  readonly mapValueAddress?: (map: string) => bigint;
  /** Blocks to run before giving up; 1,000,000 when left out. */
  readonly blockLimit?: number;
}

/** What `fn` returns for these arguments, as a signed bigint of 64 bits. */
export function interpret(fn: IrFunction, given: readonly bigint[], host: InterpretHost): bigint {
  return new Run(fn, host).run(given);
}

type Interpreters = {
  readonly [Kind in OperationKind]: (
    run: Run,
    operation: Extract<Operation, { kind: Kind }>,
  ) => bigint | undefined;
};

class Run {
  readonly host: InterpretHost;
  readonly #fn: IrFunction;
  readonly #values: (bigint | undefined)[] = [];
  readonly #slots: ReadonlyMap<StackSlot, bigint>;

  constructor(fn: IrFunction, host: InterpretHost) {
    this.#fn = fn;
    this.host = host;
    this.#slots = new Map(
      fn.slots.map((slot) => [slot, host.memory.add(new Uint8Array(slot.size))]),
    );
  }

  run(given: readonly bigint[]): bigint {
    let block = this.#fn.blocks[0]!;
    this.#enter(block, given.slice(0, block.parameters.length));
    for (let left = this.host.blockLimit ?? 1_000_000; ; left--) {
      assert(left > 0, `${this.#fn.name} does not end`);
      for (const operation of block.operations) this.#operate(operation);
      const end = block.terminator;
      if (end.kind === "return") return end.result === undefined ? 0n : this.get(end.result);
      block = this.#follow(this.#next(block));
    }
  }

  get(operand: Operand): bigint {
    if (typeof operand === "bigint") return operand;
    const value = this.#values[operand];
    assert(value !== undefined, `%${operand} is read before it is defined`);
    return value;
  }

  /** The address of `offset` bytes behind a base. */
  address(base: Value | StackSlot, offset: number): bigint {
    const start = typeof base === "number" ? this.get(base) : this.#slots.get(base)!;
    return start + BigInt(offset);
  }

  #operate(operation: Operation): void {
    const perform = interpreters[operation.kind] as (
      run: Run,
      operation: Operation,
    ) => bigint | undefined;
    const result = perform(this, operation);
    if ("result" in operation && operation.result !== undefined) {
      this.#values[operation.result] = signed64(result!);
    }
  }

  #next({ terminator }: Block): Successor {
    if (terminator.kind === "jump") return terminator.to;
    assert(terminator.kind === "branch", "a block is not finished");
    const { op, width, left, right } = terminator;
    const holds = evaluateComparison(op, width, this.get(left), this.get(right));
    return holds ? terminator.then : terminator.else;
  }

  #follow({ block, arguments: given }: Successor): Block {
    this.#enter(
      block,
      given.map((argument) => this.get(argument)),
    );
    return block;
  }

  #enter(block: Block, given: readonly bigint[]): void {
    assert(given.length === block.parameters.length, `b${block.id} gets ${given.length} arguments`);
    block.parameters.forEach((parameter, index) => {
      this.#values[parameter] = signed64(given[index]!);
    });
  }
}

const interpreters: Interpreters = {
  binary: (run, { op, width, left, right }) =>
    evaluateBinary(op, width, run.get(left), run.get(right)),
  negate: (run, { width, operand }) => evaluateNegate(width, run.get(operand)),
  swap: (run, { bits, operand }) => evaluateSwap(bits, run.get(operand)),
  extend: (run, operation) => evaluateExtend(operation, run.get(operation.operand)),
  "slot-address": (run, { slot, offset }) => run.address(slot, offset),
  "map-address": (run, { map }) => run.host.mapAddress!(map),
  "function-address": (run, { function: name }) => run.host.functionAddress!(name),
  "map-value-address": (run, { map, offset }) => run.host.mapValueAddress!(map) + BigInt(offset),
  load: (run, operation) => load(run, operation, operation.base),
  store: (run, operation) => store(run, operation, operation.base),
  "load-slot": (run, operation) => load(run, operation, operation.slot),
  "store-slot": (run, operation) => store(run, operation, operation.slot),
  atomic: (run, operation) => {
    const address = run.address(operation.base, operation.offset);
    const old = run.host.memory.read(address, operation.bytes);
    run.host.memory.write(address, operation.bytes, afterAtomic(run, operation, old));
    return old;
  },
  call: (run, { callee, arguments: given }) =>
    run.host.call!(
      callee,
      given.map((argument) => run.get(argument)),
    ),
  "core-constant": (_run, { value }) => value,
};

interface Access {
  readonly offset: number;
  readonly bytes: number;
}

function load(run: Run, access: Access & { signed: boolean }, base: Value | StackSlot): bigint {
  const value = run.host.memory.read(run.address(base, access.offset), access.bytes);
  return access.signed ? BigInt.asIntN(8 * access.bytes, value) : value;
}

function store(run: Run, access: Access & { stored: Operand }, base: Value | StackSlot): undefined {
  run.host.memory.write(run.address(base, access.offset), access.bytes, run.get(access.stored));
}

function afterAtomic(
  run: Run,
  { op, bytes, operand, expected }: AtomicOperation,
  old: bigint,
): bigint {
  const given = run.get(operand);
  if (op === "xchg") return given;
  if (op !== "cmpxchg") return evaluateBinary(op, bytes === 4 ? 32 : 64, old, given);
  return BigInt.asUintN(8 * bytes, run.get(expected!)) === old ? given : old;
}
