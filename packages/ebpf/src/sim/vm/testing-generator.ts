/**
 * Random programs that the kernel takes, for tests that hold the machine against it.
 *
 * A batch is one program for the kernel: its main function calls each of many short programs, which take their numbers
 * from an area of their own in a map's value, work on registers, stack and that area, and leave all of it there. So
 * nothing they did stays unseen, and loading is paid once for many. Packets are not here: see `testing-packet-generator.ts`.
 * @module
 */
import type { Instruction } from "../../isa/instruction.ts";
import type { Register } from "../../isa/register.ts";
import { Random } from "../../lang/ir/testing-generator.ts";
import type { ProgramFunction } from "../../spec/program-spec.ts";
import {
  add,
  exit,
  labelled,
  load,
  move,
  type RandomProgram,
  sizes,
  type Space,
  Steps,
  store,
} from "./testing-steps.ts";

/** Bytes of the first map's value that each program has: registers, then stack, then bytes to work on. */
export const areaSize = 256;
const stackSize = 64;
const stackOffset = 64;
const scratchOffset = 128;
const scratchSize = 128;
/** Where a counter is on the stack, behind what programs work on. */
const counterOffset = -stackSize - 8;
/** Elements of the second map, which programs look up and walk over, and bytes of each. */
export const elements = 5;
export const elementSize = 64;

/** Pages of the arena, of which the first one is there; bytes of a page; bytes that a program has of the first one. */
export const arenaPages = 2;
export const pageSize = 4096;
const ownInArena = 64;

/** What may be generated. */
export interface GeneratorOptions {
  /** Load-acquire and store-release, which need Linux 6.15. */
  readonly ordered: boolean;
  /** `may_goto`, which needs Linux 6.9. */
  readonly mayGoto: boolean;
  /** An arena: map 2. Its operations of all sizes need Linux 6.18. */
  readonly arena: boolean;
}

/**
 * The programs of these seeds, which use maps 0 (areas), 1 (elements) and 2 (an arena). Each is the same wherever it stands,
 * but for its area and its part of the arena: those of its place.
 */
export function generateBatch(seeds: readonly number[], options: GeneratorOptions): RandomProgram {
  const made = seeds.map((seed, index) =>
    new Generator(new Random(seed), index, options).functions(),
  );
  const calls = seeds.flatMap((_, index): Instruction[] => [
    { kind: "call-local", target: nameOf(index) },
    { kind: "alu", op: "xor", width: 64, dst: "r6", src: "r0" },
    { kind: "alu", op: "mul", width: 64, dst: "r6", src: 31 },
  ]);
  const body = [move("r6", 0), ...calls, move("r0", "r6"), exit];
  return assemble([{ name: "main", parameters: 0, linkage: "static", body }, ...made.flat()]);
}

/** A function of a batch. */
interface MadeFunction {
  /** Its label, too. */
  readonly name: string;
  /** How many of r1 to r5 it takes. */
  readonly parameters: number;
  /** `global` ones the verifier looks at by themselves, for any arguments. */
  readonly linkage: "static" | "global";
  readonly body: readonly Instruction[];
}

function assemble(functions: readonly MadeFunction[]): RandomProgram {
  let index = 0;
  const placed = functions.map(({ name, parameters, linkage, body }): ProgramFunction => {
    const names = Array.from({ length: parameters }, (_, at) => `argument${at + 1}`);
    const start = index;
    index += body.length;
    const typed = names.map((it) => ({ name: it, type: "u64" }) as const);
    return { name, index: start, linkage, parameters: typed };
  });
  const instructions = functions.flatMap(({ name, body }) => labelled(body, name));
  return { instructions, functions: placed };
}

function nameOf(index: number): string {
  return `program${index}`;
}

/**
 * Registers for numbers; r6 is the area, r9 the top of the stack that loads and stores go to by another name, or where a
 * program works in the arena.
 */
const numbers: readonly Register[] = ["r0", "r1", "r2", "r3", "r4", "r5", "r7", "r8"];
/** Those that calls overwrite, but for r0. */
const given: readonly Register[] = ["r1", "r2", "r3", "r4", "r5"];
/** Most functions that call each other below a program: with main function and program there are 8 frames. */
const deepest = 6;
const helperIds = { lookup: 1, forEach: 164, loop: 181 } as const;

/** Makes an address of the arena, as user space knows it, one that programs use. */
function toKernel(register: Register): Instruction {
  return { kind: "addr-space-cast", dst: register, src: register, to: 0, from: 1 };
}

/** Makes one program of a batch, with the functions it calls. */
class Generator {
  readonly #random: Random;
  readonly #index: number;
  readonly #options: GeneratorOptions;
  readonly #steps: Steps;
  readonly #called: MadeFunction[] = [];
  /** It works in the arena, and knows the stack by one name alone. */
  readonly #hasArena: boolean;

  constructor(random: Random, index: number, options: GeneratorOptions) {
    this.#random = random;
    this.#index = index;
    this.#options = options;
    this.#hasArena = options.arena && random.chance(50);
    const stack = { base: "r10", offset: -stackSize, bytes: stackSize, kind: "stack" } as const;
    const others = this.#hasArena ? this.#inArena : [{ ...stack, base: "r9" } as const];
    this.#steps = this.#stepsOn(numbers, [stack, ...others, this.#area, this.#area]);
  }

  functions(): readonly MadeFunction[] {
    const steps = Array.from({ length: 4 + this.#random.below(24) }, () => this.#step());
    const stack = Array.from({ length: stackSize / 8 }, (_, word) => word * 8);
    const body = [
      this.#loadArea,
      ...(this.#hasArena ? this.#loadArena("r9") : [move("r9", "r10")]),
      ...stack.flatMap((at) => [
        load("r0", "r6", stackOffset + at),
        store("r10", at - stackSize, "r0"),
      ]),
      ...this.#reload(numbers),
      ...steps.flat(),
      ...numbers.map((register, at) => store("r6", at * 8, register)),
      ...stack.flatMap((at) => [
        load("r0", "r10", at - stackSize),
        store("r6", stackOffset + at, "r0"),
      ]),
      exit,
    ];
    return [
      { name: nameOf(this.#index), parameters: 0, linkage: this.#linkage(), body },
      ...this.#called,
    ];
  }

  #step(): Instruction[] {
    if (this.#random.chance(80)) return this.#steps.step();
    const more = [
      () => this.#call(),
      () => this.#loopBack(),
      () => this.#walk(),
      () => this.#lookup(),
      () => this.#loop("counted"),
      ...(this.#options.mayGoto ? [() => this.#loop("may_goto")] : []),
      ...(this.#options.arena ? [() => this.#wander(), () => this.#castBack()] : []),
    ];
    return this.#random.pick(more)();
  }

  #linkage(): "static" | "global" {
    return this.#random.chance(30) ? "global" : "static";
  }

  /** The area's part to work on, behind r6. */
  get #area(): Space {
    return { base: "r6", offset: scratchOffset, bytes: scratchSize, kind: "value" };
  }

  /**
   * The program's own part of the arena, and the end of its first page, behind which nothing is. There, what is loaded with one
   * half on the page is 0 in the kernel, and in the machine the half that is there: so nothing lies on both sides.
   */
  get #inArena(): readonly Space[] {
    const end = pageSize - this.#index * ownInArena - 16;
    return [
      { base: "r9", offset: 0, bytes: ownInArena, kind: "arena" },
      { base: "r9", offset: end, bytes: 32, kind: "arena", lacking: true },
    ];
  }

  /** Where the program's part of the arena is, as user space knows it. */
  #arenaAddress(dst: Register): Instruction {
    const value = { kind: "map-index-value", index: 2, offset: this.#index * ownInArena } as const;
    return { kind: "wide-load", dst, value };
  }

  /** The same as programs use it. */
  #loadArena(dst: Register): Instruction[] {
    return [this.#arenaAddress(dst), toKernel(dst)];
  }

  /**
   * An access somewhere in the arena, or far from it: a number is added to its address. What is carried into the upper half
   * the kernel cuts off, because its verifier knows that it is an address of an arena; the machine does not, so nothing is.
   */
  #wander(): Instruction[] {
    const size = this.#random.pick(sizes);
    const most = this.#random.chance(80) ? arenaPages * pageSize - 8 : 0x3fff_fff8;
    const access = this.#random.pick([
      [{ kind: "load", size, dst: "r2", base: "r2", offset: 0 }],
      [{ kind: "store", size, base: "r2", offset: 0, src: "r7" }, move("r2", "r1")],
    ] as const);
    return [
      move("r1", this.#steps.register()),
      { kind: "alu", op: "and", width: 64, dst: "r1", src: most },
      ...this.#loadArena("r2"),
      add("r2", "r1"),
      ...access,
    ];
  }

  /** From the address that programs use to that of user space: the difference to what it was before. */
  #castBack(): Instruction[] {
    const far = this.#random.pick([0, 8, pageSize, -pageSize]);
    return [
      this.#arenaAddress("r1"),
      move("r2", "r1"),
      toKernel("r2"),
      add("r2", far),
      { kind: "addr-space-cast", dst: "r2", src: "r2", to: 1, from: 0 },
      { kind: "alu", op: "sub", width: 64, dst: "r2", src: "r1" },
      move("r1", "r2"),
    ];
  }

  get #loadArea(): Instruction {
    const value = { kind: "map-index-value", index: 0, offset: this.#index * areaSize } as const;
    return { kind: "wide-load", dst: "r6", value };
  }

  #stepsOn(registers: readonly Register[], spaces: readonly Space[]): Steps {
    const prefix = this.#name("step");
    return new Steps(this.#random, { numbers: registers, spaces, prefix, ...this.#options });
  }

  #names = 0;

  #name(what: string): string {
    return `${nameOf(this.#index)}.${what}${this.#names++}`;
  }

  /** Numbers from the area into registers. */
  #reload(registers: readonly Register[]): Instruction[] {
    return registers.map((register) => load(register, "r6", numbers.indexOf(register) * 8));
  }

  /** A call of a function that calls others, with whatever numbers there are; r1 to r5 are lost by it. */
  #call(): Instruction[] {
    const target = this.#chain(1 + this.#random.below(deepest));
    return [{ kind: "call-local", target }, ...this.#reload(given)];
  }

  /** A function that has its own stack and uses the registers its caller keeps; `depth` of them call one another. */
  #chain(depth: number): string {
    const next = depth > 1 ? this.#chain(depth - 1) : undefined;
    const name = this.#name("function");
    const kept: readonly Register[] = ["r0", "r7", "r8", "r9"];
    const stack = { base: "r10", offset: -16, bytes: 16, kind: "stack" } as const;
    const before = this.#stepsOn([...given, ...kept], [stack, this.#area]);
    const behind = this.#stepsOn(kept, [stack, this.#area]);
    const call = { kind: "call-local", target: next ?? "" } as const;
    const body = [
      this.#loadArea,
      ...kept.map((register) => move(register, this.#random.pick(given))),
      store("r10", -8, "r1"),
      store("r10", -16, "r2"),
      ...before.steps(3),
      ...(next === undefined ? [] : [...before.steps(1), call]),
      ...behind.steps(2),
      load("r7", "r10", this.#random.pick([-8, -16])),
      { kind: "alu", op: "xor", width: 64, dst: "r0", src: "r7" } as const,
      exit,
    ];
    this.#called.push({ name, parameters: 5, linkage: this.#linkage(), body });
    return name;
  }

  /** `bpf_loop`: a function called some times, that works on this stack. */
  #loopBack(): Instruction[] {
    const target = this.#callback(2, [move("r9", "r2"), move("r7", "r1")]);
    const turns = this.#steps.operand();
    return [
      move("r1", turns),
      { kind: "alu", op: "and", width: 64, dst: "r1", src: 15 },
      ...this.#callWith(helperIds.loop, target, "r3"),
    ];
  }

  /** `bpf_for_each_map_elem`. */
  #walk(): Instruction[] {
    const start = [move("r9", "r4"), move("r8", "r3")];
    const key: Instruction = { kind: "load", size: "u32", dst: "r7", base: "r2", offset: 0 };
    const element = { base: "r8", offset: 0, bytes: elementSize, kind: "value" } as const;
    const target = this.#callback(4, [...start, key], element);
    return [
      { kind: "wide-load", dst: "r1", value: { kind: "map-index", index: 1 } },
      ...this.#callWith(helperIds.forEach, target, "r3"),
    ];
  }

  /** The call of a helper that calls `target`, whose second argument it is, with the stack; there are no flags. */
  #callWith(id: number, target: string, context: Register): Instruction[] {
    return [
      { kind: "wide-load", dst: "r2", value: { kind: "function", target } },
      move(context, "r10"),
      add(context, -stackSize),
      move("r4", 0),
      { kind: "call-helper", id },
      ...this.#reload(given),
    ];
  }

  /** A function that is called back: `start` takes from its parameters the caller's stack to r9 and a number to r7. */
  #callback(parameters: number, start: readonly Instruction[], element?: Space): string {
    const name = this.#name("callback");
    const registers = numbers.filter((register) => register !== element?.base);
    const spaces: readonly Space[] = [
      { base: "r9", offset: 0, bytes: stackSize, kind: "stack" },
      { base: "r10", offset: -16, bytes: 16, kind: "stack" },
      element ?? this.#area,
      this.#area,
    ];
    const body = [
      ...start,
      this.#loadArea,
      store("r10", -8, "r7"),
      store("r10", -16, 1),
      ...this.#reload(registers.filter((register) => register !== "r7")),
      ...this.#stepsOn(registers, spaces).steps(2 + this.#random.below(5)),
      store("r6", scratchOffset, "r7"),
      move("r0", this.#random.pick(registers)),
      { kind: "alu", op: "and", width: 64, dst: "r0", src: this.#random.pick([0, 1, 1]) } as const,
      exit,
    ];
    this.#called.push({ name, parameters, linkage: "static", body });
    return name;
  }

  /** An element of the second map, or none, at a key that is not known before. */
  #lookup(): Instruction[] {
    const none = this.#steps.label();
    const offset = this.#random.below(elementSize / 8) * 8;
    const size = this.#random.pick(sizes);
    return [
      move("r1", this.#steps.register()),
      { kind: "alu", op: "and", width: 64, dst: "r1", src: 7 },
      { kind: "store", size: "u32", base: "r10", offset: counterOffset, src: "r1" },
      { kind: "wide-load", dst: "r1", value: { kind: "map-index", index: 1 } },
      move("r2", "r10"),
      add("r2", counterOffset),
      { kind: "call-helper", id: helperIds.lookup },
      move("r1", 7),
      { kind: "jump-if", op: "eq", width: 64, dst: "r0", src: 0, target: none },
      { kind: "load", size, dst: "r1", base: "r0", offset },
      { kind: "store", size, base: "r0", offset, src: this.#random.pick(["r7", "r8"] as const) },
      { ...move("r0", "r1"), label: none },
      ...this.#reload(given),
    ];
  }

  /** Instructions some times, counted on the stack: the verifier goes through them, or has `may_goto` end them. */
  #loop(kind: "counted" | "may_goto"): Instruction[] {
    const [again, end] = [this.#steps.label(), this.#steps.label()];
    const turns = kind === "counted" ? 1 + this.#random.below(4) : 1 + this.#random.below(30);
    const inside = Array.from({ length: 1 + this.#random.below(4) }, () => this.#steps.alu());
    const mayGoto: Instruction = { kind: "may-goto", target: end };
    return [
      store("r10", counterOffset, 0),
      ...labelled(kind === "counted" ? inside : [mayGoto, ...inside], again),
      load("r0", "r10", counterOffset),
      add("r0", 1),
      store("r10", counterOffset, "r0"),
      { kind: "jump-if", op: "lt", width: 64, dst: "r0", src: turns, target: again },
      { ...this.#steps.alu(), label: end },
    ];
  }
}
