/**
 * Where the functions of programs lie in an object file.
 *
 * Main functions lie in sections named after what they attach to, one behind the other when the name is the same;
 * all others lie in `.text`, once only when several programs have the same ones. Bytes are made when everything has its
 * place, because calls depend on it.
 * @module
 */
import { assert } from "../base/assert.ts";
import { hex } from "../base/bytes.ts";
import { InvalidArgumentError } from "../base/errors.ts";
import { encode } from "../isa/encode.ts";
import type { Instruction } from "../isa/instruction.ts";
import { slotSize } from "../isa/slot.ts";
import type { ProgramSpec } from "../spec/program-spec.ts";
import { splitFunctions, type Reference, type SplitFunction } from "./function-split.ts";
import { originalSection } from "./original-section.ts";
import { sectionName } from "./section-name.ts";

/** A program with its functions in their places. */
export interface PlacedProgram {
  readonly spec: ProgramSpec;
  /** The main one first. */
  readonly functions: readonly PlacedFunction[];
}

/** A function in its place. */
export interface PlacedFunction extends SplitFunction {
  /** Name of its section. */
  readonly section: string;
  /** Bytes from the start of the section. */
  readonly offset: number;
  /** Whether it lies there for an earlier program, which has the same one. */
  readonly shared: boolean;
}

/** A section of code. */
export interface CodeSection {
  readonly name: string;
  /** Bytes of all its functions. */
  readonly size: number;
  /** In the order of their places. */
  readonly functions: readonly PlacedFunction[];
  readonly references: readonly Reference[];
}

/** Section of the functions that no kernel calls. */
export const textSection = ".text";

/**
 * The programs with all their functions placed.
 * @throws {InvalidArgumentError} when two programs have one name, or there is no section for one.
 */
export function placePrograms(programs: Iterable<ProgramSpec>): readonly PlacedProgram[] {
  const placer = new Placer();
  return [...programs].map((spec) => placer.place(spec));
}

/** The sections that hold the functions of `programs`, in the order in which programs first name them. */
export function codeSections(programs: readonly PlacedProgram[]): readonly CodeSection[] {
  const all = programs.flatMap((program) => program.functions.filter(({ shared }) => !shared));
  return [...Map.groupBy(all, ({ section }) => section)].map(([name, functions]) => {
    const last = functions.at(-1)!;
    const references = functions.flatMap((fn) =>
      fn.references.map((reference) => ({ ...reference, offset: fn.offset + reference.offset })),
    );
    return { name, size: last.offset + last.size, functions, references };
  });
}

/**
 * The bytes of a section of `programs`. `instructionsOf` says what the instructions of a program are by now: as many
 * as in the spec, and as long.
 */
export function codeBytes(
  section: CodeSection,
  programs: readonly PlacedProgram[],
  instructionsOf: (program: ProgramSpec) => readonly Instruction[],
): Uint8Array {
  const bytes = new Uint8Array(section.size);
  for (const { spec, functions } of programs) {
    const instructions = instructionsOf(spec);
    for (const fn of functions) {
      if (fn.section !== section.name || fn.shared) continue;
      const own = instructions.slice(fn.index, fn.index + fn.instructions.length);
      const now = { ...fn, instructions: own };
      bytes.set(encode(withPlaceholders(now, (callee) => functions[callee]!.offset)), fn.offset);
    }
  }
  return bytes;
}

/** Hands out places. */
class Placer {
  readonly #ends = new Map<string, number>();
  readonly #mains = new Set<string>();
  readonly #texts = new Map<number, number>();
  readonly #identities = new Identities();

  place(spec: ProgramSpec): PlacedProgram {
    const split = splitFunctions(spec);
    const [main, ...others] = split;
    assert(main !== undefined, "a program has a main function");
    if (this.#mains.has(main.name)) {
      throw new InvalidArgumentError(`two programs are called "${main.name}"`, {
        hint: "give each a name of its own, of letters, digits and _",
      });
    }
    this.#mains.add(main.name);
    const placedMain = this.#append(main, originalSection(spec) ?? sectionName(spec));
    const program = { spec, functions: split };
    return { spec, functions: [placedMain, ...others.map((fn) => this.#placeText(program, fn))] };
  }

  #placeText(program: SplitProgram, fn: SplitFunction): PlacedFunction {
    const key = this.#identities.of(program, fn);
    const known = this.#texts.get(key);
    if (known !== undefined) return { ...fn, section: textSection, offset: known, shared: true };
    const placed = this.#append(fn, textSection);
    this.#texts.set(key, placed.offset);
    return placed;
  }

  #append(fn: SplitFunction, section: string): PlacedFunction {
    const offset = this.#ends.get(section) ?? 0;
    this.#ends.set(section, offset + fn.size);
    return { ...fn, section, offset, shared: false };
  }
}

interface SplitProgram {
  readonly spec: ProgramSpec;
  readonly functions: readonly SplitFunction[];
}

/** Tells functions of several programs apart that have one name and do different things. */
class Identities {
  readonly #numbers = new Map<string, number>();
  readonly #known = new Map<SplitFunction, number>();

  /** A number that is the same for functions that do the same, as do those they call. */
  of(
    program: SplitProgram,
    fn: SplitFunction,
    within: ReadonlySet<SplitFunction> = new Set(),
  ): number {
    const known = this.#known.get(fn);
    if (known !== undefined) return known;
    const inside = new Set([...within, fn]);
    const references = fn.references.map(({ to }) => {
      if (to.kind !== "call" && to.kind !== "address") return to;
      const callee = program.functions[to.function]!;
      return inside.has(callee) ? callee.name : this.of(program, callee, inside);
    });
    const text = JSON.stringify([...contentsOf(program, fn), references]);
    const number = this.#numbers.get(text) ?? this.#numbers.size;
    this.#numbers.set(text, number);
    this.#known.set(fn, number);
    return number;
  }
}

/** What a function is by itself. */
function contentsOf({ spec }: SplitProgram, fn: SplitFunction): readonly unknown[] {
  const last = fn.index + fn.instructions.length;
  const relocations = (spec.relocations ?? []).flatMap(({ index, core }) => {
    return index >= fn.index && index < last ? [{ index: index - fn.index, core }] : [];
  });
  return [fn.name, hex(encode(withPlaceholders(fn, () => 0))), relocations];
}

/**
 * The instructions of a function with what a loader fills in replaced by what it expects there. `offsetOf` tells where
 * in `.text` another function of the program lies.
 *
 * ```
 *   map, variable of the kernel    rN = 0 ll
 *   variable of the program        rN = (offset in the variable) ll
 *   address of a function          rN = (offset in .text) ll
 *   function of the program        call (offset in .text, in slots) - 1
 *   function of the kernel         call -1
 * ```
 *
 * Source: the section on relocations in Documentation/bpf/llvm_reloc.rst; tools/lib/bpf/libbpf.c,
 * `bpf_program__record_reloc`.
 */
function withPlaceholders(
  { instructions, references }: SplitFunction,
  offsetOf: (index: number) => number,
): readonly Instruction[] {
  const changed = [...instructions];
  for (const { index, to } of references) {
    const instruction = changed[index]!;
    const label = instruction.label === undefined ? {} : { label: instruction.label };
    if (instruction.kind !== "wide-load") {
      const target = to.kind === "call" ? offsetOf(to.function) / slotSize - 1 : -1;
      changed[index] = { kind: "call-local", target, ...label };
      continue;
    }
    const held = to.kind === "address" ? offsetOf(to.function) : offsetIn(to);
    changed[index] = { kind: "wide-load", dst: instruction.dst, value: BigInt(held), ...label };
  }
  return changed;
}

function offsetIn(to: Reference["to"]): number {
  return to.kind === "map-value" ? to.offset : 0;
}
