/**
 * Slots: the eight bytes an instruction is made of, taken apart into their fields.
 *
 * The fields lie in the byte order of the machine that runs the program; the two halves of the second byte, source
 * and destination register, change places with it. What the fields mean is not known here.
 *
 * ```
 *  byte   0        1         2    3    4    5    6    7
 *      +--------+---------+---------+-------------------+
 *      | opcode | src dst |  offset |        imm        |   little endian, RFC 9669 §3.1
 *      | opcode | dst src |  offset |        imm        |   big endian
 *      +--------+---------+---------+-------------------+
 *      |           0                |      next imm     |   second slot of a wide load, §3.2
 *      +----------------------------+-------------------+
 * ```
 * @module
 */
import { littleEndian } from "../base/bytes.ts";

/** Bytes of one slot. */
export const slotSize = 8;

/** Byte order of encoded instructions. */
export type ByteOrder = "little" | "big";

/** Byte order of the machine this runs on. */
export const machineOrder: ByteOrder = littleEndian ? "little" : "big";

/** The fields of one slot. */
export interface Slot {
  /** 0 to 255. */
  readonly opcode: number;
  /** Number of the destination register, or what the opcode makes of it. 0 to 15. */
  readonly dst: number;
  /** Number of the source register, or what the opcode makes of it. 0 to 15. */
  readonly src: number;
  /** Signed, 16 bits. */
  readonly offset: number;
  /** Signed, 32 bits. */
  readonly imm: number;
}

/** Stores `slot` at `at` bytes into `view`. The fields must be in their ranges. */
export function writeSlot(view: DataView, at: number, slot: Slot, order: ByteOrder): void {
  const little = order === "little";
  view.setUint8(at, slot.opcode);
  view.setUint8(at + 1, little ? (slot.src << 4) | slot.dst : (slot.dst << 4) | slot.src);
  view.setInt16(at + 2, slot.offset, little);
  view.setInt32(at + 4, slot.imm, little);
}

/** The slot at `at` bytes into `view`. */
export function readSlot(view: DataView, at: number, order: ByteOrder): Slot {
  const little = order === "little";
  const registers = view.getUint8(at + 1);
  return {
    opcode: view.getUint8(at),
    dst: little ? registers & 0xf : registers >> 4,
    src: little ? registers >> 4 : registers & 0xf,
    offset: view.getInt16(at + 2, little),
    imm: view.getInt32(at + 4, little),
  };
}
