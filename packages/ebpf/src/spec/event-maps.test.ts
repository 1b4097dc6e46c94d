import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { InvalidArgumentError } from "../base/errors.ts";
import { bytes } from "../layout/bytes.ts";
import { u64 } from "../layout/integer.ts";
import { perfEventArray, type PerfEventArrayOptions } from "./perf-event-array.ts";
import { userRingbuf } from "./user-ringbuf.ts";

describe("perfEventArray", () => {
  const refuse = (options: PerfEventArrayOptions, hint: RegExp): void =>
    assert.throws(
      () => perfEventArray("events", u64, options),
      (error) => error instanceof InvalidArgumentError && hint.test(error.hint ?? ""),
    );

  it("is woken at each event and keeps what it has, if not told otherwise", () => {
    const spec = perfEventArray("events", u64);
    const { type, maxEntries, pagesPerCpu, wakeup, mode, minEventBytes } = spec;
    assert.deepEqual(
      { type, maxEntries, pagesPerCpu, wakeup, mode, minEventBytes },
      {
        type: "perf_event_array",
        maxEntries: 0,
        pagesPerCpu: 64,
        wakeup: { events: 1 },
        mode: "keep",
        minEventBytes: 8,
      },
    );
    assert.ok(Object.isFrozen(spec));
  });

  it("refuses numbers of pages that are no power of two", () => {
    for (const pagesPerCpu of [0, 3, -1, 0.5, 65_536, Number.NaN])
      refuse({ pagesPerCpu }, /power of two from 1 to 32768/);
  });

  it("refuses wake-ups that cannot be", () => {
    for (const count of [0, 1.5, 2 ** 32, -1]) {
      refuse({ wakeup: { events: count } }, /from 1 to 2\^32 - 1/);
      refuse({ wakeup: { bytes: count } }, /from 1 to 2\^32 - 1/);
    }
  });

  it("refuses events that no record can hold", () => {
    perfEventArray("events", bytes(65_516));
    assert.throws(() => perfEventArray("events", bytes(65_517)), InvalidArgumentError);
  });

  it("refuses an empty name, and methods outside of programs", () => {
    assert.throws(() => perfEventArray("", u64), InvalidArgumentError);
    assert.throws(() => perfEventArray("events", u64).output({}, 1n), InvalidArgumentError);
    assert.throws(() => perfEventArray("events", u64).outputBytes({}, {}, 1), InvalidArgumentError);
  });
});

describe("userRingbuf", () => {
  it("is as large as it is said to be", () =>
    assert.equal(userRingbuf("commands", u64, 8192).maxEntries, 8192));

  it("refuses sizes that are no power of two, and empty names", () => {
    for (const size of [0, 2048, 5000, 2 ** 32])
      assert.throws(() => userRingbuf("commands", u64, size), InvalidArgumentError);
    assert.throws(() => userRingbuf("", u64, 4096), InvalidArgumentError);
  });
});
