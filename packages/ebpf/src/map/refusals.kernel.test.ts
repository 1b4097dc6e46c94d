import assert from "node:assert/strict";
import { after, describe, it } from "node:test";
import { BpfError, ClosedError } from "../base/errors.ts";
import { NotFoundError, NoSpaceError } from "../kernel/errors.ts";
import { u32, u64 } from "../layout/integer.ts";
import { struct } from "../layout/struct.ts";
import { arrayMap, perCpuArrayMap } from "../spec/array-map.ts";
import { cgroupArray } from "../spec/cgroup-array.ts";
import { hashMap, perCpuHashMap } from "../spec/hash-map.ts";
import { hashOfMaps } from "../spec/map-of-maps.ts";
import { progArray } from "../spec/prog-array.ts";
import { queueMap } from "../spec/queue-map.ts";
import { cpumap, devmap, xskmap } from "../spec/redirect-map.ts";
import { sockmap } from "../spec/sockmap.ts";
import { skStorage } from "../spec/storage-map.ts";
import { isSimulated, kernelUnderTest } from "../testing/kernel-under-test.ts";
import { needs } from "../testing/needs.ts";
import { refuse, unchecked } from "../testing/refusals.ts";
import { createMap } from "./create.ts";
import { openMapDescriptor, openPinnedMap } from "./open.ts";

describe("maps that are given what cannot be meant", needs("bpf"), () => {
  const stack = new DisposableStack();
  after(() => stack.dispose());
  const kernel = kernelUnderTest();
  const pair = struct("pair", { low: u32, high: u32 });
  const hash = stack.use(createMap(kernel, hashMap("hash", u32, u64, 8)));
  const pairs = stack.use(createMap(kernel, hashMap("pairs", pair, pair, 8)));
  const cpus = stack.use(createMap(kernel, perCpuHashMap("cpus", u32, u64, 8)));
  const array = stack.use(createMap(kernel, arrayMap("array", u32, 4)));
  const perCpu = stack.use(createMap(kernel, perCpuArrayMap("per_cpu", u32, 4)));
  const queue = stack.use(createMap(kernel, queueMap("queue", u32, 4)));
  for (let key = 0; key < 3; key++) hash.set(key, 1n);

  describe("refuse keys and values", () => {
    for (const key of [-1, 1.5, Number.NaN, 2 ** 33, "7", undefined, null, 5n]) {
      refuse([
        [`of ${String(key)} as a key`, () => hash.get(unchecked(key)), /u32/],
        [`of ${String(key)} to write to`, () => hash.set(unchecked(key), 1n), /u32/],
        [`of ${String(key)} in batches`, () => hash.setMany([[unchecked(key), 1n]]), /u32/],
        [`of ${String(key)} to delete`, () => hash.deleteMany([unchecked(key)]), /u32/],
      ]);
    }
    for (const value of [1, -1n, 2n ** 64n, "1", null])
      refuse([[`of ${String(value)} as a value`, () => hash.set(0, unchecked(value)), /u64/]]);
    refuse([
      [
        "of a struct that lacks a field",
        () => pairs.get(unchecked({ low: 1 })),
        /pair\.high: missing/,
      ],
      [
        "of a struct with another field",
        () => pairs.get(unchecked({ low: 1, high: 2, hihg: 3 })),
        /no field "hihg".*\n.*"high"/s,
      ],
      [
        "of a number for a struct",
        () => pairs.set({ low: 1, high: 1 }, unchecked(5)),
        /struct pair/,
      ],
      [
        "of one value for all CPUs",
        () => cpus.set(1, unchecked(5n)),
        /an array of u64, one per CPU/,
      ],
      [
        "of nothing for all CPUs",
        () => cpus.set(1, unchecked(undefined)),
        /missing, expected an array/,
      ],
      ["of too few values", () => cpus.set(1, []), /0 values given.*\n.*setAll/s],
      ["of CPUs that are none", () => cpus.getOn(1, Number.NaN), /no CPU NaN.*\n.*are 0/s],
      ["of CPUs of an array that are none", () => perCpu.setOn(1, -1, 1), /no CPU -1/],
      ["of indices behind the end", () => array.set(4, 1), /no element 4.*\n.*0 to 3/s],
      ["of indices that are not whole", () => array.set(0.5, 1), /no element 0.5/],
      ["of values of a queue", () => queue.push(-1), /u32/],
    ]);
  });

  describe("refuse modes that are none", () => {
    const mode = unchecked("noexits");
    refuse([
      ["of an update", () => hash.set(1, 1n, { mode }), /"noexits".*\n.*"noexist"/s],
      ["of many updates", () => hash.setMany([[1, 1n]], { mode }), /"noexits"/],
      ["of an update of an array", () => array.set(1, 1, { mode }), /"noexits"/],
      ["of a lookup", () => hash.get(1, { lock: unchecked("lock") }), /"lock".*\n.*"locked"/s],
      ["of taking out", () => hash.lookupAndDelete(1, { lock: unchecked("lock") }), /"lock"/],
      ["of a push", () => queue.push(1, { mode }), /"noexits".*\n.*any, exist/s],
    ]);
    it("and leave all as it was", () => {
      assert.deepEqual(new Set(hash.keys()), new Set([0, 1, 2]));
      assert.equal(queue.peek(), undefined);
    });
  });

  describe("refuse sizes of batches", () => {
    for (const batchSize of [0, -1, 1.5, Number.NaN, 2 ** 40, unchecked("9")]) {
      refuse([
        [
          `of ${batchSize}`,
          () => hash.batches({ batchSize }).next(),
          /size of batches .*"hash" is/,
        ],
        [`of ${batchSize} to take`, () => hash.takeBatches({ batchSize }).next(), /from 1 to/],
      ]);
    }
  });

  describe("refuse flags and sizes of specs", () => {
    const flags = ["no_prealoc"] as never;
    refuse([
      [
        "with a flag that is none",
        () => hashMap("m", u32, u32, { maxEntries: 1, flags }),
        /prealoc/,
      ],
      [
        "without a size",
        () => hashMap("m", u32, u32, unchecked(undefined)),
        /maxEntries of map "m" is undefined/,
      ],
      ["without a name", () => hashMap(unchecked(undefined), u32, u32, 1), /not a name for a map/],
    ]);
  });

  it("says that all is closed", () => {
    const closed = createMap(kernel, arrayMap("closed", u32, 4));
    closed.close();
    for (const call of [() => closed.get(0), () => closed.get(9), () => [...closed.keys()]])
      assert.throws(call, ClosedError);
  });
});

const native = isSimulated()
  ? { skip: "sockets and interfaces of the machine" }
  : needs("root", "bpf");

describe("maps of objects that are given what cannot be meant", native, () => {
  const stack = new DisposableStack();
  after(() => stack.dispose());
  const kernel = kernelUnderTest();
  const devices = stack.use(createMap(kernel, devmap("devices", 4)));
  const cpus = stack.use(createMap(kernel, cpumap("cpus", 4)));
  const xsks = stack.use(createMap(kernel, xskmap("xsks", 4)));
  const sockets = stack.use(createMap(kernel, sockmap("sockets", 4)));
  const groups = stack.use(createMap(kernel, cgroupArray("groups", 4)));
  const programs = stack.use(createMap(kernel, progArray("programs", 4)));
  const inner = hashMap("inner", u32, u32, 4);
  const outer = stack.use(createMap(kernel, hashOfMaps("outer", { key: u32, inner }, 4)));
  const storage = stack.use(createMap(kernel, skStorage("storage", u32)));
  const numbers = [-1, 1.5, Number.NaN, 2 ** 33, undefined, null].map(unchecked);

  for (const number of numbers) {
    refuse([
      [`refuse interface ${String(number)}`, () => devices.set(0, number), /of an interface is/],
      [
        `refuse a queue of ${String(number)}`,
        () => cpus.set(0, number),
        /CPU's queue is.*\n.*16384/s,
      ],
      [`refuse an AF_XDP socket ${String(number)}`, () => xsks.set(0, number), /socket/],
      [`refuse socket ${String(number)}`, () => sockets.set(0, number), /socket/],
      [`refuse the storage of socket ${String(number)}`, () => storage.set(number, 1), /socket/],
      [
        `refuse descriptor ${String(number)}`,
        () => openMapDescriptor(kernel, number, inner),
        /a descriptor is .*\n.*whole number/s,
      ],
    ]);
  }
  refuse([
    [
      "refuse an interface that is not there",
      () => devices.set(0, "nope0"),
      /nope0/,
      NotFoundError,
    ],
    ["refuse a queue without room", () => cpus.set(0, 0), /queue is 0/],
    [
      "refuse a program that is none",
      () => devices.set(0, 1, unchecked({})),
      /the program is missing/,
    ],
    ["refuse a map that is none", () => outer.set(1, unchecked(undefined)), /the map is missing/],
    ["refuse no program", () => programs.set(1, unchecked(undefined)), /the program is missing/],
    [
      "refuse no control group",
      () => groups.set(0, unchecked(undefined)),
      /control group is undefined/,
    ],
    ["refuse a folder that is none", () => groups.set(0, "/nope"), /nope/, NotFoundError],
    ["refuse an ordinary folder", () => groups.set(0, "/tmp"), /something else/, BpfError],
    ["refuse indices behind the end", () => cpus.set(4, 1), /outside/, NoSpaceError],
    ["refuse paths that are none", () => outer.pin(unchecked(5)), /the path of a pin is 5/],
    ["refuse paths with a zero byte", () => outer.pin("/sys/fs/bpf/a\0b"), /a\\u0000b/],
    [
      "refuse to open no path",
      () => openPinnedMap(kernel, unchecked(undefined), inner),
      /is undefined/,
    ],
  ]);
});
