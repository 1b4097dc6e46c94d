/**
 * Reading ELF: the header and the sections of a file of 64 bits, in either byte order.
 *
 * Headers are read at once and everything else when it is asked for: a section is a view of the file, and symbols and
 * relocations are read from sections by the files beside this one. Segments, which only matter to files that are run,
 * are not read.
 * @module
 */
import {
  elfTypes,
  entrySizes,
  sectionElsewhere,
  sectionFlags,
  sectionTypes,
  wordOf,
  type ElfByteOrder,
  type ElfFile,
  type ElfSection,
  type SectionFlag,
} from "./elf.ts";
import { Region } from "./region.ts";
import { textAt } from "./string-table.ts";

/**
 * The file in `bytes`, which it goes on using. `path` is what it is called in errors.
 *
 * ```
 *   0      4     5      6    16   18        24                40             48
 *   +------+-----+------+----+----+---------+-----------------+--------------+--------
 *   | 7f E | 64  | byte | …  |type| machine | entry, segments | start of     | flags …
 *   | L F  | bit | order|    |    |         |                 | the sections |
 *   +------+-----+------+----+----+---------+-----------------+--------------+--------
 * ```
 *
 * @throws {MalformedError} when it is not ELF of 64 bits, or its tables lead out of it.
 */
export function readElf(bytes: Uint8Array, path = "elf"): ElfFile {
  const file = identify(bytes, path);
  const places = sectionPlaces(file);
  const headers = Array.from({ length: places.count }, (_, index) => {
    return file.part(`section ${index}`, places.start + index * entrySizes.section, 64);
  });
  const names = nameTable(file, headers, places.names);
  return Object.freeze({
    path,
    byteOrder: file.byteOrder,
    type: wordOf(elfTypes, file.u16(16)),
    machine: file.u16(18),
    flags: file.u32(48),
    sections: headers.map((header, index) => readSection(file, header, { index, names })),
  });
}

/** Byte order of the ELF file in `bytes`, which is not checked any further. */
export function elfByteOrder(bytes: Uint8Array): ElfByteOrder {
  return bytes[5] === 2 ? "big" : "little";
}

/** The whole file as a region, once its first bytes said that it is ELF of 64 bits. */
function identify(bytes: Uint8Array, path: string): Region {
  const file = new Region(bytes, { byteOrder: elfByteOrder(bytes), path: [path] });
  if (bytes.length < entrySizes.header) file.fail(`${bytes.length} bytes are too few for ELF`, 0);
  if (new Region(bytes, { byteOrder: "big", path: [path] }).u32(0) !== magic) {
    file.fail("this is not ELF: it does not start with 7f 45 4c 46", 0);
  }
  if (file.u8(4) !== 2) file.fail("this is not ELF of 64 bits", 4);
  if (file.u8(5) !== 1 && file.u8(5) !== 2) file.fail(`byte order ${file.u8(5)} is unknown`, 5);
  if (file.u8(6) !== 1) file.fail(`version ${file.u8(6)} of ELF is unknown`, 6);
  return file;
}

/** `7f`, then "ELF". */
const magic = 0x7f45_4c46;

interface SectionPlaces {
  readonly start: number;
  readonly count: number;
  /** Index of the section with the names of sections; 0 when there is none. */
  readonly names: number;
}

/** Where the headers of sections are. Numbers that do not fit the file's header are in the first section's. */
function sectionPlaces(file: Region): SectionPlaces {
  const start = file.length(40);
  if (start === 0) return { start, count: 0, names: 0 };
  const size = file.u16(58);
  if (size !== entrySizes.section) file.fail(`headers of sections have ${size} bytes, not 64`, 58);
  const first = file.part("section 0", start, entrySizes.section);
  const count = file.u16(60) === 0 ? first.length(32) : file.u16(60);
  const names = file.u16(62) === sectionElsewhere ? first.u32(40) : file.u16(62);
  if (start + count * entrySizes.section > file.bytes.length) {
    file.fail(`headers of ${count} sections do not fit behind ${start}`, 60);
  }
  if (names !== 0 && names >= count) file.fail(`there is no section ${names} for names`, 62);
  return { start, count, names };
}

function nameTable(file: Region, headers: readonly Region[], index: number): Region | undefined {
  const header = headers[index];
  if (index === 0 || header === undefined) return undefined;
  const type = header.u32(4);
  if (type !== sectionTypes.strtab) header.fail(`section ${index} of type ${type} has no names`, 4);
  return file.part("names of sections", header.length(24), header.length(32));
}

/**
 * ```
 *   0      4      8       16        24       32     40     44     48          56
 *   +------+------+-------+---------+--------+------+------+------+-----------+------------+
 *   | name | type | flags | address | offset | size | link | info | alignment | entry size |
 *   +------+------+-------+---------+--------+------+------+------+-----------+------------+
 * ```
 */
function readSection(
  file: Region,
  header: Region,
  { index, names }: { readonly index: number; readonly names: Region | undefined },
): ElfSection {
  const type = header.u32(4);
  const offset = header.length(24);
  const size = header.length(32);
  const name = names === undefined ? "" : textAt(names, header.u32(0));
  return Object.freeze({
    index,
    name,
    type: wordOf(sectionTypes, type),
    flags: readFlags(header.u64(8)),
    address: header.u64(16),
    offset,
    size,
    link: header.u32(40),
    info: header.u32(44),
    alignment: header.length(48),
    entrySize: header.length(56),
    bytes: takesNoPlace(type) ? empty : file.part(`section ${name}`, offset, size).bytes,
  });
}

const empty: Uint8Array = new Uint8Array(0);

function takesNoPlace(type: number): boolean {
  return type === sectionTypes.null || type === sectionTypes.nobits;
}

function readFlags(bits: bigint): readonly SectionFlag[] {
  const low = Number(bits & 0xffffn);
  return (Object.keys(sectionFlags) as SectionFlag[]).filter(
    (flag) => (low & sectionFlags[flag]) !== 0,
  );
}
