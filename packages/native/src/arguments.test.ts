import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { loadBridge } from "./load.ts";

const bridge = loadBridge();
const functions = bridge as unknown as Record<string, (...values: unknown[]) => unknown>;

function check(name: string, values: readonly unknown[], expected: RegExp): void {
  const type = expected.source.startsWith("must be an integer") ? RangeError : undefined;
  assert.throws(
    () => functions[name]?.(...values),
    (error: unknown) => {
      assert.ok(error instanceof TypeError || error instanceof RangeError, String(error));
      if (type !== undefined) assert.ok(error instanceof type);
      assert.match(error.message, expected);
      return true;
    },
    name,
  );
}

const eight = new Uint8Array(8);
const detached = new Uint8Array(8);
structuredClone(detached, { transfer: [detached.buffer] });
const throwing = new Proxy([], {
  get: () => {
    throw new TypeError("no");
  },
});
const half = (globalThis as { Float16Array?: new (length: number) => object }).Float16Array;

// Anything, but no number that is a descriptor: nothing of this process may be hit.
const numbers = [-1, 2 ** 40, -(2 ** 40), 1.5, Number.NaN, 1n];
const values = [undefined, null, true, "", "text", Symbol("s"), ...numbers];
const objects = [
  {},
  [],
  [[]],
  Array.from({ length: 40 }),
  () => 0,
  throwing,
  new Proxy({}, {}),
  globalThis,
];
const buffers = [new ArrayBuffer(8), new ArrayBuffer(0), new SharedArrayBuffer(8)];
const views = [eight, detached, new Uint8Array(0), new Uint8Array(300), new Int32Array(2)];
const oddViews = [
  new BigUint64Array(2),
  new Uint8Array(new SharedArrayBuffer(8)),
  new DataView(new ArrayBuffer(1)),
];
const memory = [
  ...buffers,
  ...views,
  ...oddViews,
  Object.create(eight) as unknown,
  new Proxy(eight, {}),
];
const pointers = [8, 9]
  .map((end) => [eight, 0, eight, end])
  .concat([
    [eight, 1, eight, 0],
    [detached, 0, eight, 0],
  ]);

describe("arguments", () => {
  it("are named in the message, with what they must be", () => {
    check("close", [], /^close: fd must be a number$/);
    check("close", ["1"], /^close: fd must be a number$/);
    check("close", [2 ** 31], /^close: fd must be an integer from -2147483648 to 2147483647$/);
    check("close", [1.5], /^close: fd must be an integer/);
    check("close", [Number.NaN], /^close: fd must be an integer/);
    check("close", [Infinity], /^close: fd must be an integer/);
    check("close", [1n], /^close: fd must be a number$/);
    check("bpf", [0, [1], []], /^bpf: attr must be a Uint8Array$/);
    check("bpf", [-1, eight, []], /^bpf: command must be an integer from 0 to 2147483647$/);
    check("bpf", [0, eight], /^bpf: pointers must be an array$/);
    check("bpf", [0, new Uint8Array(257), []], /^bpf: attr must not be longer than 256 bytes$/);
    check("socket", [0, 0, -1], /^socket: protocol must be an integer from 0 to/);
    check("send", [0, eight, 0, "x"], /^send: address must be a Uint8Array$/);
    check("send", [0, eight, 2 ** 32], /^send: flags must be an integer from 0 to 4294967295$/);
    check("userRingPending", [{}], /^userRingPending: ring must be what userRingOpen returned$/);
    check("pollStart", [0, {}], /^pollStart: onReadable must be a function$/);
    check("pollStop", [{}], /^pollStop: poll must be what pollStart returned$/);
    check("map", [-1, 0, 3, 0x22, 0], /^map: length must be an integer from 1 to 4294967296$/);
    check("map", [-1, 1, 4, 0x22, 0], /^map: protection must be an integer from 1 to 3$/);
    check(
      "map",
      [-1, 1, 3, 0x22, -1],
      /^map: offset must be an integer from 0 to 9007199254740991$/,
    );
    check("unmap", [eight], /^unmap: memory must be an ArrayBuffer$/);
  });

  it("are arrays of the right element type", () => {
    const wrong = [
      new Int8Array(8),
      new Uint8ClampedArray(8),
      new DataView(new ArrayBuffer(8)),
      new ArrayBuffer(8),
    ];
    for (const value of wrong) check("bind", [-1, value], /^bind: address must be a Uint8Array$/);
    if (half !== undefined)
      check("bind", [-1, new half(8)], /^bind: address must be a Uint8Array$/);
    check(
      "resourceLimit",
      [7, new BigInt64Array(2)],
      /^resourceLimit: set must be a BigUint64Array$/,
    );
  });

  it("may be left out only where the contract says so", () => {
    assert.equal(bridge.resourceLimit(7, undefined, undefined), 0);
    assert.equal(bridge.send(-1, eight, 0, undefined), -9);
    check("resourceLimit", [7, null], /^resourceLimit: set must be a BigUint64Array$/);
  });

  it("have the length that is read or written", () => {
    check(
      "resourceLimit",
      [7, undefined, new BigUint64Array(1)],
      /^resourceLimit: get must have two elements$/,
    );
    check(
      "resourceLimit",
      [7, new BigUint64Array(0)],
      /^resourceLimit: set must have two elements$/,
    );
    check(
      "perfEventOpen",
      [new Uint8Array(63), 0, 0, 0, 0],
      /^perfEventOpen: attr must be at least 64 bytes/,
    );
    const tooShort = new Uint8Array(64);
    tooShort[4] = 65; // the size field
    check("perfEventOpen", [tooShort, 0, 0, 0, 0], /as long as its size field says$/);
    // PERF_EVENT_IOC_ID (include/uapi/linux/perf_event.h) writes 8 bytes.
    check(
      "ioctl",
      [-1, 0x80082407, new Uint8Array(7)],
      /^ioctl: argument is shorter than the request says$/,
    );
    assert.equal(bridge.ioctl(-1, 0x80082407, eight), -9);
  });

  it("cannot pass a number for an address", () => {
    check("ioctl", [0, 1, 2 ** 20], /^ioctl: argument must be an integer from -1 to 1048575$/);
    check("ioctl", [0, 1, -2], /^ioctl: argument must be an integer/);
    check("ioctl", [0, 1, "x"], /^ioctl: argument must be a number or a Uint8Array$/);
    assert.equal(bridge.ioctl(-1, 1, 2 ** 20 - 1), -9);
  });

  it("may be anything without harm", () => {
    const junk = fc.constantFrom<unknown[]>(...values, ...objects, ...memory, ...pointers);
    const withoutArguments = ["epollCreate", "pageSize"];
    const name = fc.constantFrom(
      ...Object.keys(bridge).filter((key) => !withoutArguments.includes(key)),
    );
    fc.assert(
      fc.property(name, fc.array(junk, { maxLength: 8 }), (key, values) => {
        try {
          assert.ok(Number(functions[key]?.(...values)) <= 0, key);
        } catch (error) {
          assert.ok(error instanceof TypeError || error instanceof RangeError, String(error));
        }
      }),
      { numRuns: 20_000 },
    );
  });
});
