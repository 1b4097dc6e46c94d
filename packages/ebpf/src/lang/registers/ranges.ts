/**
 * Live ranges: when a place holds something that is read later.
 *
 * Instructions are numbered in the order of blocks, two positions each: even for what is read, odd for what is
 * written. A place is live in a list of half-open ranges of positions with holes between them, found by the usual
 * backward data flow over blocks.
 * @module
 */
import {
  machineSuccessors,
  visitOperation,
  visitTerminator,
  type MachineBlock,
  type MachineFunction,
  type MachineOperation,
  type MachineTerminator,
  type Place,
  type PlaceVisitor,
} from "./machine.ts";

/** Positions from `from` up to but not `to`. */
export interface Range {
  readonly from: number;
  to: number;
}

/** When one place is live, and how much it is used. */
export interface Interval {
  readonly place: Place;
  /** In ascending order, without overlaps. */
  readonly ranges: Range[];
  /** Uses, those in loops counted ten times per depth. */
  weight: number;
}

/** Shows the places of operations and terminators, or whatever else is to be followed. */
export interface PlaceSource {
  readonly operation: (operation: MachineOperation, visitor: PlaceVisitor) => void;
  readonly terminator: (terminator: MachineTerminator, visitor: PlaceVisitor) => void;
}

const allPlaces: PlaceSource = { operation: visitOperation, terminator: visitTerminator };

/** The intervals of all places of a function, or of those that `source` shows. */
export function findIntervals(
  fn: MachineFunction,
  source: PlaceSource = allPlaces,
): Map<Place, Interval> {
  const liveOut = findLiveOut(fn, source);
  const intervals = new Map<Place, Interval>();
  const starts = blockStarts(fn);
  for (const block of fn.blocks.toReversed()) {
    walkBlock(block, {
      start: starts.get(block)!,
      liveOut: liveOut.get(block)!,
      intervals,
      source,
    });
  }
  for (const { ranges } of intervals.values()) ranges.reverse();
  return intervals;
}

/** Whether two ascending lists of ranges have a position in common. */
export function overlap(left: readonly Range[], right: readonly Range[]): boolean {
  let [i, j] = [0, 0];
  while (i < left.length && j < right.length) {
    const [a, b] = [left[i]!, right[j]!];
    if (a.from < b.to && b.from < a.to) return true;
    if (a.to <= b.to) i += 1;
    else j += 1;
  }
  return false;
}

/** Number of positions in a list of ranges. */
export function lengthOf(ranges: readonly Range[]): number {
  return ranges.reduce((total, { from, to }) => total + to - from, 0);
}

function blockStarts(fn: MachineFunction): Map<MachineBlock, number> {
  const starts = new Map<MachineBlock, number>();
  let position = 0;
  for (const block of fn.blocks) {
    starts.set(block, position);
    position += 2 * (block.operations.length + 1);
  }
  return starts;
}

interface Walk {
  readonly start: number;
  readonly liveOut: ReadonlySet<Place>;
  readonly intervals: Map<Place, Interval>;
  readonly source: PlaceSource;
}

/** Extends intervals by what happens in one block, from its end to its start; ranges are added in descending order. */
function walkBlock(block: MachineBlock, { start, liveOut, intervals, source }: Walk): void {
  const live = new Map<Place, Range>();
  const scale = 10 ** Math.min(block.loopDepth, 6);
  const intervalOf = (place: Place): Interval => {
    let interval = intervals.get(place);
    if (interval === undefined) intervals.set(place, (interval = { place, ranges: [], weight: 0 }));
    return interval;
  };
  const open = (place: Place, to: number): void => {
    if (live.has(place)) return;
    const range = { from: start, to };
    live.set(place, range);
    intervalOf(place).ranges.push(range);
  };
  let position = start + 2 * block.operations.length;
  for (const place of liveOut) open(place, position + 2);
  const read = (place: Place): Place => {
    intervalOf(place).weight += scale;
    open(place, position + 1);
    return place;
  };
  const write = (place: Place): Place => {
    intervalOf(place).weight += scale;
    open(place, position + 2);
    const range = live.get(place)!;
    live.delete(place);
    const { ranges } = intervalOf(place);
    ranges[ranges.indexOf(range)] = { from: position + 1, to: range.to };
    return place;
  };
  const writes: Place[] = [];
  const collectWrites: PlaceVisitor = {
    read: (place) => place,
    write: (place) => (writes.push(place), place),
    modify: (place) => (writes.push(place), place),
  };
  const reader: PlaceVisitor = { read, write: (place) => place, modify: read };
  source.terminator(block.terminator, reader);
  for (const operation of block.operations.toReversed()) {
    position -= 2;
    writes.length = 0;
    source.operation(operation, collectWrites);
    for (const place of writes) write(place);
    source.operation(operation, reader);
  }
  sortDescending(live.keys(), intervals);
}

/** Ranges opened at the end of a block and closed in the middle can stand before ones of later positions. */
function sortDescending(places: Iterable<Place>, intervals: Map<Place, Interval>): void {
  for (const place of places) {
    intervals.get(place)!.ranges.sort((left, right) => right.from - left.from);
  }
}

/** Places live at the end of each block. */
function findLiveOut(fn: MachineFunction, source: PlaceSource): Map<MachineBlock, Set<Place>> {
  const effects = new Map(fn.blocks.map((block) => [block, blockEffects(block, source)]));
  const liveOut = new Map(fn.blocks.map((block) => [block, new Set<Place>()]));
  let changed = true;
  while (changed) {
    changed = false;
    for (const block of fn.blocks.toReversed()) {
      const out = liveOut.get(block)!;
      const before = out.size;
      for (const successor of machineSuccessors(block.terminator)) {
        addLiveIn(out, effects.get(successor)!, liveOut.get(successor)!);
      }
      changed ||= out.size > before;
    }
  }
  return liveOut;
}

interface BlockEffects {
  /** Read before they are written. */
  readonly exposed: ReadonlySet<Place>;
  readonly written: ReadonlySet<Place>;
}

function blockEffects(block: MachineBlock, source: PlaceSource): BlockEffects {
  const exposed = new Set<Place>();
  const written = new Set<Place>();
  const read = (place: Place): Place => {
    if (!written.has(place)) exposed.add(place);
    return place;
  };
  const reader: PlaceVisitor = { read, write: (place) => place, modify: read };
  const note = (place: Place): Place => (written.add(place), place);
  const writer: PlaceVisitor = { read: (place) => place, write: note, modify: note };
  for (const operation of block.operations) {
    source.operation(operation, reader);
    source.operation(operation, writer);
  }
  source.terminator(block.terminator, reader);
  return { exposed, written };
}

function addLiveIn(
  into: Set<Place>,
  { exposed, written }: BlockEffects,
  out: ReadonlySet<Place>,
): void {
  for (const place of exposed) into.add(place);
  for (const place of out) if (!written.has(place)) into.add(place);
}
