/**
 * USDT probes of a file: places in the code that their authors have marked, with names and arguments.
 *
 * Each site is a note in the section `.note.stapsdt`, with the address of an instruction that does nothing until somebody
 * listens. Format: <https://sourceware.org/systemtap/wiki/UserSpaceProbeImplementation>.
 * @module
 */
import type { ElfFile, ElfSection } from "./elf.ts";
import { fileOffset } from "./file-offset.ts";
import { Region } from "./region.ts";
import { findSection } from "./tables.ts";
import { parseUsdtArguments, type UsdtArgument } from "./usdt-argument.ts";

/** One site of a probe. */
export interface UsdtProbe {
  readonly provider: string;
  readonly name: string;
  /** The address of the instruction as the file says it; at run time it is moved along with the file. */
  readonly address: bigint;
  /** Bytes from the start of the file to it. */
  readonly offset: number;
  /**
   * Bytes from the start of the file to a counter of 16 bits that has to be above 0 for the probe to be reached;
   * `undefined` for probes that are always reached.
   */
  readonly semaphoreOffset: number | undefined;
  readonly arguments: readonly UsdtArgument[];
}

/**
 * All sites of probes in `file`, in the order of their notes; none for files without.
 * @throws {MalformedError} when a note is damaged, or its address is not in the file.
 */
export function readUsdtProbes(file: ElfFile): readonly UsdtProbe[] {
  const base = findSection(file, ".stapsdt.base");
  const notes = file.sections.filter(({ name }) => name === ".note.stapsdt");
  return notes.flatMap((section) => readNotes(file, section, base?.address));
}

/** Number of the kind of note. */
const probeType = 3;
const owner = "stapsdt";

/**
 * ```
 *   0           4           8      12
 *   +-----------+-----------+------+-----------------+-----------------+
 *   | length of | length of | type | name, and zeros | description, …  |   each rounded up to a multiple of 4
 *   | the name  | descript. |      |                 |                 |
 *   +-----------+-----------+------+-----------------+-----------------+
 * ```
 */
function readNotes(file: ElfFile, section: ElfSection, base: bigint | undefined): UsdtProbe[] {
  const { byteOrder, path } = file;
  const notes = new Region(section.bytes, {
    byteOrder,
    path: [path, section.name],
    start: section.offset,
  });
  const probes: UsdtProbe[] = [];
  for (let at = 0; at < notes.bytes.length;) {
    const [nameSize, size] = [roundedUp(notes.u32(at)), notes.u32(at + 4)];
    const note = notes.part("note", at + 12 + nameSize, size);
    const isProbe = notes.u32(at + 8) === probeType && textsAt(notes, at + 12, 1)[0] === owner;
    if (isProbe) probes.push(readProbe(file, note, base));
    at += 12 + nameSize + roundedUp(size);
  }
  return probes;
}

/**
 * ```
 *   0         8      16          24
 *   +---------+------+-----------+------------+--------+-------------+
 *   | address | base | semaphore | provider 0 | name 0 | arguments 0 |
 *   +---------+------+-----------+------------+--------+-------------+
 * ```
 *
 * The base is the address of a section when the note was written. Where that was moved since, so were the others.
 */
function readProbe(file: ElfFile, note: Region, base: bigint | undefined): UsdtProbe {
  const moved = base === undefined ? 0n : base - note.u64(8);
  const address = note.u64(0) + moved;
  const semaphore = note.u64(16);
  const [provider = "", name = "", text = ""] = textsAt(note, 24, 3);
  const offset = fileOffset(file, address);
  if (offset === undefined) note.fail(`${provider}:${name} is not in the file`, 0);
  const semaphoreOffset = semaphore === 0n ? undefined : fileOffset(file, semaphore + moved);
  if (semaphore !== 0n && semaphoreOffset === undefined) {
    note.fail(`the semaphore of ${provider}:${name} is not in the file`, 16);
  }
  const args = parseUsdtArguments(text, file.machine);
  return Object.freeze({
    provider,
    name,
    address,
    offset,
    semaphoreOffset,
    arguments: args,
  });
}

/** Texts one behind the other, each with a zero at its end. */
function textsAt(region: Region, start: number, count: number): readonly string[] {
  let at = start;
  return Array.from({ length: count }, () => {
    const end = region.bytes.indexOf(0, at);
    if (end === -1) region.fail("text without an end", at);
    const text = new TextDecoder().decode(region.bytes.subarray(at, end));
    at = end + 1;
    return text;
  });
}

function roundedUp(size: number): number {
  return (size + 3) & ~3;
}
