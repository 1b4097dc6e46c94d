/**
 * What we write as readelf(1) of LLVM shows it, and what is on this machine as we read it.
 * @module
 */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { bpfMachine } from "./elf.ts";
import { readElf } from "./read.ts";
import { readRelocations, readSymbols } from "./tables.ts";
import { writeElf } from "./write.ts";

const command = "llvm-readelf";
const skip = spawnSync(command, ["--version"]).status === 0 ? false : `${command} is not installed`;

/** What readelf prints; nothing that it complains about is accepted. */
function readelf(options: readonly string[], file: string): string {
  const { stdout, stderr, status } = spawnSync(command, [...options, file], {
    encoding: "utf8",
    maxBuffer: 1 << 28,
  });
  assert.equal(stderr, "");
  assert.equal(status, 0);
  return stdout;
}

function withFile(bytes: Uint8Array, run: (file: string) => void): void {
  const folder = mkdtempSync(join(tmpdir(), "elf-"));
  try {
    const file = join(folder, "sample.o");
    writeFileSync(file, bytes);
    run(file);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const ours = {
  machine: bpfMachine,
  sections: [
    {
      name: "xdp",
      flags: ["alloc", "execute"],
      alignment: 8,
      bytes: new Uint8Array(24),
      relocations: [{ offset: 16, type: 1, symbol: 1 }],
    },
    { name: ".bss", type: "nobits", flags: ["write", "alloc"], bytes: new Uint8Array(100) },
  ],
  symbols: [
    { name: "main", binding: "global", type: "function", section: 0, value: 8, size: 16 },
    { name: "counter", binding: "local", type: "object", section: 1, value: 96, size: 4 },
  ],
} as const;

describe(command, { skip }, () => {
  for (const byteOrder of ["little", "big"] as const) {
    it(`shows what we wrote, ${byteOrder} byte first`, () =>
      withFile(writeElf({ ...ours, byteOrder }), (file) => {
        const text = readelf(["--all", "--wide"], file);
        assert.match(text, /Class:\s+ELF64/);
        assert.match(text, new RegExp(`Data:.*${byteOrder} endian`));
        assert.match(text, /Type:\s+REL \(/);
        assert.match(text, /Machine:\s+EM_BPF/);
        assert.match(text, /xdp\s+PROGBITS\s+0+ 000040 000018 00\s+AX\s+0\s+0\s+8/);
        assert.match(text, /.bss\s+NOBITS\s+0+ 000058 000064 00\s+WA\s+0\s+0\s+1/);
        assert.match(text, /0000000000000010\s+\w+ R_BPF_64_64\s+0+60 counter/);
        assert.match(text, /0000000000000060\s+4 OBJECT\s+LOCAL\s+DEFAULT\s+2 counter/);
        assert.match(text, /0000000000000008\s+16 FUNC\s+GLOBAL\s+DEFAULT\s+1 main/);
      }));
  }

  it("counts as we do in a program of this machine", () => {
    const file = readElf(readFileSync(process.execPath), process.execPath);
    const header = readelf(["--file-headers"], process.execPath);
    assert.match(header, new RegExp(`Number of section headers:\\s+${file.sections.length}\\s`));
    const table = readelf(["--dyn-symbols", "--wide"], process.execPath);
    const symbols = readSymbols(file, "dynsym");
    assert.match(table, new RegExp(`'.dynsym' contains ${symbols.length} entries`));
    const relocations = file.sections.flatMap((section) => readRelocations(file, section));
    // Of the others, readelf says which section they are for only in files that are linked.
    const plt = file.sections.find(({ name }) => name === ".rela.plt");
    const listed = readelf(["--relocations", "--wide"], process.execPath);
    const count = /'\.rela\.plt' at offset \w+ contains (\d+) entries/.exec(listed)?.[1];
    assert.equal(plt === undefined ? undefined : String(relocations.length), count);
  });
});
