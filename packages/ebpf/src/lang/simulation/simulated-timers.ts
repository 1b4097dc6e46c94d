/**
 * Timers in map values, which run when a test lets time pass.
 * @module
 */
import { loadValue, memoryOf } from "../../layout/memory-object.ts";
import type { Timers, TimerCallback } from "./helpers/helper-table.ts";
import type { MapSpec } from "../../spec/map-spec.ts";
import type { SimulatedMaps } from "./simulated-maps.ts";
import { failure } from "./status.ts";

interface Timer {
  readonly map: MapSpec;
  /** Memory of the map value the timer lies in. */
  readonly memory: object;
  callback: TimerCallback | undefined;
  /** When it runs; `undefined` while it is not started. */
  due: bigint | undefined;
}

const busy = -16;

/** All timers of a simulation. */
export class SimulatedTimers implements Timers {
  /** By the memory they lie in. */
  readonly #timers = new Map<object, Timer>();
  readonly #clock: { readonly now: bigint };
  readonly #maps: SimulatedMaps;

  constructor(clock: { readonly now: bigint }, maps: SimulatedMaps) {
    this.#clock = clock;
    this.#maps = maps;
  }

  readonly init: Timers["init"] = (timer, map) => {
    const memory = memoryBehind(timer);
    if (this.#timers.has(memory)) return busy;
    this.#timers.set(memory, { map: map as MapSpec, memory, callback: undefined, due: undefined });
    return 0;
  };

  readonly setCallback: Timers["setCallback"] = (timer, callback) => {
    const found = this.#timers.get(memoryBehind(timer));
    if (found === undefined) return failure.invalid;
    found.callback = callback;
    return 0;
  };

  readonly start: Timers["start"] = (timer, delay, absolute) => {
    const found = this.#timers.get(memoryBehind(timer));
    if (found?.callback === undefined) return failure.invalid;
    found.due = absolute ? delay : this.#clock.now + delay;
    return 0;
  };

  readonly cancel: Timers["cancel"] = (timer) => {
    const found = this.#timers.get(memoryBehind(timer));
    if (found === undefined) return failure.invalid;
    const wasStarted = found.due !== undefined;
    found.due = undefined;
    return wasStarted ? 1 : 0;
  };

  /** When the next timer is due; `undefined` when none is. */
  nextDue(): bigint | undefined {
    return this.#next()?.due;
  }

  /** Runs the timer that is due next. */
  runNext(): void {
    const timer = this.#next();
    if (timer === undefined) return;
    timer.due = undefined;
    const store = this.#maps.elements(timer.map);
    const element = store
      .elements()
      .find(({ values }) => values.some((view) => view.buffer === timer.memory));
    if (element === undefined) return; // deleting the element cancelled the timer
    const key = loadValue(store.spec.key, new DataView(element.key.buffer), 0);
    timer.callback?.(timer.map, key, store.reference(element, 0));
  }

  #next(): Timer | undefined {
    return [...this.#timers.values()]
      .filter(({ due }) => due !== undefined)
      .toSorted((left, right) => (left.due! < right.due! ? -1 : 1))[0];
  }
}

function memoryBehind(timer: object): object {
  return memoryOf(timer)?.view.buffer ?? timer;
}
