import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { u32 } from "../layout/integer.ts";
import { wholeRecord } from "../layout/whole-record.ts";
import { EventRecord } from "./event-record.ts";

const memory = new DataView(Uint8Array.of(9, 1, 0, 0, 0, 9).buffer);

describe("EventRecord", () => {
  it("decodes events, and fills up what a record leaves out", () => {
    const record = new EventRecord({ name: "events", value: u32, minEventBytes: 0 });
    record.moveTo(memory, 1, 4);
    assert.equal(record.event, 1);
    record.moveTo(memory, 1, 2);
    assert.equal(record.event, 1);
  });

  it("gives all bytes of a record of which nothing is known, as a copy", () => {
    const record = new EventRecord({ name: "events", value: wholeRecord, minEventBytes: 0 });
    record.moveTo(memory, 1, 5);
    const { event } = record;
    assert.deepEqual(event, Uint8Array.of(1, 0, 0, 0, 9));
    record.moveTo(memory, 0, 1);
    assert.deepEqual(record.event, Uint8Array.of(9));
    assert.deepEqual(event, Uint8Array.of(1, 0, 0, 0, 9));
  });
});
