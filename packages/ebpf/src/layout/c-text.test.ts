import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { ipv6 } from "./address/ipv6.ts";
import { mac } from "./address/mac.ts";
import { ipv4Prefix, ipv6Prefix } from "./address/prefix.ts";
import { array } from "./array.ts";
import { bool } from "./bool.ts";
import { bytes } from "./bytes.ts";
import { formatDeclaration, formatStruct, typeName } from "./c-text.ts";
import { chars } from "./chars.ts";
import { enumeration } from "./enumeration.ts";
import { be16, be32, be64, s16, s32, s64, s8, u16, u32, u64, u8 } from "./integer.ts";
import type { FieldLayouts, Layout, StructLayout } from "./layout.ts";
import { struct } from "./struct.ts";
import { u53 } from "./u53.ts";

const own: Layout<number> = {
  name: "own",
  size: 12,
  alignment: 4,
  read: () => 0,
  write: () => undefined,
};

describe("typeName", () => {
  const check = (layout: Layout<unknown>, expected: string): void =>
    assert.equal(typeName(layout), expected);
  it("names integers", () => check(u32, "__u32"));
  it("names signed integers", () => check(s64, "__s64"));
  it("names integers in network order", () => check(be16, "__be16"));
  it("names bool", () => check(bool, "bool"));
  it("names text", () => check(chars(16), "char[16]"));
  it("names bytes", () => check(bytes(6), "__u8[6]"));
  it("names arrays of arrays, the outer length first", () =>
    check(array(array(u16, 3), 2), "__u16[2][3]"));
  it("names arrays of text", () => check(array(chars(16), 4), "char[4][16]"));
  it("names structs", () => check(array(struct("pair", { a: u8 }), 2), "struct pair[2]"));
  it("names what is under a transform", () => {
    check(u53, "__u64");
    check(enumeration(u8, { A: 1 }), "__u8");
    check(ipv6, "__be32[4]");
  });
  it("names a layout of one's own as bytes", () => check(own, "__u8[12]"));
});

describe("formatDeclaration", () => {
  it("puts the lengths behind the name", () =>
    assert.equal(formatDeclaration(array(chars(16), 4), "names"), "char names[4][16]"));
});

describe("formatStruct", () => {
  it("defines the structs inside first, each once", () => {
    const Pair = struct("pair", { a: u8, b: own });
    const Whole = struct("whole", { one: Pair, more: array(Pair, 2) }, { packed: true });
    assert.equal(
      formatStruct(Whole),
      [
        "struct pair {",
        "\t__u8 a;",
        "\t__u8 b[12] __attribute__((aligned(4)));",
        "};",
        "",
        "struct whole {",
        "\tstruct pair one;",
        "\tstruct pair more[2];",
        "} __attribute__((packed));",
        "",
      ].join("\n"),
    );
  });
});

const hasClang = spawnSync("clang", ["--version"]).status === 0;

describe(
  "struct layout, as clang sees it",
  { skip: hasClang ? false : "clang is not installed" },
  () => {
    const check = (...layouts: readonly StructLayout[]): void => {
      const text = layouts
        .map((layout) => `${formatStruct(layout)}${assertions(layout)}`)
        .join("\n");
      for (const target of ["bpf", "x86_64-linux-gnu", "aarch64-linux-gnu"]) compile(target, text);
    };
    it("would be noticed if wrong", () => {
      const layout = struct("s", { a: u8, b: u64 });
      assert.throws(
        () => check({ ...layout, size: 24 }),
        /static_assert failed|static assertion failed/,
      );
      const fields = { ...layout.fields, b: { offset: 4, layout: u64 } };
      assert.throws(
        () => check({ ...layout, fields }),
        /static_assert failed|static assertion failed/,
      );
    });
    it("pads as C does", () => check(struct("s", { a: u8, b: u64, c: u8, d: u16, e: u32, f: u8 })));
    it("packs as C does", () =>
      check(struct("s", { a: u8, b: u64, c: struct("i", { x: u8, y: u32 }) }, { packed: true })));
    it("nests as C does", () => {
      const Inner = struct("inner", { a: u8, b: array(u16, 3) });
      check(struct("s", { a: bool, list: array(Inner, 3), text: chars(5), one: Inner, end: u64 }));
    });
    it("places addresses as C does", () =>
      check(struct("s", { a: u8, mac, ipv6, source: ipv4Prefix, b: u8, target: ipv6Prefix })));
    it("places layouts of one's own as C does", () => check(struct("s", { a: u8, own, b: u8 })));
    it("is the same for random structs", () => check(...fc.sample(anyStruct(), 100)));
  },
);

function anyStruct(): fc.Arbitrary<StructLayout> {
  let count = 0;
  const simple = [
    u8,
    u16,
    u32,
    u64,
    s8,
    s16,
    s32,
    s64,
    be16,
    be32,
    be64,
    bool,
    u53,
    mac,
    ipv6,
    own,
  ];
  const { any } = fc.letrec<{ part: Layout<unknown>; any: StructLayout }>((tie) => ({
    part: fc.oneof(
      { maxDepth: 4 },
      fc.constantFrom<Layout<unknown>>(...simple),
      fc.integer({ min: 1, max: 20 }).map((length) => chars(length)),
      fc
        .tuple(tie("part"), fc.integer({ min: 1, max: 5 }))
        .map(([part, length]) => array(part, length)),
      tie("any"),
    ),
    any: fc
      .tuple(fc.array(tie("part"), { minLength: 1, maxLength: 6 }), fc.boolean())
      .map(([parts, packed]) => {
        const fields = parts.map((part, index) => [`f${index}`, part]);
        return struct(`random${count++}`, Object.fromEntries(fields) as FieldLayouts, { packed });
      }),
  }));
  return any;
}

/** What C shall confirm at compile time. */
function assertions({ name, size, alignment, fields }: StructLayout): string {
  const offsets = Object.entries(fields).map(
    ([field, { offset }]) => `__builtin_offsetof(${name}, ${field}) == ${offset}`,
  );
  const claims = [`sizeof(${name}) == ${size}`, `_Alignof(${name}) == ${alignment}`, ...offsets];
  return claims.map((claim) => `_Static_assert(${claim}, "${name}");\n`).join("");
}

/** Compiles `text` without any header, so that every target can be asked on every machine. */
function compile(target: string, text: string): void {
  const integers = ["char", "short", "int", "long long"].flatMap((type, index) => {
    const bits = 8 << index;
    return [
      `typedef unsigned ${type} __u${bits}, __be${bits};`,
      `typedef signed ${type} __s${bits};`,
    ];
  });
  const input = [...integers, "typedef _Bool bool;", text].join("\n");
  const options = ["-target", target, "-fsyntax-only", "-Wall", "-Werror", "-x", "c", "-"];
  execFileSync("clang", options, { input, stdio: ["pipe", "pipe", "pipe"] });
}
