/**
 * Records of 64 bytes that look as the peers' do, and taking them out from the event loop with the clock running.
 * @module
 */
import { endianness } from "node:os";
import { struct, u32, u53, type EventBatch, type Infer } from "ts-ebpf";
import { cpuNs, expect } from "./rounds.ts";

/** The numbers 1 to 8, the first as two of 32 bits. */
export const Sample = struct("sample", {
  pid: u32,
  tid: u32,
  second: u53,
  third: u53,
  fourth: u53,
  fifth: u53,
  sixth: u53,
  seventh: u53,
  eighth: u53,
});
/** One of them. */
export type Sample = Infer<typeof Sample>;

const littleEndian = endianness() === "LE";

/** Sum of what was looked at; every record adds 1. In a typed array, where adding costs least. */
export const total = new Uint32Array(1);

/**
 * Looks at 8 bytes of each record, which are 1 in every one, as signed numbers (`pid_t` is one), which engines add
 * fastest.
 */
export function addFirstWords(batch: EventBatch<Sample>): void {
  const { data } = batch;
  let sum = 0;
  for (let start = batch.first(); start >= 0; start = batch.next(start)) {
    const low = data.getInt32(start, littleEndian);
    sum = (sum + low + data.getInt32(start + 4, littleEndian)) | 0;
  }
  total[0]! += sum;
}

/** What is measured. */
export interface Drained {
  readonly fill: (records: number) => void;
  /** Whether all of so many records were taken out. */
  readonly drained: (records: number) => boolean;
}

/** Rounds of filling, and taking out from the event loop. */
export function drainRounds({ fill, drained }: Drained) {
  /** Nanoseconds of CPU time to take `count` records. */
  async function fillAndTake(count: number): Promise<number> {
    fill(count);
    total[0] = 0;
    const start = cpuNs();
    while (!drained(count) && total[0] <= 8 * count) await nextTurn();
    const ns = cpuNs() - start;
    expect("the records that were made", drained(count));
    return ns;
  }
  return {
    /**
     * Engines compile for good what is called often, as in a tool that has run for seconds, not what is called once for
     * long.
     */
    warmUp: async (): Promise<void> => {
      for (let count = 0; count < 500; count++) await fillAndTake(200);
    },
    measure: async (fills: number, records: number): Promise<{ readonly ns: number }> => {
      let ns = 0;
      for (let count = 0; count < fills; count++) ns += await fillAndTake(records);
      return { ns: ns / (fills * records) };
    },
  };
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
