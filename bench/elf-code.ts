/**
 * How much code is in an object file of BPF.
 *
 * Reads the table of sections of a 64-bit ELF file and adds up those that hold instructions; the format is that of
 * elf(5). It is read here since the driver does not load the library.
 * @module
 */
import { BenchmarkError } from "./error.ts";

/** SHF_EXECINSTR. */
const executable = 4n;
/** Bytes of an instruction; the 16 bytes of a wide load are two. */
const slotBytes = 8;

/**
 * Instructions in the object file, as 8-byte slots.
 * @throws {BenchmarkError} when it is no 64-bit object file.
 */
export function countInstructions(file: Uint8Array): number {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const isElf64 = file.length >= 64 && view.getUint32(0) === 0x7f454c46 && view.getUint8(4) === 2;
  if (!isElf64) throw new BenchmarkError("this is no 64-bit object file");
  const little = view.getUint8(5) === 1;
  const table = Number(view.getBigUint64(0x28, little));
  const [entryBytes, count] = [view.getUint16(0x3a, little), view.getUint16(0x3c, little)];
  let bytes = 0;
  for (let index = 0; index < count; index++) {
    const section = table + index * entryBytes;
    const flags = view.getBigUint64(section + 8, little);
    if ((flags & executable) !== 0n) bytes += Number(view.getBigUint64(section + 0x20, little));
  }
  return bytes / slotBytes;
}
