/**
 * Timers in values of maps, on the clock that a test moves (kernel/bpf/helpers.c).
 *
 * A timer is known by the address it lies at. A mark that is put there when it is made tells whether the value is still the
 * one that it was made in.
 * @module
 */
import type { Core } from "../core.ts";
import { failed } from "../errno.ts";
import type { MapStore } from "../map/store.ts";
import type { Memory } from "../vm/memory.ts";
import { type HelperGroup, invocationOf, u32Of, u64Of } from "./context.ts";

/** What timers lie in. */
export interface TimedMap {
  readonly store: MapStore;
}

/** What a timer calls. */
export interface TimerCallback {
  /** Called with the key of the element that the timer lies in, and the address of its value. */
  readonly run: (key: Uint8Array, value: bigint) => void;
  /** Called when the timer does not call it any more. */
  readonly drop: () => void;
}

interface Timer<Timed extends TimedMap> {
  readonly map: Timed;
  readonly address: bigint;
  readonly mark: bigint;
  callback: TimerCallback | undefined;
  /** When it runs; `undefined` while it is not started. */
  due: bigint | undefined;
}

/** BPF_F_TIMER_ABS of include/uapi/linux/bpf.h; BPF_F_TIMER_CPU_PIN is the other flag there is. */
const absolute = 1n;
const timerFlags = 3n;

/** CLOCK_REALTIME, CLOCK_MONOTONIC and CLOCK_BOOTTIME of include/uapi/linux/time.h. */
const clocks: readonly number[] = [0, 1, 7];

/** All timers of a kernel, and its clock. */
export class Timers<Timed extends TimedMap> {
  readonly #clock: { now: bigint };
  readonly #memory: Memory;
  readonly #timers = new Map<bigint, Timer<Timed>>();
  #marks = 0n;
  /** The one whose callback runs. */
  #running: Timer<Timed> | undefined;

  constructor(clock: { now: bigint }, memory: Memory) {
    this.#clock = clock;
    this.#memory = memory;
  }

  /** Lets time pass, and runs the timers that are due meanwhile, one after the other. */
  advance(nanoseconds: bigint): void {
    const clock = this.#clock;
    const end = clock.now + nanoseconds;
    for (let next = this.#next(); next !== undefined && next.due! <= end; next = this.#next()) {
      if (next.due! > clock.now) clock.now = next.due!;
      this.#run(next);
    }
    clock.now = end;
  }

  /** Ends all timers of a map. */
  forget(map: Timed): void {
    for (const timer of this.#timers.values()) if (timer.map === map) this.#end(timer);
  }

  init(address: bigint, map: Timed, clock: number): number {
    if (!clocks.includes(clock)) return failed.invalid;
    if (this.#at(address) !== undefined) return failed.busy;
    this.#marks += 1n;
    this.#memory.store(address, 8, this.#marks);
    const timer = { map, address, mark: this.#marks, callback: undefined, due: undefined };
    this.#timers.set(address, timer);
    return 0;
  }

  /** Lets the timer at an address call what `made` makes. */
  setCallback(address: bigint, made: (map: Timed) => TimerCallback): number {
    const timer = this.#at(address);
    if (timer === undefined) return failed.invalid;
    const before = timer.callback;
    timer.callback = made(timer.map);
    before?.drop();
    return 0;
  }

  start(address: bigint, delay: bigint, flags: bigint): number {
    const timer = this.#at(address);
    if (timer?.callback === undefined || flags > timerFlags) return failed.invalid;
    timer.due = (flags & absolute) === 0n ? this.#clock.now + delay : delay;
    return 0;
  }

  /** The timer forgets what it calls, too. It cannot wait for its own callback. */
  cancel(address: bigint): number {
    const timer = this.#at(address);
    if (timer === undefined) return failed.invalid;
    if (timer === this.#running) return failed.deadlock;
    const wasStarted = timer.due !== undefined;
    timer.due = undefined;
    timer.callback?.drop();
    timer.callback = undefined;
    return wasStarted ? 1 : 0;
  }

  /** The timer at an address, if it is that of the value there now. */
  #at(address: bigint): Timer<Timed> | undefined {
    const timer = this.#timers.get(address);
    if (timer === undefined) return undefined;
    const isThere = this.#memory.load(address, 8) === timer.mark;
    if (isThere && this.#keyOf(timer) !== undefined) return timer;
    this.#end(timer);
    return undefined;
  }

  #keyOf({
    map,
    address,
  }: Timer<Timed>): { readonly key: Uint8Array; readonly value: bigint } | undefined {
    const { values } = map.store;
    if (values === undefined) return undefined;
    const offset = Number(address - values.address);
    const start = offset - (offset % values.stride);
    const key = map.store.keyAt(start);
    return key && { key, value: values.address + BigInt(start) };
  }

  #next(): Timer<Timed> | undefined {
    let next: Timer<Timed> | undefined;
    for (const timer of this.#timers.values())
      if (timer.due !== undefined && (next === undefined || timer.due < next.due!)) next = timer;
    return next;
  }

  #run(timer: Timer<Timed>): void {
    timer.due = undefined;
    const element = this.#at(timer.address) && this.#keyOf(timer);
    if (element === undefined) return;
    const before = this.#running;
    this.#running = timer;
    try {
      timer.callback?.run(element.key, element.value);
    } finally {
      this.#running = before;
    }
  }

  #end(timer: Timer<Timed>): void {
    this.#timers.delete(timer.address);
    timer.callback?.drop();
  }
}

/** Runs a function of the program that runs now, which is held for as long. */
function callbackOf(kernel: Core, callback: bigint, map: bigint): TimerCallback {
  const program = kernel.current.program.hold();
  const { machine, memory } = kernel;
  const run: TimerCallback["run"] = (bytes, value) => {
    const key = memory.allocate("key of an element", bytes, { readOnly: true });
    try {
      kernel.running(invocationOf(program), () => machine.call(callback, map, key, value));
    } finally {
      memory.free(key);
    }
  };
  return { run, drop: () => program.drop() };
}

/** Helpers on timers. */
export const timerHelpers: HelperGroup = {
  timer_init: (machine, kernel) =>
    kernel.timers.init(u64Of(machine, 1), kernel.mapAt(u64Of(machine, 2)), u32Of(machine, 3)),
  timer_set_callback: (machine, kernel) =>
    kernel.timers.setCallback(u64Of(machine, 1), (map) =>
      callbackOf(kernel, u64Of(machine, 2), map.address),
    ),
  timer_start: (machine, { timers }) =>
    timers.start(u64Of(machine, 1), u64Of(machine, 2), u64Of(machine, 3)),
  timer_cancel: (machine, { timers }) => timers.cancel(u64Of(machine, 1)),
};
