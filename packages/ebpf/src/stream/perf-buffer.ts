/**
 * Live perf buffers: events from kernel programs in a ring for each CPU, in order within a CPU.
 *
 * When a perf buffer is opened, an event is opened and its ring mapped for each CPU that is online and has an entry.
 * Iterating copies records out, many at a time, CPU by CPU; callbacks see them where they lie. What was not read
 * stays for the next reader.
 * @module
 */
import { ClosedError, InvalidArgumentError } from "../base/errors.ts";
import type { PerfRingAccess } from "../kernel/event-ring.ts";
import type { Handle } from "../kernel/handle.ts";
import type { MapHold } from "../map/bpf-map.ts";
import type { PerfEventArraySpec } from "../spec/map-spec.ts";
import { EventBatch } from "./event-batch.ts";
import { EventMap, type ReadOptions } from "./event-map.ts";
import { EventRecord } from "./event-record.ts";
import { PerfWalk } from "./perf-walk.ts";
import { RecordCopy, RingReader } from "./ring-reader.ts";
import type { StreamStatistics } from "./statistics.ts";
import { assertReadOptions } from "./waiting.ts";

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

/** CPUs that are online and have an entry: object files may say that there are fewer. */
function cpusOf({ kernel, spec }: MapHold<PerfEventArraySpec<unknown>>): readonly number[] {
  const { online } = kernel.cpus;
  return spec.maxEntries === 0 ? online : online.filter((cpu) => cpu < spec.maxEntries);
}

interface CpuRing {
  readonly access: PerfRingAccess;
  readonly reader: RingReader;
  /** Events of it that a reader has got. */
  read: number;
}

/** A live perf buffer. Minimum kernel 4.4; privileges: CAP_PERFMON to open it. */
export class PerfBuffer<Event> extends EventMap<Event, PerfEventArraySpec<Event>> {
  readonly #rings: readonly CpuRing[];
  readonly #resources: DisposableStack;
  readonly #record: EventRecord<Event>;
  readonly #batch: EventBatch<Event>;
  readonly #watched: readonly Handle[];
  /** Records of one ring. */
  readonly #copy: RecordCopy;
  /** The ring that the batch and the copy are of; the one behind it comes next. */
  #current = 0;

  constructor(hold: MapHold<PerfEventArraySpec<Event>>) {
    super(hold);
    using stack = new DisposableStack();
    this.#rings = cpusOf(hold).map((cpu) => this.#newRing(stack.use(this.#openRing(cpu))));
    this.#copy = new RecordCopy(new PerfWalk(`perf buffer "${this.name}"`));
    this.#record = new EventRecord(hold.spec);
    this.#batch = new EventBatch(hold.spec, this.#copy.walk);
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
    assertReadOptions(options);
    return this.readEach(options, () => ({ cpu: this.#record.cpu!, event: this.decode() }));
  }

  override advance(): boolean {
    this.#assertKeeps();
    const { walk } = this.#copy;
    if (!walk.next() && !(this.#fill() && walk.next())) return false;
    this.#record.moveTo(walk.data, walk.start, walk.length, this.#cpu);
    return true;
  }

  override get record(): EventRecord<Event> {
    return this.#record;
  }

  /** The next records of one CPU, mostly where they lie in its ring; see `EventMap.fetch`. */
  override fetch(): EventBatch<Event> | undefined {
    this.#assertKeeps();
    this.#settle();
    const { walk } = this.#copy;
    if (walk.ready()) return this.#batch.of(walk, this.#cpu);
    const found = this.#fromRings(({ reader }) => reader.fetch());
    if (found === undefined) return undefined;
    this.counters.batches += 1;
    return this.#batch.of(found, this.#cpu);
  }

  override release(): void {
    if (this.closed) return;
    this.#settle();
    this.#rings[this.#current]?.reader.release();
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
    return BigInt(this.#rings.reduce((sum, { reader }) => sum + reader.lost, 0));
  }

  override statistics(): PerfStatistics {
    this.#assertOpen();
    this.#settle();
    const perCpu = this.#rings.map(({ access, reader, read }) => ({
      cpu: access.cpu,
      events: read,
      lost: reader.lost,
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
    for (const { reader } of this.#rings) reader.close();
    this.#copy.clear();
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

  #newRing(access: PerfRingAccess): CpuRing {
    const label = `perf buffer "${this.name}" of CPU ${access.cpu}`;
    return { access, reader: new RingReader(access, () => new PerfWalk(label)), read: 0 };
  }

  /** What `look` finds in the first ring that has something, beginning with the one behind the last. */
  #fromRings<Found>(look: (ring: CpuRing) => Found): Found | undefined {
    const rings = this.#rings;
    for (let tried = 0; tried < rings.length; tried++) {
      this.#current = this.#current + 1 < rings.length ? this.#current + 1 : 0;
      const found = look(rings[this.#current]!);
      if (found !== undefined && found !== false) return found;
    }
    return undefined;
  }

  /** Copies records out of the next ring that has some; false when none has. */
  #fill(): boolean {
    this.#assertOpen();
    this.#settle();
    if (this.#fromRings(({ reader }) => this.#copy.refill(reader)) === undefined) return false;
    this.counters.batches += 1;
    return true;
  }

  /** Counts what was taken, by whomever. */
  #settle(): void {
    const read = this.#copy.walk.settle(this.counters) + this.#batch.settle(this.counters);
    if (read > 0) this.#rings[this.#current]!.read += read;
  }

  #snapshotOf(access: PerfRingAccess): CpuEvent<Event>[] {
    const copy = new RecordCopy(new PerfWalk(this.name));
    const bytes = access.find();
    const walk = copy.take(access.data, { start: access.start, bytes, cut: true });
    const found: CpuEvent<Event>[] = [];
    while (walk.next()) {
      this.#record.moveTo(walk.data, walk.start, walk.length, access.cpu);
      found.push({ cpu: access.cpu, event: this.decode() });
    }
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
