/**
 * Object files made to take long: every size in them is one that a file of a megabyte can have.
 * @module
 */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { MalformedError } from "../../base/errors.ts";
import { BtfBuilder } from "../../btf/testing-builder.ts";
import { bpfMachine } from "../../elf/elf.ts";
import { type NewRelocation, type NewSection, type NewSymbol, writeElf } from "../../elf/write.ts";
import { parse } from "../../isa/parse.ts";
import { programSpec } from "../../spec/program-spec.ts";
import { isGlobalSpec } from "../../spec/map-spec.ts";
import { writeObject } from "../write.ts";
import { readObject, type ObjectSpec } from "./read-object.ts";

const many = 10_000;
/** Processor time that one file may take. */
const limitMs = 3000;

interface Parts {
  readonly sections: readonly NewSection[];
  readonly symbols: readonly NewSymbol[];
}

function elf(parts: Parts): Uint8Array {
  return writeElf({ byteOrder: "little", machine: bpfMachine, ...parts });
}

/** What `use` returns, if it takes no longer than it may. */
function timed<T>(use: () => T): T {
  const start = process.cpuUsage();
  const result = use();
  const { user, system } = process.cpuUsage(start);
  assert.ok(user + system < 1000 * limitMs, `it took ${Math.round((user + system) / 1000)} ms`);
  return result;
}

const code = { flags: ["alloc", "execute"], alignment: 8 } as const;

function fn(name: string, section: number, value: number, size: number): NewSymbol {
  return { name, binding: "global", type: "function", section, value, size };
}

/** `count` wide loads, each of them of what symbol number `symbolOf` of it is. */
function loads(count: number, symbolOf: (index: number) => number): NewSection {
  const bytes = new Uint8Array(16 * count + 8);
  for (let at = 0; at < 16 * count; at += 16) bytes[at] = 0x18;
  bytes[16 * count] = 0x95;
  const relocations = Array.from({ length: count }, (_, index): NewRelocation => {
    return { offset: 16 * index, type: 1, symbol: symbolOf(index) };
  });
  return { name: "xdp", ...code, bytes, relocations };
}

describe("object files made to take long", () => {
  it("have references to very many variables of one name", () => {
    const bytes = new Uint8Array(8 * many).fill(1);
    const symbols = Array.from({ length: many }, (_, index): NewSymbol => {
      const place = { section: 1, value: 8 * index, size: 8 };
      return { name: "same", binding: "local", type: "object", ...place };
    });
    const btf = new BtfBuilder();
    const long = btf.int("long", 8);
    const variables = symbols.map(({ value }) => [btf.variable("same", long), value, 8] as const);
    btf.datasec([".data", 8 * many], variables);
    const main = fn("main", 0, 0, 16 * many + 8);
    const spec = timed(() =>
      readObject(
        elf({
          sections: [
            loads(many, (index) => index),
            { name: ".data", bytes },
            { name: ".BTF", bytes: btf.build() },
          ],
          symbols: [...symbols, main],
        }),
      ),
    );
    assert.equal(Object.values(spec).filter(({ kind }) => kind === "map").length, many);
    assert.ok(`same_${many}` in spec);
    assert.ok(spec["main"]?.kind === "program");
    const { value } = spec["main"].instructions.at(-2) as { readonly value: unknown };
    assert.deepEqual(value, { kind: "map-value", name: `same_${many}`, offset: 0 });
  });

  it("have references to very many maps", () => {
    const symbols = Array.from({ length: many }, (_, index): NewSymbol => {
      const place = { section: 1, value: 20 * index, size: 20 };
      return { name: `map${index}`, binding: "global", type: "object", ...place };
    });
    const bytes = new Uint8Array(20 * many);
    new Uint32Array(bytes.buffer).fill(1);
    const main = fn("main", 0, 0, 16 * many + 8);
    const sections = [loads(many, (index) => index), { name: "maps", bytes }];
    const spec = timed(() => readObject(elf({ sections, symbols: [...symbols, main] })));
    assert.equal(Object.keys(spec).length, many + 1);
  });

  it("have very many sections of code with relocations", () => {
    const count = 5000;
    const sections = Array.from({ length: count }, (_, index) => ({
      ...loads(1, () => count),
      name: `xdp${index}`,
    }));
    const functions = sections.map((_, index) => fn(`main${index}`, index, 0, 24));
    const data = { name: ".data", bytes: new Uint8Array(8) };
    const symbol = { name: "v", binding: "global", type: "object" } as const;
    const symbols = [...functions, { ...symbol, section: count, value: 0, size: 8 }];
    const spec = timed(() => readObject(elf({ sections: [...sections, data], symbols })));
    assert.equal(Object.keys(spec).length, count + 1);
  });

  const refuses = (parts: Parts, message: RegExp): void =>
    assert.throws(
      () => timed(() => readObject(elf(parts))),
      (error) =>
        error instanceof MalformedError &&
        error.offset !== undefined &&
        message.test(error.message),
    );

  it("have very many functions of the same instructions", () => {
    const size = 8 * many;
    const bytes = new Uint8Array(size).fill(0);
    for (let at = 0; at < size; at += 8) bytes[at] = 0x95;
    const symbols = Array.from({ length: many }, (_, index) => fn(`f${index}`, 0, 0, size));
    refuses(
      { sections: [{ name: "xdp", ...code, bytes }], symbols },
      /its functions have 800000000 bytes, of 80000 that there are/,
    );
  });

  it("have very many programs that call one long function", () => {
    const [programs, long] = [4000, 20_000];
    const text = new Uint8Array(8 * long);
    for (let at = 0; at < text.length; at += 8) text[at] = 0xb7;
    text[8 * (long - 1)] = 0x95;
    const bytes = new Uint8Array(16 * programs);
    const relocations = Array.from({ length: programs }, (_, index) => {
      bytes.set([0x85, 0x10, 0, 0, 0xff, 0xff, 0xff, 0xff, 0x95], 16 * index);
      return { offset: 16 * index, type: 10, symbol: 0 };
    });
    const mains = relocations.map(({ offset }, index) => fn(`main${index}`, 1, offset, 16));
    const sections = [
      { name: ".text", ...code, bytes: text },
      { name: "xdp", ...code, bytes, relocations },
    ];
    const symbols = [fn("long", 0, 0, text.length), ...mains];
    refuses({ sections, symbols }, /have more than 16777216 instructions/);
  });

  it("have more zeros than anybody has memory for, or sections of zeros", () => {
    const zeros = (name: string, size: number): NewSection => {
      return { name, type: "nobits", bytes: { length: size } as Uint8Array };
    };
    for (const sizes of [[2 ** 31], Array.from({ length: 20 }, () => 2 ** 23)]) {
      const sections = sizes.map((size, index) => zeros(`.bss.${index}`, size));
      refuses({ sections, symbols: [] }, /bytes are too many for variables/);
    }
  });

  it("have variables of very many zeros, which nobody looks at", () => {
    const size = 2 ** 25;
    const btf = new BtfBuilder();
    const long = btf.int("long", 8);
    const array = btf.array(long, size / 8, long);
    btf.datasec([".bss", size], [[btf.variable("large", array), 0, size]]);
    const bss: NewSection = { name: ".bss", type: "nobits", bytes: { length: size } as Uint8Array };
    const spec: ObjectSpec = timed(() =>
      readObject(elf({ sections: [bss, { name: ".BTF", bytes: btf.build() }], symbols: [] })),
    );
    assert.ok(spec["large"]?.kind === "map" && isGlobalSpec(spec["large"]));
    assert.equal(spec["large"].layout.size, size);
  });

  it("have functions that call each other very often, also to be written", () => {
    const depth = 60;
    const functions = Array.from({ length: depth }, (_, index) => `f${index}`);
    const text = functions.map((name, index) => {
      const next = functions[index + 1];
      return `${name}:\n${next === undefined ? "r0 = 0" : `call ${next}\ncall ${next}`}\nexit`;
    });
    const instructions = parse(["call f0", "exit", ...text].join("\n"));
    const heads = functions.map((name, index) => ({ name, index: 2 + 3 * index, parameters: [] }));
    const spec = {
      ...programSpec({ name: "main", type: "xdp", target: { kind: "none" } }, instructions),
      functions: [{ name: "main", index: 0, parameters: [] }, ...heads],
    };
    const read = timed(() => readObject(writeObject({ main: spec })));
    assert.ok(read["main"]?.kind === "program");
    assert.equal(read["main"].functions?.length, depth + 1);
  });
});
