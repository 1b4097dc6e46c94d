/**
 * Decoding: from the bytes of a program to instructions.
 *
 * A table with one entry for each opcode, made from the tables that encoding uses, says which fields the opcode uses
 * and what they mean; every field it does not use must be zero. So whatever is decoded encodes to the same bytes.
 * Numbers stay numbers: which maps or functions they mean, only those know who loaded the program.
 * @module
 */
import { viewOf } from "../base/bytes.ts";
import { MalformedError } from "../base/errors.ts";
import { decoderOf, type Origin } from "./decoders.ts";
import type { Instruction, Target } from "./instruction.ts";
import { wideLoadOpcode } from "./opcode.ts";
import { machineOrder, readSlot, slotSize, type ByteOrder, type Slot } from "./slot.ts";

/** How to decode. */
export interface DecodeOptions {
  /** That of this machine when left out. */
  readonly byteOrder?: ByteOrder;
  /**
   * `program` when left out: instructions as somebody wrote them. `kernel`: as a kernel shows a loaded program, with
   * what it has put into it and leftovers in fields that are not used.
   */
  readonly origin?: Origin;
}

/**
 * The instructions in `bytes`, each frozen; jumps, calls and references to functions have numbers as targets.
 * @throws {MalformedError} with the offset, when something there is not an instruction.
 */
export function decode(bytes: Uint8Array, options: DecodeOptions = {}): Instruction[] {
  if (bytes.length % slotSize !== 0) {
    throw new MalformedError(format, `${bytes.length} bytes are no whole number of slots of 8`, {
      offset: bytes.length - (bytes.length % slotSize),
    });
  }
  const program = { view: viewOf(bytes), order: options.byteOrder ?? machineOrder };
  const origin = options.origin ?? "program";
  const instructions: Instruction[] = [];
  const halves = new Set<number>();
  for (let slot = 0; slot < bytes.length / slotSize; slot++) {
    const fields = slotAt(program, slot);
    const next = fields.opcode === wideLoadOpcode ? nextImm(program, slot) : 0;
    instructions.push(instructionAt(fields, next, slot, origin));
    if (fields.opcode === wideLoadOpcode) halves.add(++slot);
  }
  if (halves.size > 0) assertJumps(instructions, halves);
  return instructions;
}

const format = "INSTRUCTIONS";

interface Program {
  readonly view: DataView;
  readonly order: ByteOrder;
}

function slotAt({ view, order }: Program, slot: number): Slot {
  return readSlot(view, slot * slotSize, order);
}

/** The upper half of the number that the wide load at `slot` loads. */
function nextImm(program: Program, slot: number): number {
  if ((slot + 1) * slotSize >= program.view.byteLength) {
    throw malformed(slot, "the wide load has no second slot");
  }
  const { opcode, dst, src, offset, imm } = slotAt(program, slot + 1);
  if ((opcode | dst | src | offset) === 0) return imm;
  throw malformed(slot + 1, "the second slot of a wide load has more than a number");
}

function instructionAt(fields: Slot, next: number, slot: number, origin: Origin): Instruction {
  const decoder = decoderOf(fields.opcode);
  if (decoder === undefined) throw malformed(slot, `no instruction has opcode ${code(fields)}`);
  const decoded = decoder({ ...fields, next }, origin);
  if (typeof decoded !== "string") return Object.freeze(decoded);
  throw malformed(slot, `opcode ${code(fields)}: ${decoded}`);
}

function assertJumps(instructions: readonly Instruction[], halves: ReadonlySet<number>): void {
  let slot = 0;
  for (const instruction of instructions) {
    const target = jumpTarget(instruction);
    if (typeof target === "number" && halves.has(slot + 1 + target)) {
      throw malformed(slot, "the jump leads into the middle of a wide load");
    }
    slot += instruction.kind === "wide-load" ? 2 : 1;
  }
}

function jumpTarget(instruction: Instruction): Target | undefined {
  if (instruction.kind === "call-local") return undefined;
  return "target" in instruction ? instruction.target : undefined;
}

function code({ opcode }: Slot): string {
  return `0x${opcode.toString(16).padStart(2, "0")}`;
}

function malformed(slot: number, message: string): MalformedError {
  return new MalformedError(format, message, {
    path: [`instruction ${slot}`],
    offset: slot * slotSize,
  });
}
