/**
 * What goes along with the BTF of a program: which function starts where, which line an instruction comes from, and
 * what in it depends on the kernel.
 *
 * Each record names an instruction, and a type by id or a text by offset in the BTF's strings. The records of one
 * program are a flat table when it is loaded, and a part of section .BTF.ext in an object file (`sections.ts`).
 * @module
 */
import { littleEndian, viewOf } from "../../base/bytes.ts";
import { MalformedError } from "../../base/errors.ts";
import { plural } from "../../base/text.ts";
import { typeId } from "../type-table.ts";
import type { BtfTypeId } from "../type.ts";
import type { TextSink } from "../write/encode-type.ts";

/** A function of a program: `struct bpf_func_info`. Linux 5.0. */
export interface FuncInfo {
  /** Slot of its first instruction, counted in 8 bytes from the start of the program. */
  readonly slot: number;
  /** Its type, of kind `func`. */
  readonly type: BtfTypeId;
}

/** Where instructions come from, this one and those after it up to the next record: `struct bpf_line_info`. Linux 5.0. */
export interface LineInfo {
  readonly slot: number;
  readonly file: string;
  /** Text of the line. */
  readonly text: string;
  /** From 1 up; 0 when unknown. At most 2^22 - 1. */
  readonly line: number;
  /** From 1 up; 0 when unknown. What is beyond 1023 is stored as 1023. */
  readonly column: number;
}

/** What depends on the kernel: `struct bpf_core_relo`. Linux 5.17 for programs that are loaded. */
export interface CoreRelo {
  readonly slot: number;
  /** The type it starts from. */
  readonly type: BtfTypeId;
  /** The way from there: `0:1:2`, the numbers of elements and members; for enumerators the number of the value. */
  readonly access: string;
  readonly kind: CoreReloKind;
}

/** All kinds, at the index that is their number: `enum bpf_core_relo_kind` in include/uapi/linux/bpf.h. */
export const coreReloKinds = [
  "field-offset",
  "field-size",
  "field-exists",
  "field-signed",
  "field-left-shift",
  "field-right-shift",
  "local-type-id",
  "target-type-id",
  "type-exists",
  "type-size",
  "enum-exists",
  "enum-value",
  "type-matches",
] as const;

/** What about a type, field or enumerator an instruction holds. */
export type CoreReloKind = (typeof coreReloKinds)[number];

/** Records of equal size, one behind the other. */
export interface RecordTable {
  /** Bytes of one record. */
  readonly recordSize: number;
  readonly bytes: Uint8Array;
}

/** Where texts are found by offset: what the strings of a `Btf` are. */
export interface TextSource {
  /** @throws {MalformedError} when there is none at `offset`. */
  text(offset: number): string;
}

/** What all records have. */
export interface Placed {
  readonly slot: number;
}

/** How a kind of record is stored. */
export interface RecordFormat<T extends Placed> {
  /** What it is called in messages: `func_info`. */
  readonly name: string;
  /** How many words we know; later kernels may append more. */
  readonly words: number;
  /** What the kernel counts instructions in, in the table of a program: slots, or bytes as in object files. */
  readonly unit: "slot" | "byte";
  readonly encode: (record: T, strings: TextSink) => readonly number[];
  readonly decode: (words: readonly number[], strings: TextSource) => T;
}

/** `insn_off`, `type_id`. */
export const funcInfoFormat: RecordFormat<FuncInfo> = {
  name: "func_info",
  words: 2,
  unit: "slot",
  encode: ({ slot, type }) => [slot, type],
  decode: ([slot, type]) => ({ slot: slot!, type: typeId(type!) }),
};

/**
 * `insn_off`, `file_name_off`, `line_off`, and
 *
 * ```
 *    31                    10 9          0
 *   +------------------------+------------+
 *   | line                   | column     |
 *   +------------------------+------------+
 * ```
 */
export const lineInfoFormat: RecordFormat<LineInfo> = {
  name: "line_info",
  words: 4,
  unit: "slot",
  encode: ({ slot, file, text, line, column }, strings) => [
    slot,
    strings.add(file),
    strings.add(text),
    ((Math.min(line, mostLines) << 10) | Math.min(column, mostColumns)) >>> 0,
  ],
  decode: ([slot, file, text, place], strings) => ({
    slot: slot!,
    file: strings.text(file!),
    text: strings.text(text!),
    line: place! >>> 10,
    column: place! & mostColumns,
  }),
};

const mostLines = 2 ** 22 - 1;
const mostColumns = 2 ** 10 - 1;

/** `insn_off`, `type_id`, `access_str_off`, `kind`. */
export const coreReloFormat: RecordFormat<CoreRelo> = {
  name: "core_relo",
  words: 4,
  // check_core_relo in kernel/bpf/verifier.c divides by the size of a slot.
  unit: "byte",
  encode: ({ slot, type, access, kind }, strings) => [
    slot,
    type,
    strings.add(access),
    coreReloKinds.indexOf(kind),
  ],
  decode: ([slot, type, access, number], strings) => {
    const kind = coreReloKinds[number!];
    if (kind === undefined) {
      throw new MalformedError("BTF", `kind ${number} of a relocation is unknown`);
    }
    return { slot: slot!, type: typeId(type!), access: strings.text(access!), kind };
  },
};

/** Order of the bytes of words; this machine's when left out. */
export interface WordOrder {
  readonly byteOrder?: "little" | "big" | undefined;
}

/** The records as the kernel takes them with a program; their texts go into `strings`. */
export function encodeRecords<T extends Placed>(
  format: RecordFormat<T>,
  records: readonly T[],
  strings: TextSink,
  { byteOrder }: WordOrder = {},
): RecordTable {
  const words = records.flatMap((record) => encodeRecord(format, record, strings));
  return { recordSize: 4 * format.words, bytes: bytesOf(words, byteOrder) };
}

/** The words of one record, which counts instructions in `unit`. */
export function encodeRecord<T extends Placed>(
  format: RecordFormat<T>,
  record: T,
  strings: TextSink,
  unit: RecordFormat<T>["unit"] = format.unit,
): readonly number[] {
  return format.encode({ ...record, slot: record.slot * unitSizes[unit] }, strings);
}

const unitSizes = { slot: 1, byte: 8 } as const;

/** Options of {@link decodeRecords}. */
export interface DecodeOptions extends WordOrder {
  /** What the records count instructions in, if not what they do in a table of a program. */
  readonly unit?: "slot" | "byte" | undefined;
  /** Where the table starts in what it was found in, for errors; 0 when left out. */
  readonly offset?: number;
}

/**
 * The records of a table, as the kernel also gives them back. What a later kernel appended to each is passed over.
 * @throws {MalformedError} when the table is no whole number of records, or one of them is damaged.
 */
export function decodeRecords<T extends Placed>(
  format: RecordFormat<T>,
  { recordSize, bytes }: RecordTable,
  strings: TextSource,
  { byteOrder, unit = format.unit, offset = 0 }: DecodeOptions = {},
): T[] {
  if (recordSize < 4 * format.words || bytes.length % recordSize !== 0) {
    throw new MalformedError(
      "BTF",
      `${plural(bytes.length, "byte")} are no table of records of ${plural(recordSize, "byte")}`,
      { path: [format.name], offset },
    );
  }
  const words = wordsOf(bytes, byteOrder);
  return Array.from({ length: bytes.length / recordSize }, (_, index) => {
    const start = (index * recordSize) / 4;
    const own = words.slice(start, start + format.words);
    const record = decodeOne(format, own, { strings, index, offset: offset + 4 * start });
    return { ...record, slot: record.slot / unitSizes[unit] };
  });
}

interface RecordPlace {
  readonly strings: TextSource;
  readonly index: number;
  readonly offset: number;
}

function decodeOne<T extends Placed>(
  format: RecordFormat<T>,
  words: readonly number[],
  { strings, index, offset }: RecordPlace,
): T {
  try {
    return format.decode(words, strings);
  } catch (error) {
    if (!(error instanceof MalformedError)) throw error;
    const path = [format.name, `record ${index}`];
    throw new MalformedError("BTF", error.message, { path, offset, cause: error });
  }
}

/** Words as bytes. */
export function bytesOf(
  words: readonly number[],
  byteOrder: WordOrder["byteOrder"],
): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(4 * words.length);
  const view = viewOf(bytes);
  const little = isLittle(byteOrder);
  for (const [index, word] of words.entries()) view.setUint32(4 * index, word, little);
  return bytes;
}

/** Bytes as words; what is left over at the end is not looked at. */
export function wordsOf(bytes: Uint8Array, byteOrder: WordOrder["byteOrder"]): readonly number[] {
  const view = viewOf(bytes);
  const little = isLittle(byteOrder);
  return Array.from({ length: Math.floor(bytes.length / 4) }, (_, index) =>
    view.getUint32(4 * index, little),
  );
}

function isLittle(byteOrder: WordOrder["byteOrder"]): boolean {
  return byteOrder === undefined ? littleEndian : byteOrder === "little";
}
