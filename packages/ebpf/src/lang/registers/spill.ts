/**
 * Moving places to the stack.
 *
 * Each use of a spilled place gets a place of its own that lives for one instruction: loaded before a read, stored
 * after a write. What is cheap to compute again (a constant, an address of the stack or of a map) is computed again
 * instead.
 * @module
 */
import {
  visitOperation,
  visitTerminator,
  type MachineBlock,
  type MachineFunction,
  type MachineOperation,
  type Place,
} from "./machine.ts";
import type { StackSlot } from "../ir/operation.ts";

/** Rewrites `fn` so that `places` need no register for long; returns the short-lived places made. */
export function spill(fn: MachineFunction, places: readonly Place[]): Place[] {
  const homes = new Map(places.map((place) => [place, findHome(fn, place)]));
  const made: Place[] = [];
  const fresh = (): Place => {
    const place = fn.nextVirtual++;
    made.push(place);
    return place;
  };
  for (const block of fn.blocks) rewriteBlock(block, homes, fresh);
  return made;
}

/** Where a spilled place lives: in a slot of the stack, or nowhere, since one instruction makes it anew. */
type Home =
  | { readonly kind: "slot"; readonly slot: StackSlot }
  | { readonly kind: "again"; readonly definition: Recomputable };

type Recomputable = Extract<
  MachineOperation,
  { kind: "wide" | "slot-address" | "core-constant" | "move" }
>;

function findHome(fn: MachineFunction, place: Place): Home {
  const definitions = definitionsOf(fn, place);
  const [only] = definitions;
  if (definitions.length === 1 && only !== undefined && isRecomputable(only)) {
    return { kind: "again", definition: only };
  }
  const id = fn.slots.length + fn.spills.length;
  const slot = { id, name: "spilled", size: 8, alignment: 8 };
  fn.spills.push(slot);
  return { kind: "slot", slot };
}

function definitionsOf(fn: MachineFunction, place: Place): MachineOperation[] {
  const found: MachineOperation[] = [];
  for (const { operations } of fn.blocks) {
    for (const operation of operations) {
      const note = (written: Place): Place => {
        if (written === place) found.push(operation);
        return written;
      };
      visitOperation(operation, { read: (read) => read, write: note, modify: note });
    }
  }
  return found;
}

function isRecomputable(operation: MachineOperation): operation is Recomputable {
  if (operation.kind === "move") return typeof operation.src === "bigint";
  return ["wide", "slot-address", "core-constant"].includes(operation.kind);
}

function rewriteBlock(
  block: MachineBlock,
  homes: ReadonlyMap<Place, Home>,
  fresh: () => Place,
): void {
  const operations = block.operations.splice(0);
  for (const operation of operations) {
    const { before, after, dropped } = rewrite(operation, homes, fresh);
    block.operations.push(...before);
    if (!dropped) block.operations.push(operation);
    block.operations.push(...after);
  }
  const loads: MachineOperation[] = [];
  const { source } = block.terminator;
  const read = (place: Place): Place => {
    const home = homes.get(place);
    if (home === undefined) return place;
    const local = fresh();
    loads.push(bring(home, local, source));
    return local;
  };
  visitTerminator(block.terminator, { read, write: (place) => place, modify: read });
  block.operations.push(...loads);
}

interface Rewritten {
  readonly before: MachineOperation[];
  readonly after: MachineOperation[];
  /** The operation made a value that is made anew at each use. */
  readonly dropped: boolean;
}

function rewrite(
  operation: MachineOperation,
  homes: ReadonlyMap<Place, Home>,
  fresh: () => Place,
): Rewritten {
  const before: MachineOperation[] = [];
  const after: MachineOperation[] = [];
  const locals = new Map<Place, Place>();
  let dropped = false;
  const localOf = (place: Place): Place => {
    const local = locals.get(place) ?? fresh();
    locals.set(place, local);
    return local;
  };
  const read = (place: Place): Place => {
    const home = homes.get(place);
    if (home === undefined) return place;
    const known = locals.has(place);
    const local = localOf(place);
    if (!known) before.push(bring(home, local, operation.source));
    return local;
  };
  const write = (place: Place): Place => {
    const home = homes.get(place);
    if (home === undefined) return place;
    if (home.kind === "again") dropped = true;
    const local = localOf(place);
    if (home.kind === "slot") after.push(store(home.slot, local, operation.source));
    return local;
  };
  visitOperation(operation, { read, write, modify: (place) => (read(place), write(place)) });
  return { before, after, dropped };
}

function bring(home: Home, dst: Place, source: MachineOperation["source"]): MachineOperation {
  if (home.kind === "again") return { ...home.definition, dst, source };
  return { kind: "load", dst, base: home.slot, offset: 0, bytes: 8, signed: false, source };
}

function store(slot: StackSlot, src: Place, source: MachineOperation["source"]): MachineOperation {
  return { kind: "store", base: slot, offset: 0, bytes: 8, src, source };
}
