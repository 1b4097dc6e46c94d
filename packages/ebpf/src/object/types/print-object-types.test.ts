import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { array } from "../../layout/array.ts";
import { bool } from "../../layout/bool.ts";
import { bytes } from "../../layout/bytes.ts";
import { chars } from "../../layout/chars.ts";
import { be16, s8, u32, u64 } from "../../layout/integer.ts";
import type { Layout } from "../../layout/layout.ts";
import { spinLock } from "../../layout/opaque.ts";
import { struct } from "../../layout/struct.ts";
import { wholeRecord } from "../../layout/whole-record.ts";
import { globalSpec } from "../../spec/global-spec.ts";
import { hashMap } from "../../spec/hash-map.ts";
import { arrayOfMaps } from "../../spec/map-of-maps.ts";
import { noKey } from "../../spec/map-spec.ts";
import { program } from "../../spec/program.ts";
import { queueMap } from "../../spec/queue-map.ts";
import { ringbuf } from "../../spec/ringbuf.ts";
import type { ObjectSpec } from "../read/read-object.ts";
import { objectTypeName, printObjectTypes } from "./print-object-types.ts";
import { ValueTypes } from "./value-types.ts";

const printed = (spec: ObjectSpec): string =>
  printObjectTypes(spec, { name: "Filter", file: "filter.o" }).text;

/** The types of members, by name. */
function membersOf(spec: ObjectSpec): Readonly<Record<string, string>> {
  const [, body = ""] = printed(spec).split("export type Filter = {\n");
  const [members = ""] = body.split("\n};");
  const lines = [...members.matchAll(/^ {2}readonly (.+?): (.*);$/gm)];
  return Object.fromEntries(lines.map(([, name, type]) => [name!, type!]));
}

describe("ValueTypes", () => {
  const check = (layout: Layout<unknown>, expected: string): void =>
    assert.equal(new ValueTypes([]).of(layout), expected);

  it("says what values are when they are read", () => {
    check(u32, "number");
    check(s8, "number");
    check(be16, "number");
    check(u64, "bigint");
    check(bool, "boolean");
    check(chars(4), "string");
    check(bytes(4), "Uint8Array");
    check(wholeRecord, "Uint8Array");
    check(noKey, "undefined");
    check(array(u64, 3), "readonly bigint[]");
    check(array(array(u32, 2), 3), "readonly (readonly number[])[]");
  });

  it("writes each struct once, with those in it, and nothing that user space cannot see", () => {
    const Inner = struct("inner", { a: u32 });
    const Outer = struct("outer", { lock: spinLock, same: Inner, all: array(Inner, 2) });
    const values = new ValueTypes([]);
    assert.equal(values.of(Outer), "outer");
    assert.equal(values.of(struct("inner", { a: u32 })), "inner");
    assert.equal(
      values.interfaces(),
      [
        "/** `struct outer`, 16 bytes. */",
        "export interface outer {",
        "  readonly same: inner;",
        "  readonly all: readonly inner[];",
        "}",
        "",
        "/** `struct inner`, 4 bytes. */",
        "export interface inner {",
        "  readonly a: number;",
        "}",
        "",
      ].join("\n"),
    );
  });

  it("keeps names apart: of different structs, of words of TypeScript, and those that are taken", () => {
    const values = new ValueTypes(["Filter"]);
    const names = ["flow", "string", "Filter"].map((tag) => values.of(struct(tag, { a: u32 })));
    assert.deepEqual(names, ["flow", "string___2", "Filter___2"]);
    assert.equal(values.of(struct("flow", { b: u64 })), "flow___2");
  });
});

describe("printObjectTypes", () => {
  const within = { section: ".bss", offset: 8, size: 16, map: "filter.bss" };

  it("declares every part by its name in C", () => {
    const onDemand = { ...program("xdp", [{ kind: "exit" }], { name: "later" }), autoload: false };
    assert.deepEqual(
      membersOf({
        flows: hashMap("flows", u32, struct("flow", { a: u32 }), 8),
        queue: queueMap("queue", u64, 8),
        outer: arrayOfMaps("outer", hashMap("inner", u32, u64, 8), 2),
        events: ringbuf("events", bytes(2), 4096),
        "count.calls": globalSpec("global", { name: "calls", layout: u64, initial: 0n, within }),
        first: program("xdp", [{ kind: "exit" }], { name: "first" }),
        later: onDemand,
      }),
      {
        flows: 'KeyedMapSpec<"hash", number, flow>',
        queue: 'KeyedMapSpec<"queue", undefined, bigint>',
        outer: 'OuterMapSpec<"array_of_maps", number, KeyedMapSpec<"hash", number, bigint>>',
        events: "RingbufSpec<Uint8Array>",
        '"count.calls"': "GlobalSpec<bigint>",
        first: 'ProgramSpec<AttachTargetOf<"none">>',
        later: 'ProgramSpec<AttachTargetOf<"none">> & { readonly autoload: false }',
      },
    );
  });

  it("imports what it uses and nothing else", () => {
    const text = printed({ seen: globalSpec("global", { name: "seen", layout: u32, initial: 0 }) });
    assert.match(text, /^import type \{ GlobalSpec \} from "ts-ebpf";\n/);
    assert.doesNotMatch(printed({}), /import/);
  });

  it("leaves out bytes between variables, but not variables of bytes", () => {
    const variable = (name: string): ObjectSpec[string] =>
      globalSpec("global", { name, layout: bytes(4), initial: new Uint8Array(4), within });
    assert.deepEqual(membersOf({ bss_8: variable("bss_8"), key: variable("key") }), {
      key: "GlobalSpec<Uint8Array>",
    });
  });

  it("counts what it declares", () => {
    const gap = globalSpec("global", {
      name: "bss_8",
      layout: bytes(4),
      initial: new Uint8Array(4),
      within,
    });
    const spec = { bss_8: gap, flows: hashMap("flows", u32, u32, 8), first: program("xdp", []) };
    const { counts } = printObjectTypes(spec, { name: "Filter", file: "filter.o" });
    assert.deepEqual(counts, { programs: 1, maps: 1, variables: 0, structOps: 0 });
  });

  it("lets nothing of a name end a comment", () => {
    const named = { ...program("xdp", [{ kind: "exit" }]), section: "x*/ evil\n" };
    assert.match(printed({ named }), /section "x\* \/ evil "\. \*\/\n {2}readonly named/);
  });
});

describe("objectTypeName", () => {
  const check = (path: string, expected: string): void =>
    assert.equal(objectTypeName(path), expected);

  it("is made of the name of the file", () => {
    check("build/packets.bpf.o", "Packets");
    check("net-flow_v2.o", "NetFlowV2");
    check("filter-bpf.o", "Filter");
    check("7zip.o", "Object7zip");
    check(".o", "Object");
  });
});
