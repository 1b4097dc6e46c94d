/**
 * Small programs made by hand, verified and run by the running kernel.
 *
 * They are raw tracepoint programs, because those may call every helper used here and can be run without being
 * attached. Each says what it found through its return value or a map.
 * @module
 */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { encode } from "../isa/encode.ts";
import { r0, r1, r6, r7, r10 } from "../isa/register.ts";
import type { MapCreate } from "../kernel/commands.ts";
import type { Handle } from "../kernel/handle.ts";
import { chars } from "../layout/chars.ts";
import { u32, u64 } from "../layout/integer.ts";
import { struct } from "../layout/struct.ts";
import { takeRingRecords } from "../stream/testing-records.ts";
import { openNativeKernel } from "../sys/native-kernel.ts";
import { needs } from "../testing/needs.ts";
import { add, and, mov, mov32, sub } from "./alu.ts";
import { assemble, type Item, label } from "./assemble.ts";
import { callLocal, exit } from "./call.ts";
import { fieldAt, fieldOf, storeField, storeTo } from "./field.ts";
import { jne } from "./jump.ts";
import { ldx } from "./memory.ts";
import { fetchSetBit, increment, setBit, takeNumber } from "./pattern/atomic-update.ts";
import {
  currentComm,
  currentGid,
  currentPid,
  currentTgid,
  currentUid,
} from "./pattern/current-process.ts";
import { startTimer, stopTimer } from "./pattern/duration.ts";
import {
  countElement,
  deleteElement,
  lookupElement,
  updateElement,
} from "./pattern/map-element.ts";
import { probeReadKernelStr } from "./pattern/probe-read.ts";
import { discardRecord, reserveOrCount, submitRecord } from "./pattern/ring-buffer.ts";
import { at } from "./place.ts";
import { stackFrame, zero } from "./stack.ts";
import { loadMapValue } from "./wide.ts";

const usable = needs("bpf", "ringbuf");
const kernel = openNativeKernel();

/** Maps a program may use, by name. */
type Maps = Readonly<Record<string, Handle>>;

/** Loads the program, runs it once, and returns what it returned. */
function run(item: Item, maps: Maps = {}): number {
  const names = Object.keys(maps);
  using prog = kernel.bpf("progLoad", {
    progType: "raw_tracepoint",
    insns: encode(assemble(item), { map: (name) => names.indexOf(name) }),
    maps: Object.values(maps),
    license: "GPL",
  });
  return kernel.bpf("progTestRun", { prog }).retval;
}

function createMap(attributes: Partial<MapCreate>): Handle {
  const shape = { mapType: "array", keySize: 4, valueSize: 8, maxEntries: 1 } as const;
  return kernel.bpf("mapCreate", { ...shape, ...attributes });
}

/** The element with this key, as `u64`; per-CPU values added up. */
function valueAt(map: Handle, key: number, valueSize = 8): bigint | undefined {
  const access = kernel.openElements(map, { name: "map", keySize: 4, valueSize });
  new DataView(access.key.buffer, access.key.byteOffset).setUint32(0, key, true);
  if (!access.lookup("plain")) return undefined;
  const { buffer, byteOffset, byteLength } = access.value;
  return new BigUint64Array(buffer, byteOffset, byteLength / 8).reduce((sum, value) => sum + value);
}

describe("programs made by hand", usable, () => {
  it("loop and call functions of their own", () => {
    const total = run([
      [mov(r6, 10), mov(r7, 0)],
      label("again"),
      [callLocal("twice", r6), add(r7, r0), sub(r6, 1), jne(r6, 0, "again")],
      [mov(r0, r7), exit()],
      label("twice"),
      [mov(r0, r1), add(r0, r1), exit()],
    ]);
    assert.equal(total, 110);
  });

  it("know the current process", () => {
    const ids = (of: (dst: "r6") => Item): number => run([of(r6), mov(r0, r6), exit()]);
    assert.equal(ids(currentTgid), process.pid);
    assert.equal(ids(currentPid), process.pid); // test runs happen on the main thread
    assert.equal(ids(currentUid), process.getuid?.());
    assert.equal(ids(currentGid), process.getgid?.());
  });
});

describe("map patterns", usable, () => {
  it("store, find, count and delete elements", () => {
    using counts = createMap({ mapType: "hash", maxEntries: 4 });
    const stack = stackFrame();
    const [key, value] = [stack.slot(u32), stack.slot(u64)];
    const element = { map: "counts", key };
    const store: Item = [storeTo(key, 7), storeTo(value, 40), updateElement({ ...element, value })];
    const find: Item = [
      lookupElement({ ...element, missing: [mov(r0, 99), exit()] }),
      ldx("u64", r0, r0, 0),
      exit(),
    ];
    assert.equal(run([storeTo(key, 7), find], { counts }), 99);
    assert.equal(run([store, countElement(element), countElement(element), find], { counts }), 42);
    assert.equal(valueAt(counts, 7), 42n);
    assert.equal(run([storeTo(key, 7), deleteElement(element), find], { counts }), 99);
  });

  it("refuse to store by mode", () => {
    using counts = createMap({ mapType: "hash", maxEntries: 4 });
    const stack = stackFrame();
    const [key, value] = [stack.slot(u32), stack.slot(u64)];
    const store = (mode: "exist" | "noexist"): number =>
      run([zero(key), zero(value), updateElement({ map: "counts", key, value, mode }), exit()], {
        counts,
      }) | 0;
    assert.equal(store("exist"), -2); // ENOENT
    assert.equal(store("noexist"), 0);
    assert.equal(store("noexist"), -17); // EEXIST
  });

  it("change shared counters and flags", () => {
    using shared = createMap({});
    const value: Item = loadMapValue(r6, "shared");
    const again = (item: Item): number => run([value, item, exit()], { shared });
    assert.equal(again([takeNumber(r0, r6)]), 0);
    assert.equal(again([increment(r6, r1, 4), takeNumber(r0, r6)]), 5);
    again([setBit(r6, 40, r1), mov(r0, 0)]);
    assert.equal(valueAt(shared, 0), 6n | (1n << 40n));
    assert.equal(again([fetchSetBit(r0, r6, 0), and(r0, 1)]), 0);
    assert.equal(again([fetchSetBit(r0, r6, 0), and(r0, 1)]), 1);
  });

  it("measure durations", () => {
    using starts = createMap({ mapType: "hash", maxEntries: 4 });
    const stack = stackFrame();
    const [key, scratch] = [stack.slot(u32), stack.slot(u64)];
    const element = { map: "starts", key };
    const program: Item = [
      zero(key),
      startTimer({ ...element, scratch }),
      stopTimer(r6, { ...element, missing: [mov(r0, -1), exit()] }),
      [mov(r0, r6), exit()],
    ];
    const passed = run(program, { starts });
    assert.ok(passed > 0 && passed < 1e9, String(passed));
    assert.equal(valueAt(starts, 0), undefined);
  });
});

describe("ring buffer patterns", usable, () => {
  const Event = struct("event", { tgid: u32, number: u32, comm: chars(16), copy: chars(8) });

  it("hand filled records to the reader", () => {
    using events = createMap({ mapType: "ringbuf", keySize: 0, valueSize: 0, maxEntries: 4096 });
    using lost = createMap({});
    const stack = stackFrame();
    const key = stack.slot(u32);
    const reserved = reserveOrCount({
      ring: "events",
      size: Event.size,
      lost: { map: "lost", key },
    });
    const comm = fieldAt(r6, fieldOf(Event, "comm"));
    run(
      [
        [reserved, mov(r6, r0)],
        [currentTgid(r7), storeField(r6, Event, "tgid", r7), storeField(r6, Event, "number", 7)],
        currentComm(comm),
        probeReadKernelStr(fieldAt(r6, fieldOf(Event, "copy")), comm),
        [submitRecord(r6), mov(r0, 0), exit()],
      ],
      { events, lost },
    );
    run([reserved, discardRecord(r0), mov(r0, 0), exit()], { events, lost });
    using ring = kernel.openRing(events, 4096);
    const [record, ...others] = takeRingRecords(ring);
    assert.deepEqual([record?.length, others], [Event.size, []]);
    const event = Event.read(new DataView(record!.buffer), 0);
    assert.deepEqual([event.tgid, event.number], [process.pid, 7]);
    assert.notEqual(event.comm, "");
    assert.equal(event.copy, event.comm.slice(0, 7));
    assert.equal(valueAt(lost, 0), 0n);
  });

  it("count what found no room", () => {
    using events = createMap({ mapType: "ringbuf", keySize: 0, valueSize: 0, maxEntries: 4096 });
    const perCpu = kernel.cpus.possible.length * 8;
    using lost = createMap({ mapType: "percpu_array", maxEntries: 3 });
    const key = at(r10, -4);
    const program: Item = [
      reserveOrCount({
        ring: "events",
        size: 2000,
        lost: { map: "lost", index: 2, key },
        full: [mov32(r0, 99), exit()],
      }),
      [submitRecord(r0), mov(r0, 0), exit()],
    ];
    const results = Array.from({ length: 5 }, () => run(program, { events, lost }));
    assert.deepEqual(results, [0, 0, 99, 99, 99]);
    assert.equal(valueAt(lost, 2, perCpu), 3n);
    assert.equal(valueAt(lost, 0, perCpu), 0n);
  });
});
