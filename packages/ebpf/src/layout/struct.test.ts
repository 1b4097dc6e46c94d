import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { hex } from "../base/bytes.ts";
import { InvalidArgumentError } from "../base/errors.ts";
import { array } from "./array.ts";
import { chars } from "./chars.ts";
import { be16, u16, u32, u64, u8 } from "./integer.ts";
import type { Layout, StructLayout } from "./layout.ts";
import { struct } from "./struct.ts";
import { ValueError } from "./value-error.ts";
import { encodeValue, parseValue } from "./value.ts";

const Address = struct("address", { port: be16, host: u32 });
const Exec = struct("exec", {
  pid: u32,
  ts: u64,
  comm: chars(5),
  from: Address,
  ids: array(u16, 2),
});
const exec = { pid: 1, ts: 2n, comm: "sh", from: { port: 80, host: 7 }, ids: [3, 4] };

describe("struct", () => {
  const check = (layout: StructLayout, expected: Record<string, number>): void => {
    const { size, alignment, fields } = layout;
    const offsets = Object.entries(fields).map(([name, { offset }]) => [name, offset]);
    assert.deepEqual({ ...Object.fromEntries(offsets), size, alignment }, expected);
  };
  it("aligns each field", () =>
    check(struct("s", { a: u8, b: u32, c: u8, d: u16, e: u64 }), {
      a: 0,
      b: 4,
      c: 8,
      d: 10,
      e: 16,
      size: 24,
      alignment: 8,
    }));
  it("pads the end to the largest alignment", () =>
    check(struct("s", { a: u64, b: u8 }), { a: 0, b: 8, size: 16, alignment: 8 }));
  it("aligns structs inside by their largest field", () =>
    check(struct("s", { a: u8, b: Address, c: u8 }), {
      a: 0,
      b: 4,
      c: 12,
      size: 16,
      alignment: 4,
    }));
  it("has no padding when packed", () =>
    check(struct("s", { a: u8, b: u64, c: u16 }, { packed: true }), {
      a: 0,
      b: 1,
      c: 9,
      size: 11,
      alignment: 1,
    }));
  it("keeps the padding of structs inside a packed one", () =>
    check(struct("s", { a: u8, b: Address }, { packed: true }), {
      a: 0,
      b: 1,
      size: 9,
      alignment: 1,
    }));
  it("tells its name and its fields", () => {
    assert.equal(Exec.name, "struct exec");
    assert.equal(Exec.tag, "exec");
    assert.equal(Exec.fields.from.layout, Address);
    assert.deepEqual(Object.keys(Exec.fields), ["pid", "ts", "comm", "from", "ids"]);
  });

  it("stores each field in its place, and zeros everywhere else", () => {
    const view = new DataView(new Uint8Array(Exec.size + 2).fill(0xff).buffer);
    Exec.write(view, 1, exec);
    assert.equal(
      hex(new Uint8Array(view.buffer), " "),
      "ff 01 00 00 00 00 00 00 00 02 00 00 00 00 00 00 00 " +
        "73 68 00 00 00 00 00 00 00 50 00 00 07 00 00 00 03 00 04 00 00 00 00 00 ff",
    );
  });
  it("reads what it wrote", () =>
    assert.deepEqual(parseValue(Exec, encodeValue(Exec, exec)), exec));
  it("reads fields in the order of memory, whatever the order they were written in", () => {
    const reversed = Object.fromEntries(Object.entries(exec).toReversed()) as typeof exec;
    const bytes = encodeValue(Exec, reversed);
    assert.deepEqual(bytes, encodeValue(Exec, exec));
    assert.deepEqual(Object.keys(parseValue(Exec, bytes)), Object.keys(Exec.fields));
  });
  it("stores objects whose fields are inherited getters", () => {
    class Pair {
      get port(): number {
        return 80;
      }
      get host(): number {
        return 7;
      }
    }
    assert.equal(hex(encodeValue(Address, new Pair())), "0050000007000000");
  });
  it("keeps its functions, and they need no receiver", () => {
    assert.equal(Exec.read, Exec.read);
    const { read } = Exec;
    assert.deepEqual(read(new DataView(encodeValue(Exec, exec).buffer), 0), exec);
  });
  it("cannot be changed", () => {
    assert.ok(
      Object.isFrozen(Exec) && Object.isFrozen(Exec.fields) && Object.isFrozen(Exec.fields.pid),
    );
  });
});

describe("struct, given a wrong value", () => {
  const refuse = (value: unknown, message: string, hint?: string): void =>
    assert.throws(
      () => encodeValue(Exec as Layout<unknown>, value),
      (error) => {
        assert.ok(error instanceof InvalidArgumentError);
        assert.deepEqual({ message: error.message, hint: error.hint }, { message, hint });
        return true;
      },
    );
  it("names a missing field", () => {
    const { ts: _, ...rest } = exec;
    refuse(rest, "exec.ts: missing, expected u64");
  });
  it("names a field of a wrong type", () =>
    refuse({ ...exec, pid: "1" }, 'exec.pid: expected u32 (an integer), got "1"'));
  it("names a field out of range", () =>
    refuse({ ...exec, pid: -1 }, "exec.pid: -1 is out of range for u32 (0 to 4294967295)"));
  it("passes hints on", () =>
    refuse({ ...exec, ts: 2 }, "exec.ts: expected u64 (a bigint), got 2", "write 2n"));
  it("names a field of a struct inside", () =>
    refuse(
      { ...exec, from: { port: 70000, host: 7 } },
      "exec.from.port: 70000 is out of range for be16 (0 to 65535)",
    ));
  it("names an element of an array inside", () =>
    refuse({ ...exec, ids: [1, -1] }, "exec.ids[1]: -1 is out of range for u16 (0 to 65535)"));
  it("names text that is too long", () =>
    refuse(
      { ...exec, comm: "systemd" },
      'exec.comm: "systemd" is too long for char[5]: it is 7 bytes, there is room for 4',
    ));
  it("says which field an unknown one may have been meant for", () =>
    refuse({ ...exec, pdi: 1 }, 'struct exec has no field "pdi"', 'did you mean "pid"?'));
  it("lists the fields when an unknown one is like none of them", () =>
    refuse(
      { ...exec, from: { port: 1, host: 2, interface: 3 } },
      'exec.from: struct address has no field "interface"',
      "its fields are port, host",
    ));
  it("refuses a struct inside that is no object", () =>
    refuse({ ...exec, from: 5 }, "exec.from: expected struct address (an object), got 5"));
  for (const [value, shown] of [
    [null, "null"],
    ["sh", '"sh"'],
    [[1], "an array of 1"],
  ] as const)
    it(`refuses ${shown}`, () => refuse(value, `expected struct exec (an object), got ${shown}`));
  it("does not take the length of a text or array for a field", () => {
    const Length = struct("s", { length: u32 }) as Layout<unknown>;
    for (const value of ["a", [7], []])
      assert.throws(() => encodeValue(Length, value), { name: "InvalidArgumentError" });
  });
  it("does not ask a layout of somebody's own about a missing field or element", () => {
    const { kind: _, ...own } = { ...u8, write: (): void => undefined };
    const Own: Layout<unknown> = struct("s", { a: own, list: array(own, 1) });
    const message = "s.a: missing, expected u8";
    assert.throws(() => encodeValue(Own, { list: [1] }), { message });
    assert.throws(() => encodeValue(Own, { a: 1, list: [undefined] }), {
      message: "s.list[0]: missing, expected u8",
    });
  });
  it("tells the path apart from the problem", () =>
    assert.throws(
      () => encodeValue(Exec, { ...exec, ids: [1, 2.5] }),
      (error) =>
        error instanceof ValueError &&
        error.problem === "expected u16 (an integer), got 2.5" &&
        error.path.join() === "ids,1",
    ));
  it("throws a RangeError when there is no room", () =>
    assert.throws(() => Exec.write(new DataView(new ArrayBuffer(Exec.size)), 1, exec), RangeError));
});

describe("struct, wrongly described", () => {
  const refuse = (describe: () => unknown, message: string): void =>
    assert.throws(describe, { name: "InvalidArgumentError", message });
  it("says what it is given that is no name, fields or layout", () => {
    const make = struct as (...given: readonly unknown[]) => unknown;
    refuse(() => make({ a: u32 }), "struct is given an object and nothing, not a name and fields");
    refuse(() => make("s"), "struct is given a text and nothing, not a name and fields");
    refuse(() => make("s", { a: undefined }), "struct s, a is nothing, not a layout");
    refuse(() => make("s", { a: "u32" }), "struct s, a is a text, not a layout");
  });
  it("needs fields", () => refuse(() => struct("s", {}), "struct s has no fields"));
  for (const name of ["", "a-b", "0", "1a", 'x"]: evil(), ["y', "__proto__", "é"])
    it(`cannot have a field named ${JSON.stringify(name)}`, () =>
      refuse(
        () => struct("s", { [name]: u8 }),
        `struct s: ${JSON.stringify(name)} cannot be a name in C`,
      ));
  it("cannot be named with blanks", () =>
    refuse(() => struct("a b", { a: u8 }), 'struct a b: "a b" cannot be a name in C'));
  it("does not take layouts of impossible alignment", () =>
    refuse(
      () => struct("s", { a: { ...u8, alignment: 3, size: 3 } }),
      "struct s, a: u8 has size 3 and alignment 3",
    ));
  it("cannot be larger than a view", () => {
    const half = array(u64, 2 ** 27);
    refuse(
      () => struct("s", { a: half, b: u8 }),
      "struct s: 1073741825 bytes are too many, the most is 1073741824",
    );
  });
});
