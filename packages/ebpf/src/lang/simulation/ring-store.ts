/**
 * Records of a simulated ring buffer.
 *
 * A record takes its size and 8 bytes for the header, rounded up to 8, from when it is reserved until user space has
 * consumed it (kernel/bpf/ringbuf.c). What a reserved record holds before it is written is no use to anybody: it is
 * filled with 0xa5, so that a forgotten field shows.
 * @module
 */
import { alignUp } from "../../base/bytes.ts";
import { InvalidArgumentError } from "../../base/errors.ts";
import { memoryOf, objectIn } from "../../layout/memory-object.ts";
import type { RingQuery } from "../../spec/kernel-side.ts";
import type { RingbufSpec } from "../../spec/map-spec.ts";
import { failure } from "./status.ts";

const headerBytes = 8;
const unwritten = 0xa5;

/** A record and what became of it. */
interface RingRecord {
  readonly bytes: Uint8Array<ArrayBuffer>;
  state: "reserved" | "submitted" | "discarded";
}

/** One ring buffer. */
export class RingStore {
  readonly spec: RingbufSpec<unknown>;
  /** Records not consumed yet, in the order they were reserved. */
  #records: RingRecord[] = [];
  readonly #byMemory = new WeakMap<ArrayBufferLike, RingRecord>();
  #produced = 0n;
  #consumed = 0n;

  constructor(spec: RingbufSpec<unknown>) {
    this.spec = spec;
  }

  /** Room for one event as an object in memory; `undefined` when there is none. */
  reserve(): object | undefined {
    const record = this.#append(new Uint8Array(this.spec.value.size).fill(unwritten), "reserved");
    if (record === undefined) return undefined;
    const discard = () => {
      if (record.state === "reserved") record.state = "discarded";
    };
    const target = Object.defineProperty({}, Symbol.dispose, { value: discard });
    return objectIn(this.spec.value, new DataView(record.bytes.buffer), 0, target);
  }

  /**
   * Ends a reservation.
   * @throws {InvalidArgumentError} when the event is none of this ring, or was submitted or discarded before.
   */
  settle(event: unknown, state: "submitted" | "discarded"): void {
    const memory = memoryOf(event)?.view.buffer;
    const record = memory === undefined ? undefined : this.#byMemory.get(memory);
    if (record?.state === "reserved") {
      record.state = state;
      return;
    }
    throw new InvalidArgumentError(
      record === undefined
        ? `this is no event of ring buffer "${this.spec.name}"`
        : `the event of ring buffer "${this.spec.name}" was ${record.state} already`,
      { hint: "submit or discard each event that reserve() returned, once" },
    );
  }

  /** Whether the event is one of this ring. */
  owns(event: unknown): boolean {
    const memory = memoryOf(event)?.view.buffer;
    return memory !== undefined && this.#byMemory.has(memory);
  }

  /** Writes a whole record: 0, or -EAGAIN when there is no room. */
  output(bytes: Uint8Array<ArrayBuffer>): number {
    return this.#append(bytes, "submitted") === undefined ? failure.again : 0;
  }

  /** What is asked for, in bytes. */
  query(what: RingQuery): bigint {
    const answers: { readonly [What in RingQuery]: bigint } = {
      avail_data: this.#produced - this.#consumed,
      ring_size: BigInt(this.spec.maxEntries),
      cons_pos: this.#consumed,
      prod_pos: this.#produced,
    };
    return answers[what];
  }

  /** Whether a reserved event was neither submitted nor discarded. */
  get hasReserved(): boolean {
    return this.#records.some(({ state }) => state === "reserved");
  }

  /** The submitted records, which stay. */
  submitted(): readonly Uint8Array<ArrayBuffer>[] {
    return this.#records.filter(({ state }) => state === "submitted").map(({ bytes }) => bytes);
  }

  /** Consumes what was submitted or discarded, up to the first record that is still reserved. */
  consume(): readonly Uint8Array<ArrayBuffer>[] {
    const end = this.#records.findIndex(({ state }) => state === "reserved");
    const taken = this.#records.splice(0, end === -1 ? this.#records.length : end);
    for (const { bytes } of taken) this.#consumed += spaceOf(bytes);
    return taken.filter(({ state }) => state === "submitted").map(({ bytes }) => bytes);
  }

  #append(bytes: Uint8Array<ArrayBuffer>, state: RingRecord["state"]): RingRecord | undefined {
    const end = this.#produced + spaceOf(bytes);
    if (end - this.#consumed > BigInt(this.spec.maxEntries - 1)) return undefined;
    this.#produced = end;
    const record = { bytes, state };
    this.#records.push(record);
    this.#byMemory.set(bytes.buffer, record);
    return record;
  }
}

function spaceOf(bytes: Uint8Array): bigint {
  return BigInt(alignUp(bytes.length + headerBytes, 8));
}
