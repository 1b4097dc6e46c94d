/**
 * Random steps of programs that the kernel takes: instructions on registers and memory, and short ways around them.
 *
 * What a step may touch is given once: registers that hold numbers, and spaces of memory. So a generator of programs only
 * has to say where its memory is. No step calls anything or needs more of the program than itself.
 * @module
 */
import type { Instruction } from "../../isa/instruction.ts";
import { aluOperations, atomicOperations, comparisons, signedSizes } from "../../isa/opcode.ts";
import type { Operand, Register } from "../../isa/register.ts";
import type { Random } from "../../lang/ir/testing-generator.ts";
import type { ProgramFunction } from "../../spec/program-spec.ts";

/** A program that was made at random. */
export interface RandomProgram {
  readonly instructions: readonly Instruction[];
  /** All functions in it, its main function first. */
  readonly functions: readonly ProgramFunction[];
}

/** Bytes from `offset` behind an address in a register. */
export interface Space {
  readonly base: Register;
  readonly offset: number;
  readonly bytes: number;
  /**
   * `stack` is accessed at multiples of the size, `value` (of a map) anywhere, but by atomic operations; `packet`
   * anywhere and by no atomic operation, a `constant` is only read, an `arena` is accessed anywhere, also where it has no
   * page. What is read in a value or an arena the verifier knows nothing about.
   */
  readonly kind: "stack" | "value" | "packet" | "constant" | "arena";
  /** Of an arena: a part where a page may be missing. It is accessed at multiples of the size alone. */
  readonly lacking?: true;
}

/** Where something is accessed. */
interface Place {
  readonly base: Register;
  readonly offset: number;
}

/** What steps work on. */
export interface StepOptions {
  /** Registers for numbers, all set. */
  readonly numbers: readonly Register[];
  /** Memory; one that stands here twice is taken twice as often. */
  readonly spaces: readonly Space[];
  /** Load-acquire and store-release, which need Linux 6.15. */
  readonly ordered: boolean;
  /** What labels begin with. */
  readonly prefix: string;
}

export const exit: Instruction = { kind: "exit" };
export const sizes = ["u8", "u16", "u32", "u64"] as const;
const bytesOf = { u8: 1, u16: 2, u32: 4, u64: 8, s8: 1, s16: 2, s32: 4 } as const;
type AnySize = keyof typeof bytesOf;
const keysOf = <Key extends string>(table: { readonly [K in Key]: unknown }): Key[] =>
  Object.keys(table) as Key[];

/** Clears the upper half of a register. */
function lowerHalf(register: Register): Instruction {
  return { kind: "alu", op: "mov", width: 32, dst: register, src: register };
}

export function move(dst: Register, src: Operand): Instruction {
  return { kind: "alu", op: "mov", width: 64, dst, src };
}

export function add(dst: Register, src: Operand): Instruction {
  return { kind: "alu", op: "add", width: 64, dst, src };
}

export function load(dst: Register, base: Register, offset: number): Instruction {
  return { kind: "load", size: "u64", dst, base, offset };
}

export function store(base: Register, offset: number, src: Operand): Instruction {
  return { kind: "store", size: "u64", base, offset, src };
}

/** The instructions, with a label at the first. */
export function labelled([first, ...rest]: readonly Instruction[], label: string): Instruction[] {
  return [{ ...first!, label }, ...rest];
}

/** Makes steps. */
export class Steps {
  readonly #random: Random;
  readonly #options: StepOptions;
  readonly #steps: readonly (() => Instruction[])[];
  #labels = 0;

  constructor(random: Random, options: StepOptions) {
    this.#random = random;
    this.#options = options;
    const one = [
      ...Array.from({ length: 6 }, () => () => this.alu()),
      () => this.#negate(),
      () => this.#byteSwap(),
      () => this.#moveSignExtended(),
      () => this.#load(),
      () => this.#load(),
      () => this.#store(),
      () => this.#store(),
      () => this.#wideLoad(),
      ...(options.ordered ? [() => this.#ordered()] : []),
    ];
    this.#steps = [
      ...one.map((make) => () => [make()]),
      () => this.#atomic(),
      () => this.#atomic(),
      () => this.#jump(),
      () => this.#longJump(),
    ];
  }

  /** Some step. */
  step(): Instruction[] {
    return this.#random.pick(this.#steps)();
  }

  /** So many steps one behind the other. */
  steps(count: number): Instruction[] {
    return Array.from({ length: count }, () => this.step()).flat();
  }

  register(): Register {
    return this.#random.pick(this.#options.numbers);
  }

  /** A register with a number, or a number. */
  operand(): Operand {
    return this.#random.chance(60) ? this.register() : this.#constant();
  }

  /** A label that is used nowhere else. */
  label(): string {
    return `${this.#options.prefix}.${this.#labels++}`;
  }

  /** The verifier takes no division by a zero it sees, and no shift of a constant beyond the width. */
  alu(): Instruction {
    const [op, width] = [this.#random.pick(keysOf(aluOperations)), this.#width()];
    const given = this.operand();
    const number = ["lsh", "rsh", "arsh"].includes(op)
      ? this.#random.below(width)
      : given || (op.endsWith("div") || op.endsWith("mod") ? 3 : 0);
    const src = typeof given === "string" ? given : number;
    return { kind: "alu", op, width, dst: this.register(), src };
  }

  #constant(): number {
    return Number(BigInt.asIntN(32, this.#random.number()));
  }

  #width(): 32 | 64 {
    return this.#random.pick([32, 64] as const);
  }

  /** Where `size` bytes are, in a space of one of these kinds. */
  #place(
    size: AnySize,
    kinds: readonly Space["kind"][],
    aligned = false,
  ): Place & { readonly space: Space } {
    const length = bytesOf[size];
    const spaces = this.#options.spaces.filter(
      (space) => kinds.includes(space.kind) && space.bytes >= length,
    );
    const space = this.#random.pick(spaces);
    const { base, offset, bytes, kind } = space;
    const step =
      aligned || space.lacking === true || kind === "stack" || this.#random.chance(70) ? length : 1;
    const places = Math.floor((bytes - length) / step) + 1;
    return { base, offset: offset + this.#random.below(places) * step, space };
  }

  #negate(): Instruction {
    return { kind: "negate", width: this.#width(), dst: this.register() };
  }

  #byteSwap(): Instruction {
    const order = this.#random.pick(["le", "be", "bswap"] as const);
    const bits = this.#random.pick([16, 32, 64] as const);
    return { kind: "byte-swap", order, bits, dst: this.register() };
  }

  #moveSignExtended(): Instruction {
    const width = this.#width();
    const from = this.#random.pick(
      width === 32 ? (["s8", "s16"] as const) : (["s8", "s16", "s32"] as const),
    );
    return { kind: "movsx", width, from, dst: this.register(), src: this.register() };
  }

  #load(): Instruction {
    const size = this.#random.pick([...sizes, ...keysOf(signedSizes)]);
    const { base, offset } = this.#place(size, everywhere);
    return { kind: "load", size, dst: this.register(), base, offset };
  }

  #store(): Instruction {
    const size = this.#random.pick(sizes);
    const { base, offset } = this.#place(size, forStores);
    return { kind: "store", size, base, offset, src: this.operand() };
  }

  #ordered(): Instruction {
    const size = this.#random.pick(sizes);
    const { space, ...place } = this.#place(size, forAtomics, true);
    // Where no page is, Linux 6.18 leaves the register as it was, and clears it for all other loads.
    return this.#random.chance(50) && space.lacking !== true
      ? { kind: "load-acquire", size, dst: this.register(), ...place }
      : { kind: "store-release", size, src: this.register(), ...place };
  }

  /**
   * What is fetched from the stack goes to a value and comes back. The verifier may believe that it was in the register
   * before, and leave out branches that are taken: when it needs a number to be precise, it follows a store back from memory to
   * the register, and takes the operation for one (`backtrack_insn` of kernel/bpf/verifier.c; seen with Linux 6.18).
   */
  #atomic(): Instruction[] {
    const size = this.#random.pick(["u32", "u64"] as const);
    const {
      space: { kind },
      ...place
    } = this.#place(size, forAtomics, true);
    const all = keysOf(atomicOperations);
    const op = this.#random.pick(kind === "arena" ? all.filter((it) => !loops.has(it)) : all);
    const src = this.register();
    const atomic = { kind: "atomic", op, size, ...place, src } as const;
    const fetched = op === "cmpxchg" ? "r0" : op.startsWith("fetch_") || op === "xchg" ? src : "";
    // In arenas the kernel on x86-64 forgets to clear the upper half behind a comparison that holds (`is_cmpxchg_insn`).
    if (kind === "arena" && op === "cmpxchg" && size === "u32") return [atomic, lowerHalf("r0")];
    if (fetched === "" || kind !== "stack") return [atomic];
    const { base, offset } = this.#value;
    return [atomic, store(base, offset, fetched), load(fetched, base, offset)];
  }

  get #value(): Space {
    return this.#options.spaces.find(({ kind }) => kind === "value")!;
  }

  #wideLoad(): Instruction {
    const value = BigInt.asUintN(64, this.#random.number());
    return { kind: "wide-load", dst: this.register(), value };
  }

  /** A jump over some steps. */
  #jump(): Instruction[] {
    const target = this.label();
    const over = Array.from({ length: 1 + this.#random.below(3) }, () => this.alu());
    return [this.#jumpIf(target), ...over, { ...this.alu(), label: target }];
  }

  /** One of two instructions, with a long jump over the other. */
  #longJump(): Instruction[] {
    const [other, end] = [this.label(), this.label()];
    const kind = this.#random.pick(["long-jump", "jump"] as const);
    return [
      this.#jumpIf(other),
      this.alu(),
      { kind, target: end },
      { ...this.alu(), label: other },
      { ...this.alu(), label: end },
    ];
  }

  #jumpIf(target: string): Instruction {
    const op = this.#random.pick(keysOf(comparisons));
    const [dst, src] = [this.register(), this.operand()];
    return { kind: "jump-if", op, width: this.#width(), dst, src, target };
  }
}

const everywhere = ["stack", "value", "packet", "constant", "arena"] as const;
const forStores = ["stack", "value", "packet", "arena"] as const;
const forAtomics = ["stack", "value", "arena"] as const;

/** Operations that take several instructions of x86-64, whose compiler has none for arenas (arch/x86/net/bpf_jit_comp.c). */
const loops: ReadonlySet<string> = new Set(["fetch_and", "fetch_or", "fetch_xor"]);
