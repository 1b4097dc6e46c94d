/**
 * Stack slots for spilled places: places that never wait there at the same time share one.
 * @module
 */
import type { StackSlot } from "../ir/operation.ts";
import type { MachineFunction, MachineOperation, PlaceVisitor } from "./machine.ts";
import { findIntervals, overlap, type Interval } from "./ranges.ts";

/**
 * Gives the spilled places of `fn` as few slots as their live ranges allow, and adds those to its slots. Stores that
 * nothing loads are left out.
 */
export function shareSpillSlots(fn: MachineFunction): void {
  const { spills } = fn;
  const numbers = new Map(spills.map((slot, index) => [slot, index]));
  const visitor = {
    operation: (operation: MachineOperation, visit: PlaceVisitor): void => {
      const number = numberOf(operation, numbers);
      if (number === undefined) return;
      if (operation.kind === "load") visit.read(number);
      else visit.write(number);
    },
    terminator: (): void => {},
  };
  removeUnread(fn, findIntervals(fn, visitor));
  const shared = color([...findIntervals(fn, visitor).values()]);
  for (const { operations } of fn.blocks) {
    for (const operation of operations) {
      const number = numberOf(operation, numbers);
      if (number === undefined || !("base" in operation)) continue;
      operation.base = spills[shared.get(number)!]!;
    }
  }
  fn.slots.push(...spills.filter((_slot, index) => [...shared.values()].includes(index)));
}

/** Removes stores that end a place's life where it begins. Positions are those of `findIntervals`. */
function removeUnread(fn: MachineFunction, intervals: ReadonlyMap<number, Interval>): void {
  const unread = new Set<number>();
  for (const { ranges } of intervals.values()) {
    for (const { from, to } of ranges) if (to === from + 1 && from % 2 === 1) unread.add(from - 1);
  }
  let position = 0;
  for (const { operations } of fn.blocks) {
    const staying = operations.filter((_operation, index) => !unread.has(position + 2 * index));
    position += 2 * (operations.length + 1);
    operations.splice(0, operations.length, ...staying);
  }
}

function numberOf(
  operation: MachineOperation,
  numbers: ReadonlyMap<StackSlot, number>,
): number | undefined {
  if (operation.kind !== "load" && operation.kind !== "store") return undefined;
  return typeof operation.base === "number" ? undefined : numbers.get(operation.base);
}

/** For each interval the number of the slot it gets: the first one that is free for all of its life. */
function color(intervals: Interval[]): Map<number, number> {
  const tenants: Interval[][] = [];
  const homes = new Map<number, number>();
  for (const interval of intervals.toSorted((a, b) => a.ranges[0]!.from - b.ranges[0]!.from)) {
    const isFree = (slot: Interval[]): boolean =>
      slot.every(({ ranges }) => !overlap(ranges, interval.ranges));
    const free = tenants.findIndex(isFree);
    const home = free === -1 ? tenants.push([]) - 1 : free;
    tenants[home]!.push(interval);
    homes.set(interval.place, home);
  }
  return homes;
}
