/**
 * Giving out registers.
 *
 * Places get registers in the order in which they come to life. A place that finds none free for all of its life
 * takes one from places that are used less, which are then given out again; who finds none at all lives on the stack,
 * and the round is repeated with short-lived places around each use. Registers that calls destroy are taken by calls
 * in the live ranges, so that a value that outlives a call can only get r6 to r9.
 * @module
 */
import { assert } from "../../base/assert.ts";
import {
  isVirtual,
  visitOperation,
  visitTerminator,
  type MachineFunction,
  type Place,
} from "./machine.ts";
import { findHints, type Hints } from "./hints.ts";
import { findIntervals, lengthOf, overlap, type Interval, type Range } from "./ranges.ts";
import { shareSpillSlots } from "./share-slots.ts";
import { Spiller } from "./spill.ts";

/**
 * Registers in the order of preference: those calls destroy first, so that r6 to r9 are left for those who need them.
 */
const registers: readonly Place[] = [1, 2, 3, 4, 5, 0, 6, 7, 8, 9];

/** Rounds of spilling after which something is wrong with this allocator. */
const maxRounds = 32;

/** Replaces all virtual places of `fn` by registers; what does not fit goes to new slots of the stack. */
export function allocateRegisters(fn: MachineFunction): void {
  const spiller = new Spiller(fn);
  for (let round = 0; round < maxRounds; round++) {
    const assignment = new Assignment(fn, spiller.unspillable);
    const homeless = assignment.run();
    if (homeless.length === 0) {
      assignment.apply();
      return shareSpillSlots(fn);
    }
    spiller.spill(homeless);
  }
  assert(false, `no registers for ${fn.name}`);
}

/** One attempt to give a register to every place. */
class Assignment {
  readonly #fn: MachineFunction;
  readonly #intervals: ReadonlyMap<Place, Interval>;
  readonly #hints: Hints;
  readonly #unspillable: ReadonlySet<Place>;
  /** For each register, what lives there. */
  readonly #tenants = new Map<Place, Interval[]>();
  readonly #home = new Map<Place, Place>();

  constructor(fn: MachineFunction, unspillable: ReadonlySet<Place>) {
    this.#fn = fn;
    this.#intervals = findIntervals(fn);
    this.#hints = findHints(fn);
    this.#unspillable = unspillable;
    for (const register of registers) {
      const fixed = this.#intervals.get(register);
      this.#tenants.set(register, fixed === undefined ? [] : [fixed]);
    }
  }

  /** Places that found no register. */
  run(): Place[] {
    const waiting = [...this.#intervals.values()].filter(({ place }) => isVirtual(place));
    waiting.sort((left, right) => right.ranges[0]!.from - left.ranges[0]!.from);
    const homeless: Place[] = [];
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      const register = this.#freeRegister(next);
      if (register !== undefined) this.#settle(next, register);
      else waiting.push(...this.#makeRoom(next, homeless));
    }
    return homeless;
  }

  /** Puts the registers found into the code. */
  apply(): void {
    const home = (place: Place): Place => (isVirtual(place) ? this.#home.get(place)! : place);
    const visitor = { read: home, write: home, modify: home };
    for (const block of this.#fn.blocks) {
      for (const operation of block.operations) visitOperation(operation, visitor);
      visitTerminator(block.terminator, visitor);
    }
  }

  #settle(interval: Interval, register: Place): void {
    this.#home.set(interval.place, register);
    this.#tenants.get(register)!.push(interval);
  }

  #freeRegister(interval: Interval): Place | undefined {
    const hinted = this.#hints.of(interval.place, (place) => this.#home.get(place));
    return [...hinted, ...registers].find(
      (register) => this.#conflicts(register, interval.ranges).length === 0,
    );
  }

  #conflicts(register: Place, ranges: readonly Range[]): Interval[] {
    return this.#tenants.get(register)?.filter((tenant) => overlap(tenant.ranges, ranges)) ?? [];
  }

  /** Turns out tenants worth less than `interval` and returns them, or makes `interval` homeless. */
  #makeRoom(interval: Interval, homeless: Place[]): Interval[] {
    const offers = registers.map((register) => this.#offer(register, interval));
    const best = offers.reduce((least, offer) => (offer.cost < least.cost ? offer : least));
    if (best.cost >= this.#worth(interval)) {
      homeless.push(interval.place);
      return [];
    }
    const tenants = this.#tenants.get(best.register)!;
    const staying = tenants.filter((tenant) => !best.tenants.includes(tenant));
    this.#tenants.set(best.register, staying);
    this.#settle(interval, best.register);
    return best.tenants;
  }

  #offer(register: Place, interval: Interval): Offer {
    const tenants = this.#conflicts(register, interval.ranges);
    const fixed = tenants.some(({ place }) => !isVirtual(place));
    const cost = fixed
      ? Infinity
      : tenants.reduce((most, tenant) => Math.max(most, this.#worth(tenant)), 0);
    return { register, tenants, cost };
  }

  /** Uses per position: what is used often in a short life deserves a register most. */
  #worth(interval: Interval): number {
    if (this.#unspillable.has(interval.place)) return Infinity;
    return interval.weight / lengthOf(interval.ranges);
  }
}

interface Offer {
  readonly register: Place;
  readonly tenants: Interval[];
  readonly cost: number;
}
