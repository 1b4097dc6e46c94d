/**
 * Prints the types of objects as C and lets clang compile that:
 * `node --conditions=@ts-ebpf/source tools/objects/print-types.ts [FOLDER|FILE]…`.
 *
 * Each header is compiled by itself. What is refused is printed with the first diagnostic; the last line counts.
 * @module
 */
import { spawnSync } from "node:child_process";
import { globSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { parseBtf, printC } from "ts-ebpf/btf";
import { findSection, readElf } from "ts-ebpf/elf";
import { corpusFolder } from "./sources.ts";

/** Why what is printed does not compile; `undefined` when it does, or there are no types. */
function complaintAbout(file: string): string | undefined {
  const bytes = findSection(readElf(readFileSync(file), file), ".BTF")?.bytes;
  if (bytes === undefined) return undefined;
  try {
    const header = printC(parseBtf(bytes, { path: file }));
    const words = ["-target", "bpf", "-w", "-fsyntax-only", "-x", "c", "-"];
    const { status, stderr } = spawnSync("clang", words, { input: header, encoding: "utf8" });
    return status === 0 ? undefined : (/error: .*/.exec(stderr)?.[0] ?? stderr);
  } catch (error) {
    return String(error);
  }
}

function main(places: readonly string[]): void {
  const files = places.flatMap((place) =>
    statSync(place).isFile()
      ? [place]
      : globSync("**/*.{o,elf}", { cwd: place }).map((name) => join(place, name)),
  );
  let refused = 0;
  for (const file of files) {
    const complaint = complaintAbout(file);
    if (complaint === undefined) continue;
    refused++;
    console.log(`${file}: ${complaint}`);
  }
  console.log(`${files.length} objects, printed types of ${refused} are refused`);
}

const named = process.argv.slice(2);
main(named.length === 0 ? [join(corpusFolder, "objects")] : named);
