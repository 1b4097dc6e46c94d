/**
 * Parsing: text in the notation of `bpftool prog dump xlated` to instructions.
 *
 * Reads what `format` prints, what bpftool prints (slot numbers, opcodes, source lines, prototypes and raw bytes
 * between), and what people write by hand: `name:` before an instruction is a label, `goto name` goes there, `;`
 * starts a comment. Labels stay names; `encode` turns them into distances.
 * @module
 */
import type { Instruction } from "./instruction.ts";
import { opcodeOf } from "./opcode-of.ts";
import { parseInstruction, type ParseOptions } from "./parse-instruction.ts";
import { Scanner } from "./scanner.ts";

/**
 * The instructions in `text`, one on a line, each frozen.
 *
 * A number after `=` is a 32-bit move in decimal digits (`r1 = 5`) and a wide load in hexadecimal ones (`r1 = 0x5`),
 * as the kernel prints them; `r1 = 5 ll` is a wide load as well.
 * @throws {MalformedError} with line and column as its path, when a line is not an instruction.
 */
export function parse(text: string, options: ParseOptions = {}): Instruction[] {
  const instructions: Instruction[] = [];
  let label: string | undefined;
  let scanner = new Scanner("", 1);
  for (const [index, line] of text.split("\n").entries()) {
    if (isRemark(line)) continue;
    scanner = new Scanner(withoutComment(line), index + 1);
    label = takeLabels(scanner, label);
    if (scanner.done) continue;
    instructions.push(statement(scanner, label, options));
    label = undefined;
  }
  if (label !== undefined) throw scanner.fail(`no instruction after the label "${label}"`);
  return instructions;
}

/** Lines of bpftool that are about instructions but are none: prototypes of functions, and raw bytes. */
function isRemark(line: string): boolean {
  const text = line.trim();
  const prototype = text.endsWith("):") && !text.startsWith(";");
  return prototype || /^(?:[\da-f]{2} ){7}[\da-f ]+$/.test(text);
}

function withoutComment(line: string): string {
  const start = line.indexOf(";");
  return start === -1 ? line : line.slice(0, start);
}

/** The label that is here; else the one before. */
function takeLabels(scanner: Scanner, before: string | undefined): string | undefined {
  const match = scanner.take(/([A-Za-z_.$][\w.$]*):/y);
  if (match === undefined) return before;
  if (before === undefined) return takeLabels(scanner, match[1]);
  const hint = "an instruction has one label; go to that one from everywhere";
  throw scanner.fail(`this place is called "${before}" already`, { hint }, match.index);
}

function statement(
  scanner: Scanner,
  label: string | undefined,
  options: ParseOptions,
): Instruction {
  scanner.take(/\d+:/y);
  const at = scanner.column - 1;
  const opcode = scanner.take(/\(([\da-f]{2})\)/y)?.[1];
  const instruction = parseInstruction(scanner, options);
  scanner.end();
  const actual = opcodeOf(instruction).toString(16).padStart(2, "0");
  if (opcode !== undefined && opcode !== actual) {
    throw scanner.fail(`this is opcode ${actual}, not ${opcode}`, {}, at);
  }
  return Object.freeze(label === undefined ? instruction : { ...instruction, label });
}
