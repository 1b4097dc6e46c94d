import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { hex } from "../base/bytes.ts";
import { array } from "./array.ts";
import { bool } from "./bool.ts";
import { bytes } from "./bytes.ts";
import { chars } from "./chars.ts";
import { enumeration } from "./enumeration.ts";
import { be16, be32, s16, u16, u32, u64, u8 } from "./integer.ts";
import { bytesOfValue, loadValue, memoryOf, objectIn, objectOf } from "./memory-object.ts";
import { spinLock } from "./opaque.ts";
import { struct } from "./struct.ts";
import { u53 } from "./u53.ts";
import { parseValue } from "./value.ts";
import { ValueError } from "./value-error.ts";

const Inner = struct("inner", { low: u8, high: u16 });
const All = struct("all", {
  small: s16,
  wide: u64,
  port: be16,
  open: bool,
  comm: chars(4),
  raw: bytes(3),
  list: array(u16, 3),
  inner: Inner,
  many: array(Inner, 2),
  count: u53,
});

/** The bytes of an object in memory. */
function bytesIn(object: object): string {
  const { view } = memoryOf(object)!;
  return hex(new Uint8Array(view.buffer, view.byteOffset, view.byteLength));
}

describe("struct, called", () => {
  it("makes zeros of what is not given", () => {
    assert.equal(bytesIn(All()), "00".repeat(All.size));
    const made = Inner({ high: 0x1_0203 });
    assert.deepEqual(made, { low: 0, high: 0x203 });
    assert.equal(bytesIn(made), "00000302");
  });
  it("makes objects that user space reads back from their bytes", () => {
    const made = All({ small: -2, wide: 7n, open: true, comm: "sh", count: 9 });
    const { view } = memoryOf(made)!;
    const read = parseValue(All, new Uint8Array(view.buffer));
    assert.deepEqual(
      [read.small, read.wide, read.open, read.comm, read.count],
      [-2, 7n, true, "sh", 9],
    );
  });
  it("converts what is assigned", () => {
    const made = All();
    made.small = 0x1_8000;
    made.wide += 2n ** 64n + 3n;
    made.comm = "abcdef";
    made.open = 2 as never;
    made.count = 2 ** 33 + 1;
    assert.deepEqual(
      [made.small, made.wide, made.comm, made.open, made.count],
      [-0x8000, 3n, "abc", true, 2 ** 33 + 1],
    );
  });
  it("keeps values of network order as their bits", () => {
    const made = All({ port: 0x5000 });
    assert.equal(made.port, 0x5000);
    assert.equal(parseValue(be16, Uint8Array.of(0x00, 0x50)), 0x50);
    assert.equal(bytesOfValue(All, made)[16], 0);
    assert.equal(bytesOfValue(All, made)[17], 0x50);
  });
  it("stays where it is inside of others", () => {
    const made = All();
    made.inner.high = 5;
    made.many[1]!.low = 6;
    made.list[2] = 0x1_0007;
    made.raw[1] = 0x1_08;
    assert.deepEqual(
      [made.inner, made.many[1], made.list, [...made.raw]],
      [{ low: 0, high: 5 }, { low: 6, high: 0 }, [0, 0, 7], [0, 8, 0]],
    );
  });
  it("copies what is assigned whole", () => {
    const inner = Inner({ low: 1 });
    const made = All({ inner, list: [1, 2] });
    inner.low = 2;
    assert.deepEqual([made.inner.low, made.list], [1, [1, 2, 0]]);
    made.inner = inner;
    assert.equal(made.inner.low, 2);
    made.inner = { low: 3 } as typeof inner;
    assert.deepEqual(made.inner, { low: 3, high: 0 });
  });
  it("reads zeros beyond the end of an array and writes nothing there", () => {
    const made = All();
    const { list } = made;
    assert.equal(list[3], 0);
    list[3] = 7;
    assert.equal(list[-1], 0);
    list[-1] = 7;
    assert.equal(list[-1], 0);
    assert.equal(list.length, 3);
    assert.deepEqual([...list], [0, 0, 0]);
  });
  it("has no other fields", () => {
    assert.throws(
      () => Inner({ lo: 1 } as never),
      (error) => error instanceof ValueError && error.hint === 'did you mean "low"?',
    );
    assert.throws(() => {
      (Inner() as Record<string, unknown>)["lo"] = 1;
    }, TypeError);
  });
  it("refuses what cannot be converted", () => {
    for (const values of [{ small: "1" }, { comm: 1 }, { raw: "abc" }, { list: 1 }, { inner: 1 }])
      assert.throws(() => All(values as never), ValueError, JSON.stringify(values));
  });
  it("cuts text between any two bytes", () => {
    const made = All({ comm: "aéé" });
    assert.equal(bytesOfValue(All, made)[22], 0);
    assert.equal(made.comm, "aé");
    made.comm = "";
    assert.equal(bytesIn(made).slice(38, 46), "00000000");
  });
  it("fills text without an end to the last byte", () => {
    const Magic = struct("magic", { text: chars(4, { terminated: false }) });
    assert.equal(Magic({ text: "abcde" }).text, "abcd");
  });
});

describe("objects in memory", () => {
  it("have the property `value` unless they are structs or arrays", () => {
    const object = objectOf(u32, 2 ** 32 + 1) as { value: number };
    assert.equal(object.value, 1);
    object.value -= 2;
    assert.equal(object.value, 0xffff_ffff);
    assert.deepEqual(objectOf(array(u8, 2), [1, 2]), [1, 2]);
  });
  it("are numbers under transformed layouts", () => {
    const Action = enumeration(u8, { PASS: 1, DROP: 2 });
    const object = objectOf(Action, "DROP") as { value: unknown };
    assert.equal(object.value, 2);
    object.value = 1;
    assert.equal(Action.read(memoryOf(object)!.view, 0), "PASS");
  });
  it("share memory with others in the same place", () => {
    const view = new DataView(new ArrayBuffer(8));
    const [one, other] = [objectIn(Inner, view, 4), objectIn(Inner, view, 4)] as [
      { low: number },
      { low: number },
    ];
    one.low = 9;
    assert.equal(other.low, 9);
    assert.equal(loadValue(u8, view, 4), 9);
  });
  it("keep locks to themselves", () => {
    const Account = struct("account", { lock: spinLock, balance: u64 });
    const account = Account({ balance: 1n });
    assert.ok(memoryOf(account.lock));
    assert.equal(account.balance, 1n);
  });
  it("are not plain objects", () => {
    assert.equal(memoryOf({}), undefined);
    assert.equal(memoryOf(7), undefined);
  });
  it("store their bits where the layout is the same, whatever it says of order", () => {
    const Address = struct("address", { ip: be32 });
    const Copy = struct("copy", { ip: be32 });
    const from = Address({ ip: 0x0100_007f });
    assert.equal(hex(bytesOfValue(Copy, from)), "7f000001");
    assert.equal(hex(bytesOfValue(Address, from)), "7f000001");
  });
});
