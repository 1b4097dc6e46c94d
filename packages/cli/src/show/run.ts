/**
 * What `show program` does: read the program from the kernel, and show it.
 * @module
 */
import { type ProgramCode, readProgramCode } from "ts-ebpf/inspect";
import { format, type SourceLine, slotCount } from "ts-ebpf/isa";
import type { ProgramId } from "ts-ebpf/kernel";
import type { Context } from "../context.ts";
import { jsonOf } from "../table/cell.ts";
import { paintFor, type Paint } from "../terminal/colour.ts";
import { LineWriter } from "../terminal/line-writer.ts";
import { printable } from "../terminal/printable.ts";
import type { ShowProgramOptions } from "./command.ts";

/**
 * Shows the program with this number.
 * @throws {NotFoundError} when there is none.
 * @throws {PermissionError} without privileges.
 */
export async function showProgram(
  id: number,
  options: ShowProgramOptions,
  { stdout }: Context,
): Promise<void> {
  const code = readProgramCode(id as ProgramId);
  using lines = new LineWriter(stdout);
  if (options.json === true) lines.write(JSON.stringify(jsonOfProgram(code), undefined, 2));
  else for (const line of programLines(code, options, stdout)) lines.write(line);
  await lines.settled();
}

/** The program for people, line by line. */
export function* programLines(
  code: ProgramCode,
  options: ShowProgramOptions,
  stream: NodeJS.WriteStream,
): Generator<string, void> {
  const paints = {
    title: paintFor(stream, "bold"),
    dim: paintFor(stream, "dim"),
    source: paintFor(stream, "cyan"),
  };
  const { id, name, type, tag, mapIds, verifiedInstructions } = code.info;
  yield `${paints.title(`${id}: ${printable(name)}`)}  ${type}  tag ${tag}`;
  const slots = code.info.translatedLength / slotBytes;
  yield `${slots} instructions, ${verifiedInstructions} verified; ${code.info.jitedLength} bytes of machine code`;
  if (mapIds.length > 0) yield `maps ${mapIds.join(", ")}`;
  yield "";
  yield* options.jited === true ? jitedLines(code, paints) : instructionLines(code, paints);
}

const slotBytes = 8;

type Paints = { readonly [Name in "title" | "dim" | "source"]: Paint };

const nothing = "(the kernel does not show it: see sysctl kernel.kptr_restrict)";

function* instructionLines(code: ProgramCode, paints: Paints): Generator<string, void> {
  if (code.instructions.length === 0) yield paints.dim(nothing);
  const shown = new SourcePrinter(paints);
  for (const { slot, text, label, source } of instructionsOf(code)) {
    if (label !== undefined) yield paints.title(`${printable(label)}:`);
    yield* shown.lineOf(source);
    yield `${String(slot).padStart(6)}: ${text}`;
  }
}

function* instructionsOf(code: ProgramCode): Generator<{
  readonly slot: number;
  readonly text: string;
  readonly label: string | undefined;
  readonly source: SourceLine | undefined;
}> {
  let slot = 0;
  for (const instruction of code.instructions) {
    const { label, source } = instruction;
    const text = format(instruction, { helperSymbol: code.helperSymbol });
    yield { slot, text, label, source };
    slot += slotCount(instruction);
  }
}

function* jitedLines(code: ProgramCode, paints: Paints): Generator<string, void> {
  if (code.info.jitedLength === 0) yield paints.dim(nothing);
  const shown = new SourcePrinter(paints);
  for (const { name, address, blocks } of code.functions) {
    yield paints.title(`${printable(name)}:`) + paints.dim(` ${hexAddress(address)}`);
    for (const { source, address: start, bytes } of blocks) {
      yield* shown.lineOf(source);
      yield* byteLines(start - address, bytes);
    }
  }
}

const bytesInLine = 16;

function* byteLines(start: bigint, bytes: Uint8Array): Generator<string, void> {
  for (let at = 0; at < bytes.length; at += bytesInLine) {
    const part = [...bytes.subarray(at, at + bytesInLine)];
    const digits = part.map((byte) => byte.toString(16).padStart(2, "0")).join(" ");
    yield `${(start + BigInt(at)).toString(16).padStart(6)}: ${digits}`;
  }
}

function hexAddress(address: bigint): string {
  return address === 0n ? "" : `0x${address.toString(16)}`;
}

/** Shows a source line where it is another one than before. */
class SourcePrinter {
  readonly #paints: Paints;
  #last: string | undefined;

  constructor(paints: Paints) {
    this.#paints = paints;
  }

  *lineOf(source: SourceLine | undefined): Generator<string, void> {
    if (source === undefined) return;
    const { file, line, text } = source;
    const place = `${file}:${line}`;
    if (place === this.#last) return;
    this.#last = place;
    const shown = this.#paints.source(printable(text.trim()));
    yield `; ${shown}  ${this.#paints.dim(printable(place))}`;
  }
}

function jsonOfProgram(code: ProgramCode): unknown {
  const { contents: _, ...info } = code.info;
  return jsonOf({ ...info, instructions: [...instructionsOf(code)], functions: code.functions });
}
