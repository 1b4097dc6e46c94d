import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { BpfError, MalformedError } from "../../base/errors.ts";
import { type Btf, parseBtf } from "../btf.ts";
import { BtfBuilder, info } from "../testing-builder.ts";
import { sampleBtf } from "../testing-sample.ts";
import { printC } from "./c.ts";
import { kernelSample, kernelSampleBytes } from "./testing-kernel.ts";
import { printTypeScript } from "./typescript.ts";

const text = printC(kernelSample());
const sample = printC(parseBtf(sampleBtf().builder.build()));

/** The declaration that begins like this, without tabs. */
function declarationIn(header: string, start: string): string {
  const at = header.indexOf(`\n${start}`);
  assert.notEqual(at, -1, `${start} is not there`);
  return header.slice(at + 1, header.indexOf(";\n\n", at) + 1).replaceAll(/\n\t*/g, " ");
}

describe("printC", () => {
  const check = (start: string, expected: string, header = text): void =>
    assert.equal(declarationIn(header, start), expected);
  const before = (header: string, first: string, second: string): void => {
    assert.ok(header.includes(first), first);
    assert.ok(header.indexOf(first) < header.indexOf(second), `${first} stands before ${second}`);
  };

  it("guards the header, and makes accesses CO-RE", () => {
    assert.match(text, /^#ifndef __VMLINUX_H__\n#define __VMLINUX_H__\n/);
    assert.match(text, /#pragma clang attribute push \(__attribute__\(\(preserve_access_index\)\)/);
    assert.ok(text.endsWith("\n#endif /* __VMLINUX_H__ */\n"));
    assert.match(printC(kernelSample(), { guard: "MINE" }), /^#ifndef MINE\n/);
  });
  it("writes pointers, functions and tags around the name", () =>
    check(
      "struct object {",
      "struct object { struct packet *packet; const char *name; void *data; unsigned int *count; " +
        "int (*call)(struct object *); " +
        'struct packet __attribute__((btf_type_tag("user"))) *user; struct hidden *hidden; };',
    ));
  it("writes unnamed structs where they are used", () =>
    check(
      "struct task {",
      "struct task { int pid; unsigned int on_cpu: 1; unsigned int policy: 3; char: 4; char: 8; " +
        "short: 16; char comm[16]; struct load load[2]; " +
        "union { struct task *parent; struct { int a; int b; }; }; " +
        "const struct list_head list; u64 tail[0]; };",
      sample,
    ));
  it("packs what would be laid out otherwise", () =>
    check(
      "struct tight {",
      "struct tight { char kind; unsigned long value; } __attribute__((packed));",
    ));
  it("leaves to the compiler what it does by itself", () =>
    check(
      "struct wide {",
      "struct wide { atomic_t users; unsigned long flags: 40; unsigned long last: 20; enum colour colour; };",
    ));
  it("tells structs of one name apart", () =>
    check("struct packet___2 {", "struct packet___2 { int other; };"));
  it("tells enumerators of one name apart", () =>
    check("enum {", "enum { RUNNING___2 = 7, IDLE___2 = 3, };", sample));
  it("writes values of 64 bits as such", () => {
    check("enum wide {", "enum wide { WIDE_ONE = 1, WIDE_TOP = 9223372036854775808ULL, };", sample);
    check("enum signed_wide {", "enum signed_wide { WIDE_LOW = -1099511627776LL, };", sample);
  });
  it("declares what is only declared", () => {
    check("struct hidden;", "struct hidden;", sample);
    check("union hidden_union;", "union hidden_union;", sample);
  });
  it("prints prototypes of functions that programs may call", () =>
    assert.match(
      text,
      /\nextern struct packet \*bpf_packet_find\(unsigned int id\) __attribute__\(\(weak\)\)/,
    ));
  it("defines before it is used, and declares before it is pointed to", () => {
    before(sample, "typedef unsigned long u64;", "struct load {");
    before(sample, "struct list_head;", "struct list_head {");
    before(sample, "struct load {", "struct task {");
    before(text, "enum colour {", "struct wide {");
  });
});

describe("layout in C", () => {
  /** The struct with these members and this size, in C. */
  const check = (
    [size, members]: readonly [number, readonly (readonly [string, number, number, number?])[]],
    expected: string,
  ): void => {
    const builder = new BtfBuilder();
    builder.int("int", 4, 1);
    builder.int("char", 1);
    builder.int("long", 8, 1);
    builder.struct("s", size, members);
    const header = printC(parseBtf(builder.build()));
    assert.equal(declarationIn(header, "struct s {"), expected);
  };
  const [int, char, long] = [1, 2, 3];

  it("fills gaps", () =>
    check(
      [
        16,
        [
          ["a", char, 0],
          ["b", long, 64],
        ],
      ],
      "struct s { char a; long b; };",
    ));
  it("fills gaps that alignment does not explain", () =>
    check(
      [
        24,
        [
          ["a", int, 0],
          ["b", int, 128],
        ],
      ],
      "struct s { int a; int: 32; int: 32; int: 32; int b; int: 32; };",
    ));
  it("fills large gaps with an array", () =>
    check(
      [
        4096,
        [
          ["a", int, 0],
          ["b", int, 8 * 1024],
        ],
      ],
      "struct s { int a; char __gap_4[1020]; int b; char __gap_1028[3068]; };",
    ));
  it("fills with what is no larger than the alignment", () =>
    check([4, [["a", char, 0]]], "struct s { char a; char: 8; char: 8; char: 8; };"));
  it("packs what is too small for its alignment", () =>
    check(
      [
        5,
        [
          ["a", int, 0],
          ["b", char, 32],
        ],
      ],
      "struct s { int a; char b; } __attribute__((packed));",
    ));
  it("fills in packed structs too", () =>
    check(
      [
        7,
        [
          ["a", char, 0],
          ["b", int, 24],
        ],
      ],
      "struct s { char a; char: 8; char: 8; int b; } __attribute__((packed));",
    ));
  it("packs bit-fields that lie across the border of their type", () =>
    check(
      [
        8,
        [
          ["a", int, 0, 20],
          ["b", int, 20, 20],
        ],
      ],
      "struct s { int a: 20; int b: 20; char: 8; char: 8; char: 8; } __attribute__((packed));",
    ));
  it("writes structs without members", () => {
    check([0, []], "struct s { };");
    check([4, []], "struct s { char: 8; char: 8; char: 8; char: 8; };");
  });
  it("writes out what has a name in members that have none: standard C has only members with one", () => {
    const builder = new BtfBuilder();
    builder.int("int", 4, 1);
    builder.struct("path", 8, [
      ["start", 1, 0],
      ["end", 1, 32],
    ]);
    builder.struct("s", 12, [
      ["", 2, 0],
      ["last", 1, 64],
    ]);
    const header = printC(parseBtf(builder.build()));
    assert.equal(
      declarationIn(header, "struct s {"),
      "struct s { struct { int start; int end; }; int last; };",
    );
  });
  it("calls numbers of other languages and machines what they are in C", () => {
    const builder = new BtfBuilder();
    const [word, poly, flag] = [
      builder.int("u32", 4),
      builder.int("__Poly8_t", 1),
      builder.int("bool", 1, 4),
    ];
    const [size, real] = [builder.int("isize", 8, 1), builder.raw("f64", [info("float"), 8])];
    const plain = builder.int("long unsigned int", 8);
    builder.reference("typedef", plain, "u64");
    builder.struct("s", 40, [
      ["a", word, 0],
      ["b", poly, 32],
      ["c", flag, 40],
      ["d", size, 64],
      ["e", real, 128],
      ["f", plain, 192],
      ["g", word, 256],
    ]);
    const header = printC(parseBtf(builder.build()));
    assert.equal(
      header
        .slice(header.indexOf("#endif\n") + 8, header.indexOf("struct s {"))
        .replaceAll("\n\n", " "),
      "typedef long unsigned int u64; " +
        "typedef unsigned int u32; typedef unsigned char __Poly8_t; typedef _Bool bool; " +
        "typedef signed long long isize; typedef double f64; ",
    );
    assert.match(declarationIn(header, "struct s {"), /^struct s \{ u32 a; __Poly8_t b; bool c; /);
    const twice = new BtfBuilder();
    const int = twice.int("u8", 1);
    twice.reference("typedef", int, "u8");
    assert.match(
      printC(parseBtf(twice.build())),
      /typedef unsigned char u8;\n\ntypedef u8 u8___2;/,
    );
  });
  it("takes names that C has for numbers for what they are there only where the sizes agree", () => {
    const builder = new BtfBuilder();
    const [char, real] = [builder.int("char", 4), builder.raw("long double", [info("float"), 16])];
    const [odd, long] = [builder.raw("x87", [info("float"), 12]), builder.int("short int", 2, 1)];
    builder.struct("s", 48, [
      ["a", char, 0],
      ["b", odd, 32],
      ["c", real, 128],
      ["d", long, 256],
    ]);
    const header = printC(parseBtf(builder.build()));
    assert.match(header, /typedef unsigned int char___2;\n\n/);
    assert.match(header, /typedef struct \{ unsigned int words\[3\]; \} x87;\n\n/);
    assert.match(header, /typedef unsigned __int128 long_double;\n\n/);
    assert.equal(
      declarationIn(header, "struct s {"),
      "struct s { char___2 a; x87 b; long_double c; short int d; };",
    );
  });
  it("has other names for what C has no names for", () => {
    const builder = new BtfBuilder();
    const int = builder.int("int", 4, 1);
    const inner = builder.struct("", 8, [
      ["0", int, 0],
      ["default", int, 32],
    ]);
    const [tag, kind] = [
      builder.struct("core::Option<u8>", 4, [["value", int, 0]]),
      builder.enum("union", { auto: 1, "Kind::A": 2, Kind__A: 3 }),
    ];
    const call = builder.proto(int, [
      ["typeof", int],
      ["typeof", int],
    ]);
    builder.reference("typedef", tag, "register");
    builder.struct("struct", 40, [
      ["union", int, 0],
      ["default", int, 32],
      ["_0", int, 64],
      ["", inner, 96],
      ["a.b", tag, 160],
      ["a_b", kind, 192],
      ["call", builder.ptr(call), 256],
    ]);
    const header = printC(parseBtf(builder.build()));
    assert.match(header, /typedef struct core__Option_u8_ register___2;/);
    assert.match(header, /enum union___2 \{\n\tauto___2 = 1,\n\tKind__A = 2,\n\tKind__A___2 = 3,/);
    assert.equal(
      declarationIn(header, "struct struct___2 {"),
      "struct struct___2 { int union___2; int default___2; int _0; " +
        "struct { int _0___2; int default___3; }; " +
        "struct core__Option_u8_ a_b; enum union___2 a_b___2; " +
        "int (*call)(int typeof___2, int typeof___3); };",
    );
  });
  it("writes functions declared without parameters as having none", () => {
    const builder = new BtfBuilder();
    builder.int("int", 4, 1);
    builder.proto(1, [["", 0]]);
    builder.ptr(2);
    builder.struct("s", 8, [["call", 3, 0]]);
    const header = printC(parseBtf(builder.build()));
    assert.equal(declarationIn(header, "struct s {"), "struct s { int (*call)(void); };");
  });
  it("widens unions with one array: bit-fields would lie on one another", () => {
    const builder = new BtfBuilder();
    builder.int("char", 1);
    builder.union("u", 8, []);
    builder.union("v", 3, [["a", 1, 0]]);
    const header = printC(parseBtf(builder.build()));
    assert.equal(declarationIn(header, "union u {"), "union u { char __gap_0[8]; };");
    assert.equal(declarationIn(header, "union v {"), "union v { char a; char __gap_0[3]; };");
  });
});

describe("split BTF", () => {
  const base = new BtfBuilder();
  const int = base.int("int", 4, 1);
  const task = base.struct("task", 4, [["pid", int, 0]]);
  const list = base.struct("list", 4, [["count", int, 0]]);
  const loose = base.enum("", { IDLE: 0 });
  base.struct("unused", 4, [["x", int, 0]]);
  const hidden = base.reference("fwd", 0, "hidden");
  const split = new BtfBuilder(base);
  const pointers = [task, hidden].map((type) => split.ptr(type));
  split.struct("task", 24, [
    ["own", pointers[0]!, 0],
    ["hidden", pointers[1]!, 64],
    ["all", list, 128],
    ["state", loose, 160],
  ]);
  split.struct("hidden", 4, [["x", int, 0]]);
  split.enum("phase", { IDLE: 3 });
  const path = "nf_tables.ko";
  const btf = parseBtf(split.build(), { base: parseBtf(base.build()), path });
  const header = printC(btf);
  const [ofBase = "", own = ""] = header.split("#endif /* __VMLINUX_H__ */");
  const check = (start: string, expected: string): void =>
    assert.equal(declarationIn(own, start), expected);

  it("is printed with what it needs of its base, for who has not read the header of that", () => {
    assert.match(ofBase, /^#ifndef __BTF_NF_TABLES_KO_H__\n.*\n\n[^]*#ifndef __VMLINUX_H__\n/);
    assert.equal(declarationIn(ofBase, "struct list {"), "struct list { int count; };");
    assert.match(ofBase, /struct task;\n/);
    assert.doesNotMatch(header, /unused|struct task \{/);
    assert.doesNotMatch(own, /struct list \{/);
  });
  it("has other names for what its base has names for, and takes those that this only declares", () => {
    check(
      "struct task___2 {",
      "struct task___2 { struct task *own; struct hidden *hidden; struct list all; " +
        "enum { IDLE___split = 0, } state; };",
    );
    check("struct hidden {", "struct hidden { int x; };");
    check("enum phase {", "enum phase { IDLE___split___2 = 3, };");
  });
});

describe("damaged BTF", () => {
  it("is printed, or refused, and never without end", () => {
    const good = [sampleBtf().builder.build(), kernelSampleBytes()];
    const damage = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(fc.constantFrom(...good), damage, (bytes, changes) => {
        const damaged = bytes.slice();
        for (const [at, value] of changes) damaged[24 + (at % (damaged.length - 24))] = value;
        for (const print of [printC, (btf: Btf) => printTypeScript(btf, { functions: ["wake"] })]) {
          try {
            print(parseBtf(damaged));
          } catch (error) {
            assert.ok(error instanceof BpfError, String(error));
          }
        }
      }),
      { numRuns: 300 },
    );
  });
  it("is printed, or refused, when it is split", () => {
    const { builder: below } = sampleBtf();
    const base = parseBtf(below.build());
    const builder = new BtfBuilder(below);
    const task = builder.ptr(3);
    builder.struct("own", 24, [
      ["task", task, 0],
      ["", 4, 64],
    ]);
    builder.enum("", { IDLE: 1 });
    const good = builder.build();
    assert.match(printC(parseBtf(good, { base })), /struct own \{/);
    const damage = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 3 });
    fc.assert(
      fc.property(damage, (changes) => {
        const damaged = good.slice();
        for (const [at, value] of changes) damaged[24 + (at % (damaged.length - 24))] = value;
        try {
          printC(parseBtf(damaged, { base }));
        } catch (error) {
          assert.ok(error instanceof BpfError, String(error));
        }
      }),
      { numRuns: 300 },
    );
  });
  it("is refused where types without names double and double", () => {
    const builder = new BtfBuilder();
    builder.int("int", 4, 1);
    for (let id = 1; id < 40; id++) {
      builder.struct("", 8, [
        ["a", id, 0],
        ["b", id, 32],
      ]);
    }
    builder.struct("top", 8, [["all", 40, 0]]);
    const btf = parseBtf(builder.build());
    assert.throws(() => printC(btf), MalformedError);
    assert.ok(printTypeScript(btf).text.length < 1 << 20);
  });
  it("is refused where a thousand types contain each other", () => {
    const builder = new BtfBuilder();
    for (let id = 1; id < 5000; id++) builder.struct(`s${id}`, 8, [["next", id + 1, 0]]);
    builder.int("int", 4, 1);
    assert.throws(() => printC(parseBtf(builder.build())), MalformedError);
  });
  it("is refused at once where an array is of itself", () => {
    const builder = new BtfBuilder();
    builder.array(1, 2);
    builder.struct("s", 8, [["all", 1, 0]]);
    assert.throws(() => printC(parseBtf(builder.build())), MalformedError);
  });
  it("ends where structs contain themselves", () => {
    const builder = new BtfBuilder();
    builder.struct("loop", 8, [["inside", 1, 0]]);
    assert.match(printC(parseBtf(builder.build())), /struct loop \{/);
    const nameless = new BtfBuilder();
    nameless.struct("loop", 8, [["", 1, 0]]);
    assert.throws(() => printC(parseBtf(nameless.build())), MalformedError);
  });
  it("is refused where members without names double and double", () => {
    const builder = new BtfBuilder();
    builder.int("int", 4, 1);
    for (let id = 1; id < 40; id++) {
      builder.struct(`s${id}`, 8, [
        ["", id, 0],
        ["", id, 32],
      ]);
    }
    assert.throws(() => printC(parseBtf(builder.build())), MalformedError);
  });
  it("is refused where structs without names have no end", () => {
    const builder = new BtfBuilder();
    builder.ptr(2);
    builder.struct("", 8, [["next", 1, 0]]);
    builder.reference("typedef", 2, "endless");
    const btf = parseBtf(builder.build(), { path: "damaged" });
    assert.throws(() => printC(btf), MalformedError);
  });
});
