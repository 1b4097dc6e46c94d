/**
 * Live perf buffers: events from kernel programs in a ring for each CPU, in order within a CPU.
 *
 * When a perf buffer is opened, an event is opened and its ring mapped for each CPU that is online and has an entry.
 * Iterating copies records out natively, many at a time, CPU by CPU; callbacks see them where they lie. What was not read
 * stays for the next reader.
 * @module
 */
import { alignUp, viewOf } from "../base/bytes.ts";
import { ClosedError, InvalidArgumentError } from "../base/errors.ts";
import type { PerfRingAccess } from "../kernel/event-ring.ts";
import type { Handle } from "../kernel/handle.ts";
import type { RecordBatch } from "../kernel/kernel.ts";
import type { MapHold } from "../map/bpf-map.ts";
import type { PerfEventArraySpec } from "../spec/map-spec.ts";
import { EventBatch } from "./event-batch.ts";
import { EventMap, type ReadOptions } from "./event-map.ts";
import { EventRecord } from "./event-record.ts";
import { bytesIn, newBatch } from "./record-batch.ts";
import type { StreamStatistics } from "./statistics.ts";

/** An event and the CPU that wrote it. */
export interface CpuEvent<Event> {
  readonly cpu: number;
  readonly event: Event;
}

/** Counts of a perf buffer since it was opened. */
export interface PerfStatistics extends StreamStatistics {
  readonly perCpu: readonly CpuStatistics[];
}

/** Counts of the ring of one CPU. */
export interface CpuStatistics {
  readonly cpu: number;
  /** Events that a reader has got. */
  readonly events: number;
  /** Events that had no room, as far as the ring was read: the kernel tells with the next event that has. */
  readonly lost: number;
  /** Bytes waiting in the ring. */
  readonly pendingBytes: number;
}

/** No record is longer, and a batch that is too small for the next one cannot be read into. */
const longestRecord = 1 << 16;
const largestBatch = 1 << 18;

/** Records looked at in a ring before their space is given back. */
const recordsPerScan = 8192;

/** CPUs that are online and have an entry: object files may say that there are fewer. */
function cpusOf({ kernel, spec }: MapHold<PerfEventArraySpec<unknown>>): readonly number[] {
  const { online } = kernel.cpus;
  return spec.maxEntries === 0 ? online : online.filter((cpu) => cpu < spec.maxEntries);
}

interface CpuRing {
  readonly access: PerfRingAccess;
  /** Events of it that a reader has got. */
  read: number;
}

/** A live perf buffer. Minimum kernel 4.4; privileges: CAP_PERFMON to open it. */
export class PerfBuffer<Event> extends EventMap<Event, PerfEventArraySpec<Event>> {
  readonly #rings: readonly CpuRing[];
  readonly #resources: DisposableStack;
  readonly #record: EventRecord<Event>;
  readonly #events: EventBatch<Event>;
  readonly #watched: readonly Handle[];
  /** Empty until the first read. */
  #batch: RecordBatch = newBatch(0);
  #view: DataView = viewOf(this.#batch.bytes);
  #count = 0;
  #next = 0;
  /** Where a scan of a ring puts what it finds. Made when it is first needed: many are only opened and closed. */
  #places: Int32Array | undefined;
  /** The ring that the batch is of; the one behind it comes next. */
  #current = 0;

  constructor(hold: MapHold<PerfEventArraySpec<Event>>) {
    super(hold);
    using stack = new DisposableStack();
    this.#rings = cpusOf(hold).map((cpu) => ({
      access: stack.use(this.#openRing(cpu)),
      read: 0,
    }));
    this.#record = new EventRecord(hold.spec);
    this.#events = new EventBatch(hold.spec);
    this.#watched = this.#rings.map(({ access }) => access.event);
    this.#resources = stack.move();
  }

  /** What becomes readable. @throws {InvalidArgumentError} when the buffer is overwritten: nobody can wait for it. */
  get watched(): readonly Handle[] {
    this.#assertKeeps();
    return this.#watched;
  }

  /** Events as they come, each with the CPU that wrote it; otherwise like `read`. */
  readWithCpu(options: ReadOptions = {}): AsyncGenerator<CpuEvent<Event>, void> {
    return this.readEach(options, () => ({ cpu: this.#record.cpu!, event: this.decode() }));
  }

  override advance(): boolean {
    this.#assertKeeps();
    if (this.#next === this.#count && !this.#copyNext()) return false;
    this.#rings[this.#current]!.read += 1;
    const { places } = this.#batch;
    const index = this.#next++;
    this.#record.moveTo(this.#view, places[2 * index]!, places[2 * index + 1]!, this.#cpu);
    this.counters.events += 1;
    this.counters.bytes += this.#record.length;
    return true;
  }

  override get record(): EventRecord<Event> {
    return this.#record;
  }

  /** The next records of one CPU, mostly where they lie in its ring; see `EventMap.fetch`. */
  override fetch(): EventBatch<Event> | undefined {
    this.#assertKeeps();
    const left = this.#count - this.#next;
    if (left > 0) {
      const rest = this.#batch.places.subarray(2 * this.#next);
      return this.#events.fill(this.#view, rest, left, this.#cpu);
    }
    return this.#fromRings((access) => this.#scan(access));
  }

  override release(taken: number): void {
    if (taken === 0 || this.closed) return;
    this.counters.count(taken, this.#take(taken));
  }

  /**
   * What is there, of each CPU the oldest first, in a buffer of mode `overwrite`. Nothing is taken: the next snapshot shows
   * what has not been overwritten by then. What programs output meanwhile is lost.
   * @throws {InvalidArgumentError} when the buffer is not one that is overwritten.
   */
  snapshot(): CpuEvent<Event>[] {
    this.#assertOpen();
    if (this.spec.mode !== "overwrite") {
      throw new InvalidArgumentError(`perf buffer "${this.name}" is read, not overwritten`, {
        hint: 'read it, or make it with mode: "overwrite"',
      });
    }
    this.pause();
    try {
      return this.#rings.flatMap(({ access }) => this.#snapshotOf(access));
    } finally {
      this.resume();
    }
  }

  /** Lets programs output nothing until `resume`; what they try to is lost without being counted. Minimum kernel 4.7. */
  pause(): void {
    this.#assertOpen();
    for (const { access } of this.#rings) access.pause();
  }

  /** Lets programs output again. */
  resume(): void {
    this.#assertOpen();
    for (const { access } of this.#rings) access.resume();
  }

  /** Events that had no room, of all CPUs, as far as was read: the kernel tells with the next event that has room. */
  override lost(): bigint {
    this.#assertOpen();
    return BigInt(this.#rings.reduce((sum, { access }) => sum + access.lost(), 0));
  }

  override statistics(): PerfStatistics {
    this.#assertOpen();
    const perCpu = this.#rings.map(({ access, read }) => ({
      cpu: access.cpu,
      events: read,
      lost: access.lost(),
      pendingBytes: access.pendingBytes(),
    }));
    const pendingBytes = perCpu.reduce((sum, { pendingBytes: bytes }) => sum + bytes, 0);
    const sizeBytes = this.#rings.reduce((sum, { access }) => sum + access.sizeBytes, 0);
    const { events, bytes, batches, errors } = this.counters;
    return {
      events,
      bytes,
      batches,
      errors,
      lost: this.lost(),
      pendingBytes,
      fill: sizeBytes === 0 ? 0 : pendingBytes / sizeBytes,
      eventsPerSecond: this.counters.takeRate(),
      perCpu,
    };
  }

  override close(): void {
    this.endReaders();
    this.#resources.dispose();
    super.close();
  }

  get #cpu(): number {
    return this.#rings[this.#current]!.access.cpu;
  }

  /** Opens the ring of a CPU and puts its event into the map. */
  #openRing(cpu: number): PerfRingAccess {
    const { pagesPerCpu: pages, wakeup, mode } = this.spec;
    using stack = new DisposableStack();
    const ring = stack.use(this.kernel.openPerfRing({ cpu, pages, wakeup, mode }));
    this.kernel.bpf("mapUpdateElem", { map: this.handle, key: [cpu], value: [ring.event] });
    stack.move();
    return ring;
  }

  /** What `look` finds in the first ring that has something, beginning with the one behind the last. */
  #fromRings<Found>(look: (access: PerfRingAccess) => Found | undefined): Found | undefined {
    const rings = this.#rings;
    for (let tried = 0; tried < rings.length; tried++) {
      this.#current = this.#current + 1 < rings.length ? this.#current + 1 : 0;
      const found = look(rings[this.#current]!.access);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  /** Copies records out of the next ring that has some; false when none has. */
  #copyNext(): boolean {
    this.#assertOpen();
    this.#next = 0;
    this.#count = this.#fromRings((access) => this.#drain(access, this.#largeBatch())) ?? 0;
    if (this.#count > 0) this.counters.batches += 1;
    return this.#count > 0;
  }

  #drain(access: PerfRingAccess, batch: RecordBatch): number | undefined {
    const count = access.drain(batch);
    return count === 0 ? undefined : count;
  }

  /** Records where they lie; one that goes round the end of the ring is copied. */
  #scan(access: PerfRingAccess): EventBatch<Event> | undefined {
    const found = (this.#places ??= new Int32Array(2 * recordsPerScan));
    const count = access.scan(found);
    if (count > 0) return this.#events.fill(access.data, found, count, access.cpu);
    const { bytes, places } = this.#largeBatch();
    this.#next = 0;
    this.#count = access.drain({ bytes, places: places.subarray(0, 2) });
    if (this.#count === 0) return undefined;
    return this.#events.fill(this.#view, places, this.#count, access.cpu);
  }

  /** Moves on behind the first `taken` records of the last batch and returns their bytes. */
  #take(taken: number): number {
    const { places, length } = this.#events;
    const ring = this.#rings[this.#current]!;
    ring.read += taken;
    if (this.#next < this.#count) {
      this.#next += taken;
      return bytesIn(places, taken);
    }
    if (taken === length) return ring.access.release();
    ring.access.release(alignUp(places[2 * taken - 2]! + places[2 * taken - 1]!, 8));
    return bytesIn(places, taken);
  }

  #largeBatch(): RecordBatch {
    if (this.#batch.bytes.length > 0) return this.#batch;
    this.#batch = newBatch(batchSize(this.#rings[0]!.access.sizeBytes));
    this.#view = viewOf(this.#batch.bytes);
    return this.#batch;
  }

  #snapshotOf(access: PerfRingAccess): CpuEvent<Event>[] {
    const batch = newBatch(access.sizeBytes);
    const view = viewOf(batch.bytes);
    const count = access.snapshot(batch);
    const found = Array.from({ length: count }, (_, index) => {
      const [start, length] = [batch.places[2 * index]!, batch.places[2 * index + 1]!];
      this.#record.moveTo(view, start, length, access.cpu);
      return { cpu: access.cpu, event: this.decode() };
    });
    return found.toReversed();
  }

  #assertOpen(): void {
    if (this.closed) throw new ClosedError(`perf buffer "${this.name}"`);
  }

  #assertKeeps(): void {
    this.#assertOpen();
    if (this.spec.mode === "keep") return;
    throw new InvalidArgumentError(`perf buffer "${this.name}" is overwritten and cannot be read`, {
      hint: 'take a snapshot(), or make it with mode: "keep"',
    });
  }
}

function batchSize(ringBytes: number): number {
  return Math.max(longestRecord, Math.min(ringBytes, largestBatch));
}
