/**
 * Encoding: from instructions to the bytes that a kernel loads.
 *
 * Two passes: the first counts where every instruction lies, the second makes one slot after the other, with labels
 * turned into distances and names into numbers. It does not judge whether the program makes sense; the verifier does.
 * @module
 */
import { viewOf } from "../base/bytes.ts";
import { InvalidArgumentError } from "../base/errors.ts";
import { format } from "./format.ts";
import type { Instruction } from "./instruction.ts";
import { placesOf, type Places } from "./places.ts";
import { slotOf, type EncodedSlot, type Names } from "./slot-of.ts";
import { machineOrder, slotSize, writeSlot, type ByteOrder } from "./slot.ts";

/** How to encode. */
export interface EncodeOptions extends Names {
  /** That of this machine when left out. */
  readonly byteOrder?: ByteOrder;
}

/**
 * The bytes of a program or a part of one: 8 for each slot.
 *
 * Named maps become indexes (source registers 5 and 6 of the wide load, RFC 9669 §5.4), labels become distances.
 * @throws {InvalidArgumentError} when a label or name is unknown, a label stands twice, a number is out of its range,
 * or a jump leads into the middle of a wide load. The message tells the instruction.
 */
export function encode(
  instructions: readonly Instruction[],
  options: EncodeOptions = {},
): Uint8Array<ArrayBuffer> {
  const order = options.byteOrder ?? machineOrder;
  const places = placesOf(instructions);
  const bytes = new Uint8Array(places.slots * slotSize);
  const view = viewOf(bytes);
  for (const [index, instruction] of instructions.entries()) {
    const at = places.starts[index]!;
    const slot = slotAt(instruction, at, places, options);
    writeSlot(view, at * slotSize, slot, order);
    if (slot.next !== undefined) {
      view.setInt32((at + 1) * slotSize + 4, slot.next, order === "little");
    }
  }
  return bytes;
}

/** {@link slotOf}, with errors that tell which instruction they are about. */
function slotAt(instruction: Instruction, slot: number, places: Places, names: Names): EncodedSlot {
  try {
    return slotOf(instruction, { slot, places, names });
  } catch (error) {
    if (!(error instanceof InvalidArgumentError)) throw error;
    const where = `instruction ${slot} (${format(instruction)})`;
    const hint = error.hint === undefined ? {} : { hint: error.hint };
    throw new InvalidArgumentError(`${where}: ${error.message}`, hint);
  }
}
