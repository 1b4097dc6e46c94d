/**
 * Ways of reading for very many events: by callback, and a whole batch at once.
 * @module
 */
import { endianness } from "node:os";
import type { RingBuffer } from "ts-ebpf";
import { Exec } from "./pipelines.ts";

type Ring = RingBuffer<{ ts: bigint; pid: number; ppid: number; comm: string }>;

/** Names of what a process starts, until there are so many. */
export function names(ring: Ring, parent: number, limit: number): Promise<string[]> {
  const { promise, resolve } = Promise.withResolvers<string[]>();
  const found: string[] = [];
  // #region record
  const ppidAt = Exec.fields.ppid.offset;
  const consumer = ring.consume((record) => {
    if (record.getUint32(ppidAt) !== parent) return; // nothing else is decoded
    found.push(record.event.comm);
    if (found.length < limit) return;
    consumer.close(); // what comes behind stays for the next reader
    resolve(found);
  });
  // #endregion
  return promise;
}

/** Counts what a process starts, until it is so much. */
export function count(ring: Ring, parent: number, limit: number): Promise<number> {
  const { promise, resolve } = Promise.withResolvers<number>();
  let found = 0;
  // #region batch
  const littleEndian = endianness() === "LE";
  const ppidAt = Exec.fields.ppid.offset;
  const consumer = ring.consumeBatches((batch) => {
    const { data } = batch;
    for (let start = batch.first(); start >= 0; start = batch.next(start)) {
      if (data.getUint32(start + ppidAt, littleEndian) === parent) found += 1;
    }
    if (found < limit) return;
    consumer.close();
    resolve(found);
  });
  // #endregion
  return promise;
}

/** Counts what a process has started and nobody has read yet. */
export function countNow(ring: Ring, parent: number): number {
  const littleEndian = endianness() === "LE";
  const ppidAt = Exec.fields.ppid.offset;
  let found = 0;
  // #region now
  const taken = ring.drainBatches((batch) => {
    const { data } = batch;
    for (let start = batch.first(); start >= 0; start = batch.next(start)) {
      if (data.getUint32(start + ppidAt, littleEndian) === parent) found += 1;
    }
  });
  console.log(`${found} of ${taken} are ours`);
  // #endregion
  return found;
}
