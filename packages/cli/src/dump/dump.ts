/**
 * Compiled programs as text: intermediate representation, instructions, source, and instructions beside source.
 *
 * Every instruction knows the line it was made of. A line is shown again when instructions of another came between,
 * which is what optimising does.
 * @module
 */
import type { ProgramSpec } from "ts-ebpf";
import type { SourceLine } from "ts-ebpf/isa";
import type { Library } from "../program-file/library.ts";
import { slotsOf } from "../program-file/slots.ts";
import { paintFor, type Paint } from "../terminal/colour.ts";
import { cutTo, padEnd } from "../terminal/columns.ts";
import { printable } from "../terminal/printable.ts";
import type { DumpOptions } from "./command.ts";
import { relocationsOf } from "./relocation.ts";

/** A program to show. */
export interface DumpedProgram {
  readonly spec: ProgramSpec;
  /** The maps it uses. */
  readonly maps: readonly { readonly name: string }[];
  /** What the compiler made of the source before it optimised; empty when it is not known. */
  readonly dump: string;
}

/** What is shown, and the copy of the library it is of. */
export interface DumpParts {
  readonly compiled: { readonly programs: ReadonlyMap<string, DumpedProgram> };
  readonly isa: Pick<Library["isa"], "format" | "formatLine" | "slotCount">;
  readonly compiler: Pick<Library["compiler"], "helperSymbol">;
}

type Sections = Pick<DumpOptions, "ir" | "asm" | "source">;

/** The dump for people, line by line. */
export function* dumpLines(
  parts: DumpParts,
  sections: Sections,
  stream: NodeJS.WriteStream,
): Generator<string, void> {
  const printer = new Printer(parts, stream);
  const shown = chosen(sections);
  let first = true;
  for (const program of parts.compiled.programs.values()) {
    if (!first) yield "";
    first = false;
    yield printer.title(program.spec);
    for (const name of shown) {
      yield "";
      yield* printer[name](program);
    }
  }
}

type Section = "ir" | "asm" | "source" | "both";

function chosen({ ir, asm, source }: Sections): readonly Section[] {
  const shown: Section[] = [];
  if (ir === true) shown.push("ir");
  if (asm === true && source === true) return [...shown, "both"];
  if (source === true) shown.push("source");
  if (asm === true) shown.push("asm");
  return shown.length === 0 ? ["both"] : shown;
}

/** One instruction, as it is shown. */
interface Shown {
  readonly slot: number;
  readonly label: string | undefined;
  readonly text: string;
  readonly source: SourceLine | undefined;
  /** What it gets from the kernel when it is loaded. */
  readonly relocation: string | undefined;
}

function* shownOf(spec: ProgramSpec, { isa, compiler }: DumpParts): Generator<Shown, void> {
  const relocations = relocationsOf(spec);
  let slot = 0;
  for (const [index, instruction] of spec.instructions.entries()) {
    const { label, source } = instruction;
    const text = isa.format(instruction, { helperSymbol: compiler.helperSymbol });
    yield { slot, label, text, source, relocation: relocations.get(index) };
    slot += isa.slotCount(instruction);
  }
}

/** The instruction with what it gets behind it. */
function textWith({ slot, text, relocation }: Shown): string {
  return `${numbered(slot, text)}${relocation === undefined ? "" : `  ; ${relocation}`}`;
}

const separator = " │ ";
/** Width of a terminal that does not tell. */
const usualWidth = 80;

class Printer {
  readonly #parts: DumpParts;
  readonly #paints: { readonly [Name in "title" | "dim" | "place"]: Paint };
  readonly #width: number;

  constructor(parts: DumpParts, stream: NodeJS.WriteStream) {
    this.#parts = parts;
    this.#paints = {
      title: paintFor(stream, "bold"),
      dim: paintFor(stream, "dim"),
      place: paintFor(stream, "cyan"),
    };
    this.#width = stream.isTTY ? stream.columns || usualWidth : Infinity;
  }

  title({ name, type, target, instructions }: ProgramSpec): string {
    const count = `${slotsOf(instructions)} instructions`;
    return `${this.#paints.title(name)}  ${[type, targetText(target), count].filter(Boolean).join("  ")}`;
  }

  *ir({ dump }: DumpedProgram): Generator<string, void> {
    yield* dump === "" ? [this.#paints.dim("(written as instructions)")] : dump.split("\n");
  }

  /** As bpftool shows instructions, without source. */
  *asm({ spec }: DumpedProgram): Generator<string, void> {
    const { isa, compiler } = this.#parts;
    const relocations = relocationsOf(spec);
    let slot = 0;
    for (const [index, instruction] of spec.instructions.entries()) {
      if (instruction.label !== undefined) yield `${instruction.label}:`;
      const line = isa.formatLine(instruction, slot, { helperSymbol: compiler.helperSymbol });
      const relocation = relocations.get(index);
      yield relocation === undefined ? line : `${line}  ; ${relocation}`;
      slot += isa.slotCount(instruction);
    }
  }

  /** Each line with what was made of it below. */
  *source({ spec }: DumpedProgram): Generator<string, void> {
    let last: SourceLine | undefined;
    for (const shown of shownOf(spec, this.#parts)) {
      const { label, source } = shown;
      if (source !== undefined && !isSameLine(source, last)) yield this.#lineOf(source);
      last = source ?? last;
      if (label !== undefined) yield `  ${label}:`;
      yield `  ${textWith(shown)}`;
    }
  }

  /** Instructions left, the lines they were made of right. */
  *both({ spec }: DumpedProgram): Generator<string, void> {
    const rows = [...shownOf(spec, this.#parts)].map((shown) => ({
      left: textWith(shown),
      ...shown,
    }));
    const width = Math.min(Math.max(...rows.map(({ left }) => left.length)), maxLeft);
    let last: SourceLine | undefined;
    for (const { left, label, source } of rows) {
      if (label !== undefined) yield `${label}:`;
      const isNew = source !== undefined && !isSameLine(source, last);
      last = source ?? last;
      yield isNew ? this.#beside(padEnd(left, width), source) : left;
    }
  }

  #beside(left: string, source: SourceLine): string {
    const room = Math.max(this.#width - left.length - separator.length, 1);
    const text = cutTo(`${source.line}  ${printable(source.text.trim())}`, room);
    return `${left}${this.#paints.dim(separator)}${this.#paints.place(text)}`;
  }

  #lineOf({ file, line, text }: SourceLine): string {
    const place = this.#paints.dim(`${file}:${line}`);
    return `${place}  ${this.#paints.place(printable(text.trim()))}`;
  }
}

/** Longest instruction that others are lined up with. */
const maxLeft = 56;

function numbered(slot: number, text: string): string {
  return `${String(slot).padStart(5)}: ${text}`;
}

function isSameLine(left: SourceLine, right: SourceLine | undefined): boolean {
  return left.file === right?.file && left.line === right.line;
}

/** Where it attaches, in the words of its spec. */
function targetText(target: ProgramSpec["target"]): string {
  const words = Object.entries(target).filter(
    ([name, word]) => name !== "kind" && typeof word === "string",
  );
  return words.map(([, word]) => word as string).join("/");
}

/** The dump for programs. */
export function dumpJson(parts: DumpParts): object {
  const programs = [...parts.compiled.programs.values()].map(({ spec, maps, dump }) => ({
    name: spec.name,
    type: spec.type,
    target: spec.target,
    functions: spec.functions?.map(({ name, index }) => ({ name, index })),
    maps: maps.map(({ name }) => name),
    instructions: [...shownOf(spec, parts)],
    ir: dump === "" ? undefined : dump,
  }));
  return { programs };
}
