/**
 * Files with functions and USDT probes for probes to go to, made of their names.
 * @module
 */
import { viewOf, zeroTerminated } from "../../base/bytes.ts";
import { InvalidArgumentError } from "../../base/errors.ts";
import { usdtMachines } from "../../elf/usdt-argument.ts";
import { writeElf } from "../../elf/write.ts";

/** What a made file has. */
export interface ProgramFile {
  readonly functions?: readonly string[];
  readonly probes?: readonly UsdtSite[];
}

/** A USDT probe: the last of its arguments lie on the stack, as they do where registers are few. */
export interface UsdtSite {
  readonly provider: string;
  readonly name: string;
  /** How many arguments it has, at most 12, each of 8 bytes with sign. */
  readonly arguments: number;
}

/** Bytes that each function and probe takes. */
const codeBytes = 16;
const registers = ["rdi", "rsi", "rdx", "rcx", "r8", "r9"];
const mostArguments = 12;

/** An ELF file for x86-64 with these functions and probes. @throws {InvalidArgumentError} when a probe has too many arguments. */
export function programFile({ functions = [], probes = [] }: ProgramFile): Uint8Array {
  const text = new Uint8Array(codeBytes * (functions.length + probes.length + 1));
  const symbols = functions.map((name, index) => ({
    name,
    binding: "global" as const,
    type: "function" as const,
    section: 0,
    value: codeBytes * (index + 1),
    size: codeBytes,
  }));
  const notes = probes.flatMap((probe, index) => [
    ...noteOf(probe, codeBytes * (functions.length + index + 1)),
  ]);
  return writeElf({
    byteOrder: "little",
    machine: usdtMachines.x86_64,
    sections: [
      { name: ".text", flags: ["alloc", "execute"], alignment: codeBytes, bytes: text },
      { name: ".note.stapsdt", type: "note", alignment: 4, bytes: Uint8Array.from(notes) },
    ],
    symbols,
  });
}

/** A note as `elf/usdt.ts` describes it. */
function noteOf({ provider, name, arguments: count }: UsdtSite, address: number): Uint8Array {
  if (!Number.isInteger(count) || count < 0 || count > mostArguments) {
    throw new InvalidArgumentError(`probe ${provider}:${name} cannot have ${count} arguments`, {
      hint: `at most ${mostArguments}`,
    });
  }
  const places = Array.from({ length: count }, (_, index) =>
    index < registers.length ? `%${registers[index]}` : `${8 * (index - registers.length)}(%rsp)`,
  );
  const texts = [provider, name, places.map((it) => `-8@${it}`).join(" ")];
  const description = [...new Uint8Array(24), ...texts.flatMap((it) => [...zeroTerminated(it)])];
  const owner = zeroTerminated("stapsdt");
  const note = new Uint8Array(12 + owner.length + Math.ceil(description.length / 4) * 4);
  const view = viewOf(note);
  view.setUint32(0, owner.length, true);
  view.setUint32(4, description.length, true);
  view.setUint32(8, 3, true);
  note.set(owner, 12);
  note.set(description, 12 + owner.length);
  view.setBigUint64(12 + owner.length, BigInt(address), true);
  return note;
}
