/**
 * Timers in values of maps, on the clock that a test moves (kernel/bpf/helpers.c).
 *
 * A timer is known by the address it lies at. A mark that is put there when it is made tells whether the value is still the
 * one that it was made in.
 * @module
 */
import { failed } from "../errno.ts";
import type { Core } from "../core.ts";
import type { SimulatedMap } from "../map/simulated-map.ts";
import type { SimulatedProgram } from "../program.ts";
import { type HelperGroup, invocationOf, u64Of } from "./context.ts";

interface Timer {
  readonly map: SimulatedMap;
  readonly address: bigint;
  readonly mark: bigint;
  callback: bigint;
  /** Program of the callback, held while there is one. */
  program: SimulatedProgram | undefined;
  /** When it runs; `undefined` while it is not started. */
  due: bigint | undefined;
}

/** BPF_F_TIMER_ABS of include/uapi/linux/bpf.h. */
const absolute = 1n;

/** All timers of a kernel, and its clock. */
export class Timers {
  readonly #kernel: Core;
  readonly #timers = new Map<bigint, Timer>();
  #marks = 0n;

  constructor(kernel: Core) {
    this.#kernel = kernel;
  }

  /** Lets time pass, and runs the timers that are due meanwhile, one after the other. */
  advance(nanoseconds: bigint): void {
    const { world } = this.#kernel;
    const end = world.now + nanoseconds;
    for (let next = this.#next(); next !== undefined && next.due! <= end; next = this.#next()) {
      if (next.due! > world.now) world.now = next.due!;
      this.#run(next);
    }
    world.now = end;
  }

  /** Ends all timers of a map. */
  forget(map: SimulatedMap): void {
    for (const timer of this.#timers.values()) if (timer.map === map) this.#end(timer);
  }

  init(address: bigint, map: SimulatedMap): number {
    if (this.#at(address) !== undefined) return failed.busy;
    this.#marks += 1n;
    this.#kernel.memory.store(address, 8, this.#marks);
    const timer = { map, address, mark: this.#marks, callback: 0n, program: undefined };
    this.#timers.set(address, { ...timer, due: undefined });
    return 0;
  }

  setCallback(address: bigint, callback: bigint): number {
    const timer = this.#at(address);
    if (timer === undefined) return failed.invalid;
    timer.program?.drop();
    timer.callback = callback;
    timer.program = this.#kernel.current.program.hold();
    return 0;
  }

  start(address: bigint, delay: bigint, flags: bigint): number {
    const timer = this.#at(address);
    if (timer === undefined || timer.callback === 0n || flags > 3n) return failed.invalid;
    timer.due = (flags & absolute) === 0n ? this.#kernel.world.now + delay : delay;
    return 0;
  }

  cancel(address: bigint): number {
    const timer = this.#at(address);
    if (timer === undefined) return failed.invalid;
    const wasStarted = timer.due !== undefined;
    timer.due = undefined;
    return wasStarted ? 1 : 0;
  }

  /** The timer at an address, if it is that of the value there now. */
  #at(address: bigint): Timer | undefined {
    const timer = this.#timers.get(address);
    if (timer === undefined) return undefined;
    const isThere = this.#kernel.memory.load(address, 8) === timer.mark;
    if (isThere && this.#keyOf(timer) !== undefined) return timer;
    this.#end(timer);
    return undefined;
  }

  #keyOf({
    map,
    address,
  }: Timer): { readonly key: Uint8Array; readonly value: bigint } | undefined {
    const { values } = map.store;
    if (values === undefined) return undefined;
    const offset = Number(address - values.address);
    const start = offset - (offset % values.stride);
    const key = map.store.keyAt(start);
    return key && { key, value: values.address + BigInt(start) };
  }

  #next(): Timer | undefined {
    let next: Timer | undefined;
    for (const timer of this.#timers.values())
      if (timer.due !== undefined && (next === undefined || timer.due < next.due!)) next = timer;
    return next;
  }

  #run(timer: Timer): void {
    timer.due = undefined;
    const { address, callback, program, map } = timer;
    const element = this.#at(address) && this.#keyOf(timer);
    if (element === undefined || program === undefined) return;
    const { machine, memory } = this.#kernel;
    const key = memory.allocate("key of an element", element.key, { readOnly: true });
    try {
      this.#kernel.running(invocationOf(program), () =>
        machine.call(callback, map.address, key, element.value),
      );
    } finally {
      memory.free(key);
    }
  }

  #end(timer: Timer): void {
    this.#timers.delete(timer.address);
    timer.program?.drop();
  }
}

/** Helpers on timers. */
export const timerHelpers: HelperGroup = {
  timer_init: (machine, kernel) =>
    kernel.timers.init(u64Of(machine, 1), kernel.mapAt(u64Of(machine, 2))),
  timer_set_callback: (machine, { timers }) =>
    timers.setCallback(u64Of(machine, 1), u64Of(machine, 2)),
  timer_start: (machine, { timers }) =>
    timers.start(u64Of(machine, 1), u64Of(machine, 2), u64Of(machine, 3)),
  timer_cancel: (machine, { timers }) => timers.cancel(u64Of(machine, 1)),
};
