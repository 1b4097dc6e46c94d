/**
 * Section .BTF.ext of object files: the records of all programs, sorted by the section each program is in.
 *
 * It is three tables of the same build, one per kind of record, each cut into parts that name a section. Its texts
 * are in the strings of section .BTF beside it. Here an instruction counts from the start of its section and in
 * bytes; the records say slots, as everywhere else.
 * @module
 */
import { littleEndian, viewOf } from "../../base/bytes.ts";
import { MalformedError } from "../../base/errors.ts";
import type { TextSink } from "../write/encode-type.ts";
import {
  bytesOf,
  coreReloFormat,
  decodeRecords,
  encodeRecord,
  funcInfoFormat,
  lineInfoFormat,
  wordsOf,
  type CoreRelo,
  type FuncInfo,
  type LineInfo,
  type Placed,
  type RecordFormat,
  type TextSource,
  type WordOrder,
} from "./records.ts";

/** Records by the name of the section they are about. */
export type SectionRecords<T> = ReadonlyMap<string, readonly T[]>;

/** All that section .BTF.ext says. */
export interface BtfExt {
  readonly funcInfo: SectionRecords<FuncInfo>;
  readonly lineInfo: SectionRecords<LineInfo>;
  readonly coreRelos: SectionRecords<CoreRelo>;
}

/** `struct btf_ext_header`, see {@link encodeBtfExt}. */
const headerSize = 32;
/** Size it had before there were relocations. */
const oldHeaderSize = 24;

/**
 * The section; its texts go into `strings`, which are those of section .BTF.
 *
 * ```
 *   0      2   3   4        8              16             24              32
 *   +------+---+---+--------+-------+------+-------+------+-------+------+
 *   | magic|ver|flg| hdr_len| func_info    | line_info    | core_relo    |  each: offset, length
 *   +------+---+---+--------+-------+------+-------+------+-------+------+
 *   table: record size, then for each section: offset of its name, number of records, the records
 * ```
 *
 * Source: Documentation/bpf/btf.rst, and libbpf for relocations.
 */
export function encodeBtfExt(
  { funcInfo, lineInfo, coreRelos }: BtfExt,
  strings: TextSink,
  { byteOrder }: WordOrder = {},
): Uint8Array<ArrayBuffer> {
  const tables = [
    encodeTable(funcInfoFormat, funcInfo, strings),
    encodeTable(lineInfoFormat, lineInfo, strings),
    encodeTable(coreReloFormat, coreRelos, strings),
  ];
  let at = 0;
  const places = tables.flatMap(({ length }) => {
    const place = [at, 4 * length];
    at += 4 * length;
    return place;
  });
  const bytes = bytesOf([0, headerSize, ...places, ...tables.flat()], byteOrder);
  const little = byteOrder === undefined ? littleEndian : byteOrder === "little";
  viewOf(bytes).setUint16(0, 0xeb9f, little);
  bytes[2] = 1;
  return bytes;
}

/**
 * What the section in `bytes` says, whose texts are in `strings`.
 * @throws {MalformedError} when it is damaged.
 */
export function parseBtfExt(bytes: Uint8Array, strings: TextSource): BtfExt {
  const view = viewOf(bytes);
  const byteOrder = orderOf(bytes);
  const size = view.getUint32(4, byteOrder === "little");
  if (size < oldHeaderSize || size > bytes.length) fail(`its header has ${size} bytes`, 4);
  const table = <T extends Placed>(format: RecordFormat<T>, at: number): SectionRecords<T> => {
    if (at + 8 > size) return new Map();
    const start = size + view.getUint32(at, byteOrder === "little");
    const length = view.getUint32(at + 4, byteOrder === "little");
    if (start + length > bytes.length) fail(`${format.name} ends behind the section`, at);
    return decodeTable(format, bytes.subarray(start, start + length), {
      strings,
      byteOrder,
      offset: start,
    });
  };
  return {
    funcInfo: table(funcInfoFormat, 8),
    lineInfo: table(lineInfoFormat, 16),
    coreRelos: table(coreReloFormat, 24),
  };
}

function orderOf(bytes: Uint8Array): "little" | "big" {
  if (bytes.length < oldHeaderSize) fail(`${bytes.length} bytes are too few`, 0);
  const magic = viewOf(bytes).getUint16(0, true);
  if (magic !== 0xeb9f && magic !== 0x9feb) fail("it does not start with 0xeb9f", 0);
  if (bytes[2] !== 1) fail(`version ${bytes[2]} is unknown`, 2);
  return magic === 0xeb9f ? "little" : "big";
}

function encodeTable<T extends Placed>(
  format: RecordFormat<T>,
  sections: SectionRecords<T>,
  strings: TextSink,
): readonly number[] {
  const parts = [...sections].filter(([, records]) => records.length > 0);
  if (parts.length === 0) return [];
  const words = parts.flatMap(([section, records]) => [
    strings.add(section),
    records.length,
    ...records.flatMap((record) => encodeRecord(format, record, strings, "byte")),
  ]);
  return [4 * format.words, ...words];
}

interface TableContext extends Required<WordOrder> {
  readonly strings: TextSource;
  /** Where the table starts in the section. */
  readonly offset: number;
}

function decodeTable<T extends Placed>(
  format: RecordFormat<T>,
  bytes: Uint8Array,
  context: TableContext,
): SectionRecords<T> {
  const sections = new Map<string, T[]>();
  const words = wordsOf(bytes, context.byteOrder);
  const recordSize = words[0] ?? 0;
  if (recordSize % 4 !== 0)
    fail(`records of ${format.name} have ${recordSize} bytes`, context.offset);
  for (let at = 4; at < bytes.length;) {
    const [nameOffset = 0, count = 0] = words.slice(at / 4, at / 4 + 2);
    const start = at + 8;
    at = start + recordSize * count;
    const offset = context.offset + start;
    if (at > bytes.length) fail(`${format.name} ends within a record`, offset);
    const table = { recordSize, bytes: bytes.subarray(start, at) };
    const records = decodeRecords(format, table, context.strings, {
      ...context,
      offset,
      unit: "byte",
    });
    const section = context.strings.text(nameOffset);
    const known = sections.get(section);
    if (known === undefined) sections.set(section, records);
    else for (const record of records) known.push(record);
  }
  return sections;
}

function fail(message: string, offset: number): never {
  throw new MalformedError("BTF", message, { path: [".BTF.ext"], offset });
}
