/**
 * Waiting for events, in tests.
 * @module
 */
import assert from "node:assert/strict";
import type { RingBuffer } from "ts-ebpf";

/** Long enough for whoever is slow. */
const deadlineMs = 60_000;

/** The next `count` events of a ring; fails when they do not come. */
export async function nextEvents<Event>(ring: RingBuffer<Event>, count: number): Promise<Event[]> {
  const events: Event[] = [];
  const options = { limit: count, timeoutMs: deadlineMs };
  for await (const event of ring.read(options)) events.push(event);
  assert.equal(events.length, count, "events came in time");
  return events;
}
