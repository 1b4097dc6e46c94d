import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { InvalidArgumentError } from "../../base/errors.ts";
import { bytes } from "../../layout/bytes.ts";
import { u32 } from "../../layout/integer.ts";
import { struct } from "../../layout/struct.ts";
import { perCpuArrayMap } from "../../spec/array-map.ts";
import { ringbuf } from "../../spec/ringbuf.ts";
import { simulate } from "../../simulate/simulate.ts";
import { kernelObject } from "./kernel-object.ts";
import { kernel } from "./kernel-struct.ts";
import { readInto, readTextInto } from "./read-into.ts";

const old = (): Uint8Array => new Uint8Array(6).fill(0xff);

describe("readInto", () => {
  const check = (length: number, expected: { status: number; bytes: readonly number[] }): void => {
    using world = simulate();
    const into = old();
    const status = readInto(
      into.subarray(1, 1 + length),
      world.place(Uint8Array.of(1, 2, 3)),
      "user",
    );
    assert.deepEqual({ status, bytes: [...into] }, expected);
  };

  it("fills all of the bytes", () => {
    check(2, { status: 0, bytes: [255, 1, 2, 255, 255, 255] });
    check(0, { status: 0, bytes: [255, 255, 255, 255, 255, 255] });
  });
  it("leaves zeros when not all can be read", () =>
    check(4, { status: -14, bytes: [255, 0, 0, 0, 0, 255] }));
  it("is only for programs", () =>
    assert.throws(() => readInto(old(), 1n, "kernel"), InvalidArgumentError));
});

describe("readTextInto", () => {
  const check = (text: string, length: number, expected: number, shown: string): void => {
    using world = simulate();
    const into = old();
    assert.equal(readTextInto(into.subarray(0, length), world.place(text), "kernel"), expected);
    assert.equal(String.fromCharCode(...into.subarray(0, Math.max(expected, 0))), shown);
    assert.ok(into.subarray(length).every((byte) => byte === 0xff));
  };

  it("counts the zero at the end", () => check("abc", 6, 4, "abc\0"));
  it("cuts, and ends with a zero all the same", () => check("abcdef", 4, 4, "abc\0"));
  it("takes the empty text for one", () => check("", 6, 1, "\0"));
  it("writes nothing where there is no room", () => check("abc", 0, 0, ""));
  it("fails where nothing is", () => {
    using _ = simulate();
    const into = old();
    assert.equal(readTextInto(into, 16n, "user"), -14);
    assert.deepEqual([...into], [0, 0, 0, 0, 0, 0]);
  });
});

describe("outputBytes", () => {
  const Event = struct("event", { length: u32, text: bytes(12) });
  const ring = ringbuf("ring", Event, { sizeBytes: 4096, minEventBytes: 4 });
  const scratch = perCpuArrayMap("scratch", Event, 1);

  it("writes the first bytes of a value", () => {
    using world = simulate();
    const value = scratch.lookup(0)!;
    value.length = 7;
    value.text[0] = 9;
    assert.equal(ring.outputBytes(value, 5), 0);
    value.text[0] = 1;
    assert.equal(ring.outputBytes(value.text, 2), 0);
    const [first, second] = world.maps.ring(ring).submitted();
    assert.deepEqual(
      [[...first!], [...second!]],
      [
        [7, 0, 0, 0, 9],
        [1, 0],
      ],
    );
  });
  it("refuses more than there is", () => {
    using _ = simulate();
    assert.throws(() => ring.outputBytes(scratch.lookup(0)!, 17), {
      message: "the first 17 bytes of memory of 16 bytes were written",
    });
    assert.throws(() => ring.outputBytes({}, 1), {
      message: "the first 1 bytes of no memory were written",
    });
  });
});

describe("kernelObject", () => {
  it("is the object at an address", () => {
    using world = simulate();
    const task = { tgid: 7 };
    assert.equal(kernelObject(kernel.task_struct, world.address(task)), task);
  });
});
