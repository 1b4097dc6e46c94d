/**
 * Random programs that the kernel takes, for tests that hold the machine against it.
 *
 * A batch is one program for the kernel: its main function calls each of many short programs, which take their numbers
 * from an area of their own in a map's value, work on registers, stack and that area, and leave all of it there. So
 * nothing they did stays unseen, and loading is paid once for many. Loops are not generated.
 * @module
 */
import type { Instruction } from "../../isa/instruction.ts";
import { aluOperations, atomicOperations, comparisons, signedSizes } from "../../isa/opcode.ts";
import type { Operand, Register } from "../../isa/register.ts";
import { Random } from "../../lang/ir/testing-generator.ts";

/** Bytes of the map's value that each program has: registers, then stack, then bytes to work on. */
export const areaSize = 256;
const stackSize = 64;
const stackOffset = 64;
const scratchOffset = 128;
const scratchSize = 128;
/** Name of the map. */
export const mapName = "area";

/** What may be generated. */
export interface GeneratorOptions {
  /** Programs in the batch. */
  readonly programs: number;
  /** Load-acquire and store-release, which need Linux 6.15. */
  readonly ordered: boolean;
}

/** Instructions of a batch. */
export function generateBatch(seed: number, options: GeneratorOptions): Instruction[] {
  const random = new Random(seed);
  const indices = Array.from({ length: options.programs }, (_, index) => index);
  return [
    ...indices.map((index): Instruction => ({ kind: "call-local", target: `program${index}` })),
    move("r0", 0),
    exit,
    ...indices.flatMap((index) => new Generator(random, index, options.ordered).program()),
  ];
}

const exit: Instruction = { kind: "exit" };
/** Registers for numbers; r6 is the area, r9 the top of the stack that loads and stores go to by another name. */
const numbers: readonly Register[] = ["r0", "r1", "r2", "r3", "r4", "r5", "r7", "r8"];
const sizes = ["u8", "u16", "u32", "u64"] as const;
const bytesOf = { u8: 1, u16: 2, u32: 4, u64: 8, s8: 1, s16: 2, s32: 4 } as const;
const keysOf = <Key extends string>(table: { readonly [K in Key]: unknown }): Key[] =>
  Object.keys(table) as Key[];

function move(dst: Register, src: Operand): Instruction {
  return { kind: "alu", op: "mov", width: 64, dst, src };
}

function load(dst: Register, base: Register, offset: number): Instruction {
  return { kind: "load", size: "u64", dst, base, offset };
}

function store(base: Register, offset: number, src: Register): Instruction {
  return { kind: "store", size: "u64", base, offset, src };
}

function labelled([first, ...rest]: readonly Instruction[], label: string): Instruction[] {
  return [{ ...first!, label }, ...rest];
}

/** Makes one program of a batch. */
class Generator {
  readonly #random: Random;
  readonly #index: number;
  readonly #steps: readonly (() => Instruction[])[];
  #labels = 0;
  #hasLeaf = false;

  constructor(random: Random, index: number, ordered: boolean) {
    this.#random = random;
    this.#index = index;
    const one = [
      ...Array.from({ length: 6 }, () => () => this.#alu()),
      () => this.#negate(),
      () => this.#byteSwap(),
      () => this.#moveSignExtended(),
      () => this.#load(),
      () => this.#load(),
      () => this.#store(),
      () => this.#store(),
      () => this.#atomic(),
      () => this.#atomic(),
      () => this.#wideLoad(),
      ...(ordered ? [() => this.#ordered()] : []),
    ];
    this.#steps = [
      ...one.map((make) => () => [make()]),
      () => this.#jump(),
      () => this.#longJump(),
      () => this.#call(),
    ];
  }

  program(): Instruction[] {
    const steps = Array.from({ length: 4 + this.#random.below(24) }, () => this.#step());
    const stack = Array.from({ length: stackSize / 8 }, (_, word) => word * 8);
    const area = { kind: "map-index-value", index: 0, offset: this.#index * areaSize } as const;
    const body = [
      { kind: "wide-load", dst: "r6", value: area } as const,
      move("r9", "r10"),
      ...stack.flatMap((at) => [
        load("r0", "r6", stackOffset + at),
        store("r10", at - stackSize, "r0"),
      ]),
      ...numbers.map((register, at) => load(register, "r6", at * 8)),
      ...steps.flat(),
      ...numbers.map((register, at) => store("r6", at * 8, register)),
      ...stack.flatMap((at) => [
        load("r0", "r10", at - stackSize),
        store("r6", stackOffset + at, "r0"),
      ]),
      exit,
    ];
    return [...labelled(body, `program${this.#index}`), ...(this.#hasLeaf ? this.#leaf() : [])];
  }

  #step(): Instruction[] {
    return this.#random.pick(this.#steps)();
  }

  #register(): Register {
    return this.#random.pick(numbers);
  }

  #constant(): number {
    return Number(BigInt.asIntN(32, this.#random.number()));
  }

  #operand(): Operand {
    return this.#random.chance(60) ? this.#register() : this.#constant();
  }

  #width(): 32 | 64 {
    return this.#random.pick([32, 64] as const);
  }

  /** Stack by r10 or r9, or the area; `size` bytes are there and aligned. */
  #place(size: keyof typeof bytesOf): { readonly base: Register; readonly offset: number } {
    const base = this.#random.pick(["r10", "r9", "r6", "r6"] as const);
    const bytes = bytesOf[size];
    if (base === "r6") return this.#areaPlace(size);
    return { base, offset: this.#random.below(stackSize / bytes) * bytes - stackSize };
  }

  #areaPlace(size: keyof typeof bytesOf): { readonly base: "r6"; readonly offset: number } {
    const bytes = bytesOf[size];
    return { base: "r6", offset: scratchOffset + this.#random.below(scratchSize / bytes) * bytes };
  }

  /** The verifier takes no division by a zero it sees, and no shift of a constant beyond the width. */
  #alu(): Instruction {
    const [op, width] = [this.#random.pick(keysOf(aluOperations)), this.#width()];
    const given = this.#operand();
    const number = ["lsh", "rsh", "arsh"].includes(op)
      ? this.#random.below(width)
      : given || (op.endsWith("div") || op.endsWith("mod") ? 3 : 0);
    const src = typeof given === "string" ? given : number;
    return { kind: "alu", op, width, dst: this.#register(), src };
  }

  #negate(): Instruction {
    return { kind: "negate", width: this.#width(), dst: this.#register() };
  }

  #byteSwap(): Instruction {
    const order = this.#random.pick(["le", "be", "bswap"] as const);
    const bits = this.#random.pick([16, 32, 64] as const);
    return { kind: "byte-swap", order, bits, dst: this.#register() };
  }

  #moveSignExtended(): Instruction {
    const width = this.#width();
    const from = this.#random.pick(
      width === 32 ? (["s8", "s16"] as const) : (["s8", "s16", "s32"] as const),
    );
    return { kind: "movsx", width, from, dst: this.#register(), src: this.#register() };
  }

  #load(): Instruction {
    const size = this.#random.pick([...sizes, ...keysOf(signedSizes)]);
    return { kind: "load", size, dst: this.#register(), ...this.#place(size) };
  }

  #store(): Instruction {
    const size = this.#random.pick(sizes);
    return { kind: "store", size, ...this.#place(size), src: this.#operand() };
  }

  #ordered(): Instruction {
    const size = this.#random.pick(sizes);
    const place = this.#place(size);
    return this.#random.chance(50)
      ? { kind: "load-acquire", size, dst: this.#register(), ...place }
      : { kind: "store-release", size, src: this.#register(), ...place };
  }

  /**
   * What fetches goes to the area only. On the stack the verifier forgets, when it needs a fetched value to be precise,
   * that it came from there, and leaves out branches that are taken (seen with Linux 6.18).
   */
  #atomic(): Instruction {
    const size = this.#random.pick(["u32", "u64"] as const);
    const op = this.#random.pick(keysOf(atomicOperations));
    const fetches = op.startsWith("fetch_") || op.endsWith("xchg");
    const place = fetches ? this.#areaPlace(size) : this.#place(size);
    return { kind: "atomic", op, size, ...place, src: this.#register() };
  }

  #wideLoad(): Instruction {
    const value = BigInt.asUintN(64, this.#random.number());
    return { kind: "wide-load", dst: this.#register(), value };
  }

  #label(): string {
    return `program${this.#index}.${this.#labels++}`;
  }

  /** A jump over some steps. */
  #jump(): Instruction[] {
    const target = this.#label();
    const op = this.#random.pick(keysOf(comparisons));
    const [dst, src] = [this.#register(), this.#operand()];
    const over = Array.from({ length: 1 + this.#random.below(3) }, () => [this.#alu()]);
    return [
      { kind: "jump-if", op, width: this.#width(), dst, src, target },
      ...over.flat(),
      { ...this.#alu(), label: target },
    ];
  }

  /** One of two instructions, with a long jump over the other. */
  #longJump(): Instruction[] {
    const [other, end] = [this.#label(), this.#label()];
    const op = this.#random.pick(keysOf(comparisons));
    const kind = this.#random.pick(["long-jump", "jump"] as const);
    return [
      {
        kind: "jump-if",
        op,
        width: 64,
        dst: this.#register(),
        src: this.#operand(),
        target: other,
      },
      this.#alu(),
      { kind, target: end },
      { ...this.#alu(), label: other },
      { ...this.#alu(), label: end },
    ];
  }

  /** A call of the program's own function; r1 to r5 are lost by it. */
  #call(): Instruction[] {
    this.#hasLeaf = true;
    const again = numbers.slice(1, 6).map((register, at) => load(register, "r6", at * 8));
    return [{ kind: "call-local", target: `program${this.#index}.leaf` }, ...again];
  }

  /** A function with a stack, that uses the registers its caller keeps. */
  #leaf(): Instruction[] {
    const random = this.#random;
    const own: Register[] = ["r0", "r6", "r7", "r8", "r9"];
    const pick = (): Register => random.pick(["r1", "r2", "r3", "r4", "r5", ...own]);
    const body = [
      ...own.map((register) => move(register, random.pick(["r1", "r2", "r3", "r4", "r5"]))),
      store("r10", -8, "r1"),
      store("r10", -16, "r2"),
      ...Array.from({ length: 6 }, () => ({ ...this.#alu(), dst: pick() }) as Instruction),
      load("r3", "r10", random.pick([-8, -16])),
      { kind: "alu", op: "xor", width: 64, dst: "r0", src: "r3" } as const,
      exit,
    ];
    return labelled(body, `program${this.#index}.leaf`);
  }
}
