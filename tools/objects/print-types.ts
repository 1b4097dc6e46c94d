/**
 * Prints types as C, lets clang compile that, and asks it whether all is laid out as BTF says:
 * `node --conditions=@ts-ebpf/source tools/objects/print-types.ts [FOLDER|FILE]…`.
 *
 * Each header is compiled by itself, with an assertion for each size and offset. Files are objects, or BTF as it is in
 * /sys/kernel/btf. What is refused is printed with the first diagnostic; the last line counts.
 * @module
 */
import { spawnSync } from "node:child_process";
import { globSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { type Btf, parseBtf, printC } from "ts-ebpf/btf";
import { findSection, readElf } from "ts-ebpf/elf";
import { layoutAssertions } from "./layout-assertions.ts";
import { corpusFolder } from "./sources.ts";

/** What became of one file. */
interface Printed {
  /** Why what is printed does not compile, or is laid out differently; `undefined` when all is well. */
  readonly complaint: string | undefined;
  readonly assertions: number;
}

/** `undefined` for files without types. */
function check(file: string): Printed | undefined {
  const btf = typesIn(file);
  if (btf === undefined) return undefined;
  const { text, count } = layoutAssertions(btf);
  const input = `${printC(btf)}\n${text}\n`;
  const words = ["-target", "bpf", "-w", "-fsyntax-only", "-x", "c", "-"];
  const { status, stderr } = spawnSync("clang", words, { input, encoding: "utf8" });
  const complaint = status === 0 ? undefined : (/error: .*\n.*/.exec(stderr)?.[0] ?? stderr);
  return { complaint, assertions: count };
}

function typesIn(file: string): Btf | undefined {
  const held = readFileSync(file);
  // A magic number at the start tells BTF from ELF, in either byte order.
  const isBtf = held.length >= 2 && [0xeb9f, 0x9feb].includes(held.readUInt16LE(0));
  const bytes = isBtf ? held : findSection(readElf(held, file), ".BTF")?.bytes;
  return bytes && parseBtf(bytes, { path: file });
}

/** The same, with what this library refuses as a complaint. */
function checkSafely(file: string): Printed | undefined {
  try {
    return check(file);
  } catch (error) {
    return { complaint: String(error), assertions: 0 };
  }
}

function main(places: readonly string[]): void {
  const files = places.flatMap((place) =>
    statSync(place).isFile()
      ? [place]
      : globSync("**/*.{o,elf}", { cwd: place }).map((name) => join(place, name)),
  );
  const counts = { typed: 0, refused: 0, assertions: 0 };
  for (const file of files) {
    const printed = checkSafely(file);
    if (printed === undefined) continue;
    counts.typed++;
    counts.assertions += printed.assertions;
    if (printed.complaint === undefined) continue;
    counts.refused++;
    console.log(`${file}: ${printed.complaint}`);
  }
  const { typed, refused, assertions } = counts;
  console.log(
    [
      `${files.length} files, ${typed} with types`,
      `${assertions} sizes and offsets compared`,
      `printed types of ${refused} are refused`,
    ].join(", "),
  );
}

const named = process.argv.slice(2);
main(named.length === 0 ? [join(corpusFolder, "objects")] : named);
