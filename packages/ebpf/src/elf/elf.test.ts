import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { MalformedError, InvalidArgumentError } from "../base/errors.ts";
import { bpfMachine, type ElfFile } from "./elf.ts";
import { readElf } from "./read.ts";
import { findSection, readRelocations, readSymbols } from "./tables.ts";
import { writeElf, type ElfObject } from "./write.ts";

const byteOrders = ["little", "big"] as const;

/** A global before a local, so that symbols are sorted and relocations renumbered. */
const sample: ElfObject = {
  byteOrder: "little",
  machine: bpfMachine,
  sections: [
    {
      name: "xdp",
      flags: ["alloc", "execute"],
      alignment: 8,
      bytes: new Uint8Array(16).fill(7),
      relocations: [
        { offset: 0, type: 1, symbol: 1 },
        { offset: 8, type: 10, symbol: 0 },
      ],
    },
    { name: ".bss", type: "nobits", flags: ["write", "alloc"], bytes: new Uint8Array(100) },
    { name: "license", flags: ["write", "alloc"], bytes: new Uint8Array([71, 80, 76, 0]) },
  ],
  symbols: [
    { name: "main", binding: "global", type: "function", section: 0, value: 0, size: 16 },
    { name: "", binding: "local", type: "section", section: 2, value: 0, size: 0 },
    { name: "wanted", binding: "weak", type: "none", section: "undefined", value: 0, size: 0 },
    {
      name: "counter",
      binding: "global",
      type: "object",
      visibility: "hidden",
      section: 1,
      value: 96,
      size: 4,
    },
  ],
};
const sampleBytes = writeElf(sample);

/** Reads all there is. */
function readAll(bytes: Uint8Array): ElfFile {
  const file = readElf(bytes);
  readSymbols(file);
  readSymbols(file, "dynsym");
  for (const section of file.sections) readRelocations(file, section);
  return file;
}

describe("writeElf and readElf", () => {
  for (const byteOrder of byteOrders) {
    const file = readElf(writeElf({ ...sample, byteOrder }), "sample.o");

    it(`keep what the file is, ${byteOrder} byte first`, () => {
      const { path, type, machine, flags } = file;
      assert.deepEqual(
        { path, byteOrder: file.byteOrder, type, machine, flags },
        { path: "sample.o", byteOrder, type: "relocatable", machine: 247, flags: 0 },
      );
    });

    it(`keep sections, ${byteOrder} byte first`, () => {
      const names = ["", "xdp", ".bss", "license", ".relxdp", ".symtab", ".strtab"];
      assert.deepEqual(
        file.sections.map(({ name }) => name),
        names,
      );
      const { type, flags, alignment, size, bytes } = findSection(file, "xdp")!;
      assert.deepEqual(
        { type, flags, alignment, size, bytes: [...bytes] },
        {
          type: "progbits",
          flags: ["alloc", "execute"],
          alignment: 8,
          size: 16,
          bytes: Array<number>(16).fill(7),
        },
      );
    });

    it(`keep the size of what takes no place, ${byteOrder} byte first`, () => {
      const { type, size, bytes } = findSection(file, ".bss")!;
      assert.deepEqual(
        { type, size, length: bytes.length },
        { type: "nobits", size: 100, length: 0 },
      );
    });

    it(`keep symbols, locals first, ${byteOrder} byte first`, () => {
      const symbols = readSymbols(file).map(({ name, binding, section, value, visibility }) => {
        return `${name} ${binding} ${section} ${value} ${visibility}`;
      });
      assert.deepEqual(symbols, [
        " local undefined 0 default",
        " local 3 0 default",
        "main global 1 0 default",
        "wanted weak undefined 0 default",
        "counter global 2 96 hidden",
      ]);
      assert.equal(findSection(file, ".symtab")!.info, 2);
    });

    it(`keep what relocations refer to, ${byteOrder} byte first`, () => {
      const symbols = readSymbols(file);
      const relocations = readRelocations(file, findSection(file, "xdp")!);
      assert.deepEqual(
        relocations.map(({ offset, type, symbol }) => [offset, type, symbols[symbol]!.type]),
        [
          [0, 1, "section"],
          [8, 10, "function"],
        ],
      );
      assert.deepEqual(readRelocations(file, findSection(file, "license")!), []);
    });
  }

  it("align sections in the file", () => {
    const bytes = new Uint8Array(3);
    const sections = [1, 16, 2, 64].map((alignment) => ({
      name: `a${alignment}`,
      alignment,
      bytes,
    }));
    const file = readElf(writeElf({ ...sample, sections, symbols: [] }));
    for (const { offset, alignment } of file.sections.slice(1))
      assert.equal(offset % alignment, 0, `${offset} is no multiple of ${alignment}`);
  });

  it("keep any sections and symbols", () => {
    const name = fc.string({ unit: "grapheme-ascii", maxLength: 9 });
    const section = fc.record({ name, bytes: fc.uint8Array({ maxLength: 40 }) });
    const symbol = fc.record({
      name,
      binding: fc.constantFrom("local", "global", "weak"),
      type: fc.constantFrom("none", "object", "function", "section"),
      section: fc.constantFrom(0, "undefined", "absolute"),
      value: fc.maxSafeNat(),
      size: fc.maxSafeNat(),
    });
    const object = fc.record({
      byteOrder: fc.constantFrom(...byteOrders),
      machine: fc.nat(0xffff),
      sections: fc.array(section, { minLength: 1, maxLength: 6 }),
      symbols: fc.array(symbol, { maxLength: 6 }),
    });
    fc.assert(
      fc.property(object, (given) => {
        const file = readAll(writeElf(given as ElfObject));
        const found = file.sections.slice(1, -2).map(({ name, bytes }) => ({
          name,
          bytes: new Uint8Array(bytes),
        }));
        assert.deepEqual(
          found,
          given.sections.map((each) => ({ ...each })),
        );
        const locals = given.symbols.filter(({ binding }) => binding === "local");
        const others = given.symbols.filter(({ binding }) => binding !== "local");
        assert.deepEqual(
          readSymbols(file)
            .slice(1)
            .map(({ name, value, size }) => [name, Number(value), size]),
          [...locals, ...others].map(({ name, value, size }) => [name, value, size]),
        );
      }),
    );
  });
});

describe("writeElf", () => {
  const refuse = (change: Partial<ElfObject>, message: RegExp): void => {
    const write = (): Uint8Array => writeElf({ ...sample, ...change });
    assert.throws(write, (error) => {
      assert.ok(error instanceof InvalidArgumentError);
      assert.match(error.message, message);
      return true;
    });
  };
  const symbol = sample.symbols[0]!;
  const section = sample.sections[0]!;

  it("refuses symbols in sections that are not there", () =>
    refuse({ symbols: [{ ...symbol, section: 3 }, symbol] }, /symbol main refers to 3/));

  it("refuses relocations by symbols that are not there", () =>
    refuse({ symbols: [symbol] }, /relocation of xdp refers to 1/));

  it("refuses relocations behind the section", () => {
    const relocations = [{ offset: 16, type: 1, symbol: 0 }];
    refuse({ sections: [{ ...section, relocations }], symbols: [] }, /refers to/);
    refuse({ sections: [{ ...section, relocations }], symbols: [{ ...symbol }] }, /refers to 16/);
  });

  it("refuses more sections than 16 bits can number", () =>
    refuse({ sections: Array<typeof section>(0xff00).fill(section) }, /are too many/));
});

describe("hostile ELF", () => {
  const refuse = (bytes: Uint8Array, message: RegExp): void => {
    assert.throws(
      () => readAll(bytes),
      (error) => {
        assert.ok(error instanceof MalformedError);
        assert.match(error.message, message);
        assert.equal(error.code, "ELF_MALFORMED");
        return true;
      },
    );
  };
  const changed = (at: number, ...values: readonly number[]): Uint8Array => {
    const bytes = sampleBytes.slice();
    bytes.set(values, at);
    return bytes;
  };
  const symbolsAt = findSection(readElf(sampleBytes), ".symtab")!.offset;
  const relocationsAt = findSection(readElf(sampleBytes), ".relxdp")!.offset;

  it("is refused with path and offset", () => {
    refuse(new Uint8Array(), /^elf › \+0x0: 0 bytes are too few for ELF$/);
    refuse(changed(0, 0), /does not start with/);
    refuse(changed(4, 1), /^elf › \+0x4: this is not ELF of 64 bits$/);
    refuse(changed(5, 3), /byte order 3/);
    refuse(changed(6, 2), /version 2/);
    refuse(changed(40, 255, 255), /do not lie in/);
    refuse(changed(58, 40), /have 40 bytes/);
    refuse(changed(60, 255, 1), /headers of 511 sections/);
    refuse(changed(62, 200), /no section 200 for names/);
    refuse(changed(62, 1), /section 1 of type 1 has no names/);
    refuse(changed(symbolsAt + 24, 255), /^elf › .strtab › .*: there is no name at 255/);
    refuse(changed(symbolsAt + 24 + 6, 200), /^elf › .symtab › entry 1 › .*section 200/);
    refuse(changed(symbolsAt + 24 + 6, 255, 255), /more sections than 65279/);
    refuse(changed(relocationsAt, 16), /^elf › .relxdp › entry 0 › .*no place 16/);
    refuse(changed(relocationsAt + 12, 5), /no symbol 5/);
  });

  it("is refused when cut off anywhere", () => {
    for (let length = 0; length < sampleBytes.length; length++) {
      assert.throws(() => readAll(sampleBytes.subarray(0, length)), MalformedError);
    }
  });

  it("can only be malformed when any byte is any other", () => {
    const change = fc.tuple(fc.nat(sampleBytes.length - 1), fc.nat(255));
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), (changes) => {
        const bytes = sampleBytes.slice();
        for (const [at, value] of changes) bytes[at] = value;
        try {
          readAll(bytes);
        } catch (error) {
          assert.ok(error instanceof MalformedError, String(error));
        }
      }),
      { numRuns: 2000 },
    );
  });
});
