import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type Btf, parseBtf } from "../btf.ts";
import { BtfBuilder } from "../testing-builder.ts";
import { sampleBtf } from "../testing-sample.ts";
import { kernelSample } from "./testing-kernel.ts";
import { declareTypeScript, type Facet, facets, printTypeScript } from "./typescript.ts";

const kernel = kernelSample();
const declared = declareTypeScript(kernel, { functions: ["bpf_packet_find", "gone"] });

/** The interface called `name`, as one text. */
function bodyOf(name: string, declarations = declared): string | undefined {
  return declarations.interfaces.find((one) => one.name === name)?.members.join("; ");
}

describe("interfaces of structs", () => {
  const check = (name: string, expected: string): void => assert.equal(bodyOf(name), expected);

  it("have numbers up to 32 bits, bigints of 64", () =>
    check("tight", "readonly kind: u8; readonly value: u64"));
  it("keep network order and bool apart from numbers", () =>
    check(
      "packet",
      "readonly port: be16; readonly address: be32; readonly valid: boolean; " +
        "readonly raw: readonly [u8, u8, u8, u8, u8, u8]",
    ));
  it("follow pointers to structs, and give addresses of everything else", () =>
    check(
      "object_",
      "readonly packet: packet; readonly name: Pointer<string>; readonly data: Pointer; " +
        "readonly count: Pointer<u32>; readonly call: FunctionPointer; " +
        'readonly user: Pointer<packet, "user">; readonly hidden: Opaque<"hidden">',
    ));
  it("give bit-fields the type they are declared with", () =>
    check(
      "wide",
      "readonly users: atomic_t; readonly flags: u64; readonly last: u64; readonly colour: u32",
    ));
  it("have the name of the typedef where there is no other", () =>
    check("atomic_t", "readonly counter: s32"));
  it("tell structs of one name apart", () => check("packet___2", "readonly other: s32"));
  it("leave what programs may store to writable", () =>
    check("__sk_buff", "readonly len: u32; mark: u32; cb: [u32, u32, u32, u32, u32]"));
  it("count members of unnamed structs as their own, and take char arrays for texts", () => {
    const sample = declareTypeScript(parseBtf(sampleBtf().builder.build()));
    assert.equal(
      bodyOf("task", sample),
      "readonly pid: s32; readonly on_cpu: u32; readonly policy: u32; readonly comm: string; " +
        "readonly load: readonly [load, load]; readonly parent: task; readonly a: s32; " +
        "readonly b: s32; readonly list: list_head; readonly tail: KernelArray<u64>",
    );
  });
  it("are known by name only where they were not asked for", () => {
    const only = declareTypeScript(kernel, { only: { types: ["object"] } });
    assert.deepEqual(
      only.interfaces.map(({ name }) => name),
      ["object_"],
    );
    assert.match(bodyOf("object_", only)!, /^readonly packet: Opaque<"packet">; /);
  });
  it("end where types without names go round in a circle", () => {
    const builder = new BtfBuilder();
    builder.int("int", 4, 1);
    const pointer = builder.ptr(3);
    const inner = builder.struct("", 8, [["next", pointer, 0]]);
    builder.struct("outer", 8, [["inner", inner, 0]]);
    const text = bodyOf("outer", declareTypeScript(parseBtf(builder.build())))!;
    assert.match(text, /^readonly inner: (\{ readonly next: )+Opaque/);
  });
  it("quote names that C does not have", () => {
    const builder = new BtfBuilder();
    const int = builder.int("i32", 4, 1);
    builder.struct("core::Option<T>", 4, [["0", int, 0]]);
    const declarations = declareTypeScript(parseBtf(builder.build()));
    assert.equal(bodyOf("core__Option_T_", declarations), 'readonly "0": s32');
    assert.deepEqual(declarations.facets.types, ['readonly "core::Option<T>": core__Option_T_']);
  });
});

describe("split BTF", () => {
  /** A module's struct that holds one of the kernel's, points to another, and to one that the kernel only declares. */
  function module(): Btf {
    const base = new BtfBuilder();
    const int = base.int("int", 4, 1);
    const device = base.struct("device", 4, [["index", int, 0]]);
    const counter = base.struct("", 4, [["counter", int, 0]]);
    const atomic = base.reference("typedef", counter, "atomic_t");
    const table = base.reference("fwd", 0, "table");
    const packet = base.struct("packet", 16, [
      ["device", base.ptr(device), 0],
      ["table", base.ptr(table), 64],
    ]);
    base.struct("unrelated", 4, [["index", int, 0]]);
    const own = new BtfBuilder(base);
    own.struct("table", 24, [
      ["users", atomic, 0],
      ["packet", packet, 64],
    ]);
    return parseBtf(own.build(), { base: parseBtf(base.build()), path: "module" });
  }

  it("is declared with what it needs of its base", () => {
    const split = declareTypeScript(module());
    assert.deepEqual(
      split.interfaces.map(({ name }) => name),
      ["table", "device", "packet", "atomic_t"],
    );
    assert.equal(bodyOf("table", split), "readonly users: atomic_t; readonly packet: packet");
    assert.equal(bodyOf("packet", split), "readonly device: device; readonly table: table");
    assert.ok(split.facets.types.includes("readonly packet: packet"));
  });
  it("has types of its base that are asked for", () => {
    const only = declareTypeScript(module(), { only: { types: ["table", "unrelated"] } });
    assert.deepEqual(
      only.interfaces.map(({ name }) => name),
      ["table", "unrelated"],
    );
    assert.match(bodyOf("table", only)!, /packet: Opaque<"packet">$/);
  });
});

describe("hooks", () => {
  const check = (facet: Facet, lines: readonly string[]): void =>
    assert.deepEqual(declared.facets[facet], lines);

  it("map LSM hooks to functions, without words of TypeScript as names", () =>
    check("lsmHooks", [
      "readonly packet_open: (packet: packet, argument1: s32, ret: s32) => number",
      "readonly packet_free: (packet: packet) => number | void",
    ]));
  it("map iterators to their context, with what may be missing", () => {
    check("iterators", ["readonly packet: bpf_iter__packet"]);
    assert.equal(
      bodyOf("bpf_iter__packet"),
      "readonly meta: tight; readonly packet: packet | undefined; readonly count: u32",
    );
  });
  it("map kernel functions, which may find nothing", () =>
    check("kfuncs", [
      "readonly bpf_packet_find: (id: u32) => packet | undefined",
      "readonly bpf_session_cookie: (ctx?: Pointer) => KernelMemory<u32> | undefined",
      "readonly bpf_packet_count: (ctx?: Pointer) => Pointer<u32> | undefined",
    ]));
  it("declare functions that were asked for", () => {
    check("functionEntries", ["readonly bpf_packet_find: (id: u32) => number | void"]);
    check("functionExits", ["readonly bpf_packet_find: (id: u32, ret: packet) => number | void"]);
    assert.deepEqual(declared.missingFunctions, ["gone"]);
  });
  it("give tracepoints the record of their class", () => {
    const struct = "trace_event_raw_sched_wakeup_template";
    const events = ["sched_wakeup_template", "sched_wakeup", "sched_wakeup_new", "sched_waking"];
    check(
      "records",
      events.map((event) => `readonly ${event}: ${struct}`),
    );
  });
  it("give tracepoints their arguments without the kernel's own", () => {
    const sample = declareTypeScript(parseBtf(sampleBtf().builder.build()));
    assert.deepEqual(sample.facets.tracepoints, [
      "readonly task_wake: (p: task, cpu: s32) => number | void",
    ]);
  });
  it("give programs their context", () =>
    assert.ok(declared.facets.contexts.includes("readonly xdp: xdp_md")));
});

describe("constants", () => {
  it("are those that no two enums differ in", () => {
    const sample = declareTypeScript(parseBtf(sampleBtf().builder.build()));
    assert.deepEqual(sample.facets.enums, [
      "readonly IDLE: 3",
      "readonly STOPPED: 4294967295",
      "readonly UP: 1",
      "readonly DOWN: -1",
      "readonly WIDE_ONE: 1n",
      "readonly WIDE_TOP: 9223372036854775808n",
      "readonly WIDE_LOW: -1099511627776n",
    ]);
  });
  it("come with the others of their enum", () => {
    const { facets } = declareTypeScript(kernel, { only: { enumerators: ["GREEN"] } });
    assert.deepEqual(facets.enums, ["readonly RED: 1", "readonly GREEN: 2"]);
    const none = declareTypeScript(kernel, { only: { enumerators: ["red"] } });
    assert.deepEqual(none.facets.enums, []);
  });
});

describe("printTypeScript", () => {
  const header = "// Types of a sample.\n";
  const { text, counts, missingFunctions } = printTypeScript(kernel, { header });

  it("begins with the header and imports the types of values", () =>
    assert.match(
      text,
      /^\/\/ Types of a sample\.\nimport type \{ FunctionPointer, .* \} from "ts-ebpf\/types";\n/,
    ));
  it("writes interfaces a member a line", () =>
    assert.ok(text.includes("interface atomic_t {\n  readonly counter: s32;\n}\n")));
  it("enters all of it in the register", () => {
    const [, register] = text.split('declare module "ts-ebpf/types" {\n  interface Register {\n');
    for (const facet of facets) assert.match(register!, new RegExp(`readonly ${facet}: [A-Z]`));
  });
  it("exports nothing else", () => assert.ok(text.endsWith("\nexport {};\n")));
  it("says how much there is", () => {
    assert.equal(counts.types, 10);
    assert.equal(counts.lsmHooks, 2);
    assert.equal(counts.functionEntries, 0);
    assert.deepEqual(missingFunctions, []);
  });
  it("prints the same each time", () =>
    assert.equal(printTypeScript(kernelSample(), { header }).text, text));
});
