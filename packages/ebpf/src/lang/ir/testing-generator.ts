/**
 * Random functions for tests: the same seed always gives the same function.
 *
 * They compute on up to 20 variables with branches, loops that end, arithmetic of both widths, stack slots, calls and
 * map values, read their input from a context of {@link inputBytes} bytes and leave every variable behind it. They
 * are built so that the verifier can follow them: addresses are only computed from constants.
 * @module
 */
import type { Comparison, Width } from "../../isa/instruction.ts";
import { FunctionBuilder, type Variable } from "./builder.ts";
import type { Block, IrFunction } from "./function.ts";
import type { AccessBytes, BinaryOperator, Operand, StackSlot, Value } from "./operation.ts";

/** Bytes of the context that functions read. */
export const inputBytes = 160;
/** Bytes of the whole context: input, then one `u64` for each variable. */
export const contextBytes = 320;
/** Name of the array map they use; it has one element. */
export const mapName = "numbers";
/** Bytes of its value. */
export const mapValueBytes = 16;

/** What to use in functions. */
export interface GeneratorOptions {
  /** Signed division, which needs ISA v4. */
  readonly signedDivision: boolean;
  /** Atomic operations: all where nothing is said; before Linux 5.12 programs can only add. */
  readonly atomics?: "add" | "all";
}

/** A source of random numbers that repeats itself for the same seed. */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = (seed ^ 0x9e3779b9) >>> 0;
  }

  /** An integer from 0 up to but not `limit`. */
  below(limit: number): number {
    // Xorshift of 32 bits (Marsaglia, 2003) over a counter, mixed so that near seeds differ at once.
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % limit;
  }

  chance(percent: number): boolean {
    return this.below(100) < percent;
  }

  pick<T>(choices: readonly T[]): T {
    return choices[this.below(choices.length)]!;
  }

  /** A number of 64 bits with sign, often one at an edge. */
  number(): bigint {
    if (this.chance(40)) return BigInt(this.below(20) - 4);
    if (this.chance(50)) return this.pick(edges);
    const wide = (BigInt(this.below(2 ** 32)) << 32n) | BigInt(this.below(2 ** 32));
    return BigInt.asIntN(64, wide >> BigInt(this.below(64)));
  }
}

const edges: readonly bigint[] = [
  0x7fn,
  0x80n,
  0xffn,
  0x100n,
  0x7fffn,
  0x8000n,
  0xffffn,
  0x7fff_ffffn,
  0x8000_0000n,
  0xffff_ffffn,
  0x1_0000_0000n,
  -0x8000_0000n,
  -0x8000_0001n,
  0x7fff_ffff_ffff_ffffn,
  -0x8000_0000_0000_0000n,
];

/** A random function of one parameter, its context. */
export function generateFunction(seed: number, options: GeneratorOptions): IrFunction {
  return new Generator(new Random(seed), options).run();
}

const operators: readonly BinaryOperator[] = [
  "add",
  "add",
  "sub",
  "sub",
  "mul",
  "div",
  "mod",
  "or",
  "and",
  "and",
  "xor",
  "lsh",
  "rsh",
  "arsh",
];
const signedOperators: readonly BinaryOperator[] = [...operators, "sdiv", "smod"];
const comparisons: readonly Comparison[] = [
  "eq",
  "ne",
  "gt",
  "ge",
  "lt",
  "le",
  "sgt",
  "sge",
  "slt",
  "sle",
  "set",
];
const widths: readonly Width[] = [32, 64];
/** Mostly 8: accesses to the same place are what passes must keep apart. */
const sizes: readonly AccessBytes[] = [1, 2, 4, 8, 8, 8, 8];

class Generator {
  readonly #random: Random;
  readonly #builder = new FunctionBuilder("random", ["context"]);
  readonly #context: Value;
  readonly #operators: readonly BinaryOperator[];
  readonly #atomics: "add" | "all";
  readonly #variables: Variable[] = [];
  readonly #counters: Variable[] = [];
  readonly #slots: StackSlot[] = [];
  #nesting = 0;

  constructor(random: Random, options: GeneratorOptions) {
    this.#random = random;
    this.#context = this.#builder.current.parameters[0]!;
    this.#atomics = options.atomics ?? "all";
    this.#operators = options.signedDivision ? signedOperators : operators;
  }

  run(): IrFunction {
    const random = this.#random;
    for (let index = 0; index <= random.below(3); index++) this.#declareSlot(index);
    const count = 2 + random.below(19);
    for (let index = 0; index < count; index++) this.#declareVariable(index);
    this.#statements(4 + random.below(10));
    if (!this.#builder.ended) this.#finish();
    return this.#builder.function;
  }

  #declareSlot(index: number): void {
    const slot = this.#builder.slot(`slot${index}`, 16, 8);
    this.#slots.push(slot);
    for (const offset of [0, 8]) {
      this.#builder.effect({ kind: "store-slot", slot, offset, bytes: 8, stored: 0n });
    }
  }

  #declareVariable(index: number): void {
    const variable = { name: `v${index}` };
    this.#builder.write(variable, this.#random.chance(20) ? this.#random.number() : this.#input());
    this.#variables.push(variable);
  }

  #input(): Value {
    const bytes = this.#random.pick([8, 8, 4, 2, 1] as const);
    const offset = bytes * this.#random.below(inputBytes / bytes);
    const signed = bytes < 8 && this.#random.chance(30);
    const [base, memory] = [this.#context, "context"] as const;
    return this.#builder.define({ kind: "load", base, offset, bytes, signed, memory });
  }

  #finish(): void {
    let sum: Operand = 0n;
    this.#variables.forEach((variable, index) => {
      const stored = this.#builder.read(variable);
      this.#output(index, stored);
      sum = this.#binary("xor", 64, sum, stored);
    });
    this.#builder.return(sum);
  }

  #output(index: number, stored: Operand): void {
    const offset = inputBytes + 8 * index;
    const [base, memory] = [this.#context, "context"] as const;
    this.#builder.effect({ kind: "store", base, offset, bytes: 8, stored, memory });
  }

  #statements(count: number): void {
    for (let index = 0; index < count && !this.#builder.ended; index++) this.#statement();
  }

  #statement(): void {
    const die = this.#random.below(100);
    if (die < 40) this.#assign(this.#expression(3));
    else if (die < 46) this.#exchange();
    else if (die < 60) this.#condition();
    else if (die < 68) this.#loop();
    else if (die < 80) this.#slotAccess();
    else if (die < 86) this.#call();
    else if (die < 96) this.#mapValue();
    else if (die < 98)
      this.#output(this.#random.below(this.#variables.length), this.#expression(1));
    else if (this.#nesting > 0) this.#finish();
  }

  #assign(value: Operand): void {
    this.#builder.write(this.#random.pick(this.#variables), value);
  }

  /** Variables in a ring take each other's values: at the end of a loop this needs moves all at once. */
  #exchange(): void {
    const ring = this.#variables.filter(() => this.#random.chance(30));
    const values = ring.map((variable) => this.#builder.read(variable));
    ring.forEach((variable, index) =>
      this.#builder.write(variable, values[(index + 1) % ring.length]!),
    );
  }

  #condition(): void {
    const builder = this.#builder;
    const [then, otherwise, after] = [builder.block(), builder.block(), builder.block()];
    this.#branch({ then, else: otherwise });
    for (const side of [then, otherwise]) {
      builder.seal(side);
      builder.current = side;
      if (side === then || this.#random.chance(60)) this.#nested();
      builder.jump(after);
    }
    builder.seal(after);
    builder.current = after;
  }

  #nested(): void {
    this.#nesting += 1;
    this.#statements(this.#nesting > 3 ? 1 : 1 + this.#random.below(4));
    this.#nesting -= 1;
  }

  #branch(targets: Parameters<FunctionBuilder["branch"]>[1]): void {
    const [op, width] = [this.#random.pick(comparisons), this.#random.pick(widths)];
    const [left, right] = [this.#expression(1), this.#expression(1)];
    this.#builder.branch({ op, width, left, right }, targets);
  }

  #loop(): void {
    if (this.#counters.length >= 2) return;
    const builder = this.#builder;
    const counter = { name: `i${builder.function.blocks.length}` };
    builder.write(counter, 0n);
    const exit = builder.block();
    this.#counters.push(counter);
    builder.inLoop(() => this.#loopBody(counter, exit));
    this.#counters.pop();
    builder.seal(exit);
    builder.current = exit;
  }

  #loopBody(counter: Variable, exit: Block): void {
    const builder = this.#builder;
    const [head, body, next] = [builder.block(), builder.block(), builder.block()];
    builder.jump(head);
    builder.current = head;
    const [left, right] = [builder.read(counter), BigInt(1 + this.#random.below(3))];
    builder.branch({ op: "lt", width: 64, left, right }, { then: body, else: exit });
    builder.seal(body);
    builder.current = body;
    this.#nested();
    if (this.#random.chance(30)) this.#branch({ then: exit, else: next });
    else builder.jump(next);
    builder.seal(next);
    builder.current = next;
    builder.write(counter, this.#binary("add", 64, builder.read(counter), 1n));
    builder.jump(head);
    builder.seal(head);
  }

  #slotAccess(): void {
    const [slot, bytes] = [this.#random.pick(this.#slots), this.#random.pick(sizes)];
    const offset = bytes * this.#random.below(2);
    const signed = bytes < 8 && this.#random.chance(30);
    if (this.#random.chance(50)) {
      const stored = this.#expression(2);
      this.#builder.effect({ kind: "store-slot", slot, offset, bytes, stored });
    } else {
      this.#assign(this.#builder.define({ kind: "load-slot", slot, offset, bytes, signed }));
    }
  }

  /** A call whose result is different each time and not used: what lives across it must survive. */
  #call(): void {
    const callee = { kind: "helper", id: 5, name: "ktime_get_ns" } as const;
    this.#builder.define({ kind: "call", callee, arguments: [], touches: [] });
  }

  /** Looks up the element of the map and does something to it, if there is one. */
  #mapValue(): void {
    const builder = this.#builder;
    const key = this.#random.pick(this.#slots);
    const stored = this.#random.chance(80) ? 0n : this.#expression(1);
    builder.effect({ kind: "store-slot", slot: key, offset: 0, bytes: 4, stored });
    const map = builder.define({ kind: "map-address", map: mapName });
    const address = builder.define({ kind: "slot-address", slot: key, offset: 0 });
    const callee = { kind: "helper", id: 1, name: "map_lookup_elem" } as const;
    const given = { arguments: [map, address], touches: [key] };
    const found = builder.define({ kind: "call", callee, ...given }, { pointer: true });
    const [there, after] = [builder.block(), builder.block()];
    const missing = { op: "eq", width: 64, left: found, right: 0n } as const;
    builder.branch(missing, { then: after, else: there });
    builder.seal(there);
    builder.current = there;
    for (let count = 1 + this.#random.below(5); count > 0; count--) this.#element(found);
    builder.jump(after);
    builder.seal(after);
    builder.current = after;
  }

  #element(base: Value): void {
    const [bytes, die] = [this.#random.pick(sizes), this.#random.below(3)];
    const offset = bytes * this.#random.below(2);
    const signed = bytes < 8 && this.#random.chance(30);
    const access = { base, offset, bytes, memory: "map-value" } as const;
    if (die === 0) this.#builder.effect({ kind: "store", ...access, stored: this.#expression(1) });
    else if (die === 1) this.#assign(this.#builder.define({ kind: "load", ...access, signed }));
    else this.#atomic(base);
  }

  #atomic(base: Value): void {
    const bytes = this.#random.pick([4, 8] as const);
    const offset = bytes * this.#random.below(2);
    const op = this.#random.pick(["add", "or", "and", "xor", "xchg", "cmpxchg"] as const);
    if (this.#atomics === "add") {
      const added = { base, offset, bytes, operand: this.#expression(1) } as const;
      return this.#builder.effect({ kind: "atomic", op: "add", ...added });
    }
    const operand = this.#expression(1);
    const expected = op === "cmpxchg" ? this.#expression(1) : undefined;
    const operation = { kind: "atomic", op, bytes, base, offset, operand, expected } as const;
    if (this.#random.chance(60)) this.#assign(this.#builder.define(operation));
    else this.#builder.effect(operation);
  }

  #expression(depth: number): Operand {
    const die = this.#random.below(100);
    if (depth === 0 || die < 15) return this.#leaf();
    if (die < 75) {
      const [op, width] = [this.#random.pick(this.#operators), this.#random.pick(widths)];
      return this.#binary(op, width, this.#expression(depth - 1), this.#expression(depth - 1));
    }
    return this.#unary(this.#expression(depth - 1));
  }

  #leaf(): Operand {
    const die = this.#random.below(100);
    if (die < 65) return this.#builder.read(this.#random.pick(this.#variables));
    if (die < 85) return this.#random.number();
    const counter = this.#counters.at(-1);
    return counter === undefined ? this.#input() : this.#builder.read(counter);
  }

  #unary(operand: Operand): Value {
    const [random, builder] = [this.#random, this.#builder];
    const die = random.below(100);
    if (die < 30) return builder.define({ kind: "negate", width: random.pick(widths), operand });
    if (die < 55) {
      const bits = random.pick([16, 32, 64] as const);
      return builder.define({ kind: "swap", order: "network", bits, operand });
    }
    const bits = random.pick([8, 16, 32] as const);
    return builder.define({ kind: "extend", signed: random.chance(50), bits, operand });
  }

  #binary(op: BinaryOperator, width: Width, left: Operand, right: Operand): Value {
    return this.#builder.define({ kind: "binary", op, width, left, right });
  }
}
