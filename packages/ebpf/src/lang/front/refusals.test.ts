/**
 * What the language does not have: each refused at its place, with what to write instead.
 * @module
 */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as layouts from "../../layout/index.ts";
import { array, chars, struct, u32, u64 } from "../../layout/index.ts";
import { perCpuArrayMap } from "../../spec/array-map.ts";
import { hashMap } from "../../spec/hash-map.ts";
import { ringbuf } from "../../spec/ringbuf.ts";
import { config } from "../../spec/global-spec.ts";
import * as builtins from "../builtins/index.ts";
import { CompileError } from "../compile-error.ts";
import { compileProgram } from "../compile-program.ts";
import { testProgram } from "./testing.ts";

const Value = struct("value", { count: u64, last: u32, name: chars(8), list: array(u32, 4) });
const endless = {
  *[Symbol.iterator]() {
    for (;;) yield 1;
  },
};
const scope = {
  ...layouts,
  ...builtins,
  Value,
  counts: hashMap("counts", u32, Value, 16),
  limit: config("limit", u32, 1),
  ports: [80, 443],
  kinds: { A: 1, B: 2 },
  endless,
  lists: hashMap("lists", u32, array(u32, 2), 16),
  failing: {
    get port() {
      throw new TypeError("no port");
    },
  },
  table: new Map([[1, 2]]),
  console,
};

/** A body, the part of it that is marked, and what is said. */
type Refusal = readonly [body: string, marked: string, message: string];

const noBrackets = 'the map "counts" has no elements in brackets';
const noKinds = 'struct bpf_raw_tracepoint_args has no field "kinds"';
const constantIndex = "the index into an object from outside must be a constant";

const refusals: readonly Refusal[] = [
  [
    "const f = (x) => x + 1; return f(2);",
    "(x) => x + 1",
    "a function is no value in a kernel program",
  ],
  [
    "const f = function () { return 1; }; return 0;",
    "function () { return 1; }",
    "a function is no value in a kernel program",
  ],
  [
    "function inner() { return 1; } return inner();",
    "function inner() { return 1; }",
    "functions within a kernel program are not supported",
  ],
  ["class A {} return 0;", "class A {}", "there are no classes here"],
  [
    "const o = { a: 1 }; return o.a;",
    "{ a: 1 }",
    "an object without a layout has no place in memory",
  ],
  ["const o = [1, 2]; return o[0];", "[1, 2]", "an array without a layout has no place in memory"],
  [
    "try { return 1; } catch { return 2; }",
    "try { return 1; } catch { return 2; }",
    "there are no exceptions in a kernel program",
  ],
  ['throw new Error("x");', 'throw new Error("x");', "there are no exceptions in a kernel program"],
  ['const e = new Error("x");', 'new Error("x")', "nothing is allocated in a kernel program"],
  ["const d = new Date();", "new Date()", "nothing is allocated in a kernel program"],
  [
    "for (const key in counts) {}",
    "for (const key in counts) {}",
    "the names of fields are not known when the program runs",
  ],
  ["for (const [key, value] of counts) {}", "counts", 'the map "counts" cannot be iterated'],
  ["counts.forEach((x) => x);", "counts.forEach", 'the map "counts" has no method "forEach"'],
  ["return counts.size;", "counts.size", "the method size is not a number, bigint or boolean"],
  [
    "return ports.includes(u32(ctx.args[0])) ? 1 : 0;",
    "ports.includes(u32(ctx.args[0]))",
    "ports.includes cannot be called in a kernel program",
  ],
  [
    "return ports.map((x) => x * 2).length;",
    "ports.map((x) => x * 2)",
    "ports.map cannot be called in a kernel program",
  ],
  [
    "return table.get(u32(ctx.args[0]));",
    "table.get(u32(ctx.args[0]))",
    "table.get cannot be called in a kernel program",
  ],
  [
    "return ports[u32(ctx.args[0])];",
    "ports[u32(ctx.args[0])]",
    "the index into an array from outside must be a constant",
  ],
  [
    "return Math.sqrt(u32(ctx.args[0]));",
    "Math.sqrt(u32(ctx.args[0]))",
    "Math.sqrt cannot be called in a kernel program",
  ],
  [
    "return Math.random() > 0.5 ? 1 : 0;",
    "Math.random()",
    "Math.random cannot be called in a kernel program",
  ],
  [
    "return u32(ctx.args[0]) / 2;",
    "u32(ctx.args[0]) / 2",
    "the quotient of numbers may have a fraction, and BPF has none",
  ],
  [
    "return u32(ctx.args[0]) * 0.5;",
    "u32(ctx.args[0]) * 0.5",
    "0.5 is not a whole number, and BPF has no others",
  ],
  ["return u32(ctx.args[0]) ** 2;", "u32(ctx.args[0]) ** 2", "** is for constants only"],
  [
    "return parseInt(u32(ctx.args[0]));",
    "parseInt(u32(ctx.args[0]))",
    "parseInt cannot be called in a kernel program",
  ],
  [
    "return JSON.stringify(1);",
    "JSON.stringify(1)",
    "JSON.stringify cannot be called in a kernel program",
  ],
  [
    "console.log(u32(ctx.args[0]));",
    "console.log(u32(ctx.args[0]))",
    "console.log cannot be called in a kernel program",
  ],
  [
    "setTimeout(() => 1, 2);",
    "setTimeout(() => 1, 2)",
    "setTimeout cannot be called in a kernel program",
  ],
  ["return typeof ctx;", "typeof ctx", "types are known when compiling"],
  ["return ctx instanceof Object ? 1 : 0;", "ctx instanceof Object", "there is no instanceof here"],
  ['return "args" in ctx ? 1 : 0;', '"args" in ctx', "there is no in here"],
  ["delete ctx.args;", "delete ctx.args", "fields cannot be deleted"],
  ["return this;", "this", "there is no this in a kernel program"],
  ["return arguments.length;", "arguments", '"arguments" is not defined'],
  ['return import("x");', 'import("x")', "a kernel program cannot import"],
  ["return import.meta.url;", "import.meta", "import.meta and new.target are not known here"],
  ['return /x/.test("x") ? 1 : 0;', "/x/", "there are no regular expressions here"],
  ["const { a, ...rest } = ctx; return 0;", "a", 'struct bpf_raw_tracepoint_args has no field "a"'],
  ["const [x, ...others] = ports; return 0;", "...others", "the rest of an array is no array"],
  ["limit.value = 3;", "limit.value = 3", "a constant cannot be written to"],
  ["ports = [];", "ports = []", '"ports" is outside of the function and cannot be changed'],
  ["const v = counts.lookup(1); v.last = 2;", "v.last", '"v" may be undefined here'],
  ['const v = counts.lookup(1); if (v) { v.name += "x"; }', 'v.name += "x"', "+ on text"],
  [
    "const v = counts.lookup(1); if (v) { v.name = v.list; }",
    "v.name = v.list",
    "u32[4] in a map value cannot be stored as char[8]",
  ],
  [
    "const v = counts.lookup(1); if (v) { return v.name.length; }",
    "v.name.length",
    "how long a text is, is not known",
  ],
  [
    'const v = counts.lookup(1); if (v) { return v.name.indexOf("x"); }',
    "v.name.indexOf",
    'char[8] in a map value has no method "indexOf"',
  ],
  [
    'const v = counts.lookup(1); if (v) { return v.name < "b" ? 1 : 0; }',
    'v.name < "b"',
    "text cannot be ordered",
  ],
  [
    "const v = counts.lookup(1); if (v) { return v.list.length + v.list.map((x) => x).length; }",
    "v.list.map",
    'u32[4] in a map value has no method "map"',
  ],
  [
    "const v = counts.lookup(1); if (v) { return v.name === v.list ? 1 : 0; }",
    "v.name === v.list",
    "char[8] in a map value is compared with u32[4] in a map value",
  ],
  [
    "const v = counts.lookup(1); if (v) { return v; }",
    "v",
    "a reference to struct value is not a number, bigint or boolean",
  ],
  [
    "const v = counts.lookup(1); if (v) { return v + 1; }",
    "v + 1",
    "a reference to struct value is not a number, bigint or boolean",
  ],
  ["counts.update(1, { ...Value({}) });", "...Value({})", "objects cannot be spread"],
  ["counts.update(1, { [ctx]: 1 });", "ctx", "names of fields must be written out"],
  ["counts.update(...ports);", "...ports", "arguments cannot be spread"],
  ["counts.lookup();", "counts.lookup()", "lookup takes 1 argument, and is given 0"],
  ["counts.update(1, { nope: 1 });", "nope", 'struct value has no field "nope"'],
  ["let x; x = 1; return x;", "x", 'what "x" holds is not known'],
  [
    'let x: string = "a"; x = "b"; return 0;',
    "x: string",
    '"a" is not a number, bigint or boolean',
  ],
  ['const s = "a" + u32(ctx.args[0]); return 0;', '"a" + u32(ctx.args[0])', "+ on text"],
  ["var x = 1; { var x = 2; } return x;", "var x = 1;", "there is no var in a kernel program"],
  ["for (var i = 0; i < 3; i++) {} return i;", "var i = 0", "there is no var in a kernel program"],
  ["a: { continue a; }", "continue a;", "there is nothing here to leave"],
  ["break;", "break;", "there is nothing here to leave"],
  ["with (ctx) {}", "with (ctx) {}", "there is no with"],
  [
    'const s = Symbol("x"); return 0;',
    'Symbol("x")',
    "Symbol cannot be called in a kernel program",
  ],
  [
    "return `a`.at(u32(ctx.args[0]));",
    "`a`.at(u32(ctx.args[0]))",
    "at of a constant takes constants only",
  ],
  ["enum E { A } return 0;", "enum E { A }", "enums are not supported here"],
  ["namespace N {} return 0;", "namespace N {}", "there are no namespaces here"],
  ["import x = N.y; return 0;", "import x = N.y;", "a function imports nothing"],
  [
    "async function f() {} return 0;",
    "async function f() {}",
    "functions within a kernel program are not supported",
  ],
  [
    "function* g() { yield 1; } return 0;",
    "function* g() { yield 1; }",
    "functions within a kernel program are not supported",
  ],
  ["return super.x;", "super", "there are no classes here"],
  ["const g = globalThis; return g.x;", "g.x", 'an object has no "x"'],
  [
    "return BigInt.asUintN(u32(ctx.args[0]), 1n);",
    "BigInt.asUintN(u32(ctx.args[0]), 1n)",
    "the number of bits must be 8, 16, 32 or 64",
  ],
  ["return Date.now();", "Date.now()", "Date.now cannot be called in a kernel program"],
  [
    "return performance.now();",
    "performance.now()",
    "performance.now cannot be called in a kernel program",
  ],
  ["loop(3, ports);", "ports", "an array is given where a function is needed"],
  ["loop(3, async () => 1);", "async () => 1", "a kernel program cannot be async"],
  ["loop(3, (x) => { loop(2, x); });", "x", "a number is given where a function is needed"],
  [
    "unrolled(u32(ctx.args[0]));",
    "unrolled(u32(ctx.args[0]))",
    "unrolled takes a constant from 0 to 1000",
  ],
  ["bpf.nope();", "bpf.nope", 'no helper "nope"'],
  ['printk("x");', 'printk("x")', "printk cannot be called in a kernel program"],
  [
    "const p = packet(ctx); return 0;",
    "packet(ctx)",
    "struct bpf_raw_tracepoint_args has no packet",
  ],
  ["using x = counts; return 0;", "counts", 'the map "counts" needs no using'],
  ["lock(ctx);", "lock(ctx)", "a reference to struct bpf_raw_tracepoint_args is no spin lock"],
  ["return 1e400;", "1e400", "Infinity is not a whole number, and BPF has no others"],
  ['return (1, 2, "x");', '(1, 2, "x")', '"x" is not a number, bigint or boolean'],
  ["return null;", "null", "null is not a number, bigint or boolean"],
  ["return [];", "[]", "an array is not a number, bigint or boolean"],
  [
    "return ctx;",
    "ctx",
    "a reference to struct bpf_raw_tracepoint_args is not a number, bigint or boolean",
  ],
  [
    "return ctx.args[u32(ctx.args[0])] > 0 ? 1 : 0;",
    "ctx.args[u32(ctx.args[0])] > 0",
    "> mixes a bigint (u64) and a number",
  ],
  ['fetchAdd(ctx, "args", 1);', 'fetchAdd(ctx, "args", 1)', "u64[12] has no atomic operations"],
  [
    "const v = counts.lookup(1); if (v) atomic(v).count += v.last++ ? 1n : 2n;",
    "v.last++",
    "the value of an atomic update stores something itself",
  ],
  ["atomic(ctx).args = 1;", "atomic(ctx).args = 1", "the context cannot be written to"],
  ["ctx?.nope;", "ctx?.nope", 'struct bpf_raw_tracepoint_args has no field "nope"'],
  ["x ??= 1;", "x", '"x" is not defined'],
  ["u32.size = 2;", "u32.size", "4 cannot be assigned to"],
  ['return u32(ctx.args[0]) + "1";', 'u32(ctx.args[0]) + "1"', "+ on text"],
  ["if (ctx.args[0] == 1) return 1;", "ctx.args[0] == 1", "== mixes a bigint (u64) and a number"],
  [
    "if (u32(ctx.args[0]) > 1n) return 1;",
    "u32(ctx.args[0]) > 1n",
    "> mixes a number and a bigint",
  ],
  [
    "return ctx.args[0] > s64(ctx.args[1]) ? 1 : 0;",
    "ctx.args[0] > s64(ctx.args[1])",
    "> mixes a bigint without sign (u64) and one with (s64)",
  ],
  ["return ctx.args[-1];", "-1", "u64[12] has no element -1"],
  ["return ctx.args[1.5];", "1.5", "u64[12] has no element 1.5"],
  ["return ctx.args.nope;", "ctx.args.nope", "the method nope is not a number, bigint or boolean"],
  ["const n = bpf.skbLoadBytes(ctx, 0, u32); return n;", "n", '"n" may be undefined here'],
  [
    "const n = bpf.skbLoadBytes(ctx, 0, u32); return n ? 1 : 2;",
    "n",
    "this number may be missing, and be 0, which is false as well",
  ],
  ["const { last = 4 } = Value({ last: 1 }); return last;", "last = 4", "fields are always there"],
  ["lists.update(1, [1, 2, 3]);", "[1, 2, 3]", "u32[2] has 2 elements, and is given 3"],
  ["lists.update(1, [1]);", "[1]", "u32[2] has 2 elements, and is given 1"],
  ["counts.update(1, { list: [1] });", "[1]", "u32[4] has 4 elements, and is given 1"],
  ["counts.update(1, { list: [...ports, 1, 2] });", "...ports", "elements cannot be spread"],
  ["counts[1] = 5;", "counts[1]", 'the map "counts" has no elements in brackets'],
  ["return counts[u32(ctx.args[0])];", "counts[u32(ctx.args[0])]", noBrackets],
  ["for (const x of endless) {}", "endless", "the body would be written out more than 1000 times"],
  ["return failing.port;", "failing.port", "no port"],
  ['return Number(BigInt("x"));', 'BigInt("x")', "Cannot convert x to a BigInt"],
  ['return "a".repeat(-1).length;', '"a".repeat(-1)', "Invalid count value: -1"],
  ["return Math.max();", "Math.max()", "max of nothing is no whole number"],
  ["return 2n ** 70n;", "2n ** 70n", "1180591620717411303424n does not fit 64 bits"],
  ["counts.lookup(-1);", "-1", "-1 is out of range for u32 (0 to 4294967295)"],
  ["const { kinds: [first] } = ctx;", "kinds", noKinds],
  ["return kinds[u32(ctx.args[0])];", "kinds[u32(ctx.args[0])]", constantIndex],
  ["const q = @dec class {};", "@dec class {}", "there are no classes here"],
];

describe("what the language does not have", () => {
  for (const [body, marked, message] of refusals) {
    it(`refuses ${body}`, () => {
      const [first] = diagnosticsOf(`(ctx) => { ${body} }`);
      assert.equal(first?.message, message);
      const [line, carets] = first.frame.split("\n");
      assert.equal(line!.slice(carets!.indexOf("^"), carets!.length), marked);
      assert.ok(first.hint !== undefined && first.hint !== "", "there is no hint");
    });
  }
});

/** Declarations that are refused, and uses of what they would have declared. */
const declarations: readonly string[] = [
  "class A { static x = 1; } return A.x;",
  "function inner() { return 1; } return inner();",
  "enum E { A } return E.A;",
  "const { last = 4 } = Value({ last: 1 }); return last;",
  "const { ...rest } = kinds; return rest.A;",
  "const [...all] = ports; return all[0];",
];

describe("what follows from an error", () => {
  for (const body of declarations) {
    it(`is not told of ${body}`, () => {
      assert.equal(diagnosticsOf(`(ctx) => { ${body} }`).length, 1);
    });
  }
});

/** Functions of JavaScript, and what to write instead. */
const instead: readonly (readonly [body: string, hint: RegExp])[] = [
  ["const m = new Map();", /hashMap/],
  ["const m = new Uint16Array(4);", /array\(u32, 4\)/],
  ["const m = new Date();", /ktimeGetNs/],
  ["const e = new TypeError();", /return a value/],
  ["ports.push(3);", /queueMap/],
  ["return Array.from(ports);", /layout/],
  ["return Number.isInteger(u32(ctx.args[0]));", /function of JavaScript itself/],
  ["counts.get(1);", /lookup\(key\)/],
  ["counts.set(1, {});", /update\(key, value\)/],
  ["return counts.size;", /global/],
  ["const s = u32(ctx.args[0]).toString();", /template/],
  ["return [1, 2].includes(1);", /for … of/],
  ["return `${u32(ctx.args[0])}`.length;", /not known when compiling/],
  ['return parseInt("x");', /computed from/],
  ["return 1.5;", /Math\.trunc/],
  ['if (typeof ctx === "undefined") return 1;', /!== undefined/],
];

describe("hints", () => {
  for (const [body, expected] of instead) {
    it(`say what to write instead of ${body}`, () => {
      assert.match(diagnosticsOf(`(ctx) => { ${body} }`)[0]!.hint!, expected);
    });
  }
});

function diagnosticsOf(text: string): CompileError["diagnostics"] {
  const { program, capture } = testProgram(text, scope);
  try {
    compileProgram({ program, capture });
  } catch (error) {
    if (error instanceof CompileError) return error.diagnostics;
    throw error;
  }
  return assert.fail(`${text} compiles`);
}

describe("what a kernel is too old for", () => {
  const check = (body: string, kernelVersion: number, message: string): void => {
    const events = ringbuf("events", u32, 4096);
    const found = `const v = counts.lookup(1); if (!v) return 0;`;
    const all = { ...scope, events, perCpu: perCpuArrayMap("per_cpu", u64, 1) };
    const test = testProgram(`(ctx) => { ${found} ${body} return 0; }`, all);
    const compile = (version: number): unknown =>
      compileProgram({ ...test, kernelVersion: version });
    assert.throws(
      () => compile(kernelVersion - 1),
      (error) => {
        assert.ok(error instanceof CompileError, String(error));
        assert.deepEqual(
          error.diagnostics.map((diagnostic) => diagnostic.message),
          [message],
        );
        return true;
      },
    );
    compile(kernelVersion);
  };

  it("is named, with the version that has it", () => {
    check('fetchAdd(v, "count", 1n);', 5012, "fetchAdd needs Linux 5.12");
    check("atomic(v).count |= 1n;", 5012, "|= in one step needs Linux 5.12");
    check("loop(v.last, () => {});", 5017, "loop needs Linux 5.17");
    check("v.name = `${v.last}`;", 5013, "putting text together needs Linux 5.13");
    check("bpf.ktimeGetCoarseNs();", 5011, "bpf.ktimeGetCoarseNs needs Linux 5.11");
    check("perCpu.lookupPercpu(0, 1);", 5019, "bpf.mapLookupPercpuElem needs Linux 5.19");
    check("events.query('avail_data');", 5008, "bpf.ringbufQuery needs Linux 5.8");
    check("{ using section = rcuRead(); }", 6002, "rcuRead needs Linux 6.2");
    const values = "printk`${v.last} ${v.last} ${v.last} ${v.last}`;";
    check(values, 5016, "printing more than 3 values needs Linux 5.16");
  });
  it("is no return out of a range that may be long", () => {
    const message = "return out of a range whose bounds are not known needs Linux 6.4";
    const long = testProgram(
      "(ctx) => { for (const i of range(u32(ctx.args[0]))) return i; return 0; }",
      scope,
    );
    assert.throws(() => compileProgram({ ...long, kernelVersion: 6003 }), {
      message: new RegExp(message),
    });
    const short = "(ctx) => { for (const i of range(u32(ctx.args[0]) & 7)) return i; return 0; }";
    compileProgram({ ...testProgram(short, scope), kernelVersion: 6003 });
    const inner =
      "(ctx) => { for (const i of range(u32(ctx.args[0]))) loop(2, () => { return 1; }); return 0; }";
    compileProgram({ ...testProgram(inner, scope), kernelVersion: 6003 });
  });
});
