/**
 * Where a place that was moved to the stack is still in its register: behind where it is written or read, until a call.
 * @module
 */
import {
  machineSuccessors,
  visitOperation,
  visitTerminator,
  type MachineBlock,
  type MachineFunction,
  type MachineOperation,
  type Place,
} from "./machine.ts";

/** For each block, which of `places` are in their registers at its start, on every way there. */
export function findAvailable(
  fn: MachineFunction,
  places: ReadonlySet<Place>,
): ReadonlyMap<MachineBlock, ReadonlySet<Place>> {
  const [entry, ...others] = fn.blocks;
  const starts = new Map<MachineBlock, Set<Place>>([[entry!, new Set()]]);
  for (const block of others) starts.set(block, new Set(places));
  let changed = true;
  while (changed) {
    changed = false;
    for (const block of fn.blocks) {
      const end = new Set(starts.get(block));
      for (const operation of block.operations) follow(operation, places, end);
      const read = (place: Place): Place => note(place, places, end);
      visitTerminator(block.terminator, { read, write: read, modify: read });
      for (const successor of machineSuccessors(block.terminator)) {
        changed = keepOnly(starts.get(successor)!, end) || changed;
      }
    }
  }
  return starts;
}

/** Changes what is available as `operation` does: what it reads has been loaded for it. */
export function follow(
  operation: MachineOperation,
  places: ReadonlySet<Place>,
  available: Set<Place>,
): void {
  const touch = (place: Place): Place => note(place, places, available);
  visitOperation(operation, { read: touch, write: touch, modify: touch });
  if (operation.kind === "call") available.clear();
}

function note(place: Place, places: ReadonlySet<Place>, available: Set<Place>): Place {
  if (places.has(place)) available.add(place);
  return place;
}

function keepOnly(into: Set<Place>, other: ReadonlySet<Place>): boolean {
  let changed = false;
  for (const place of into) if (!other.has(place)) changed = into.delete(place) || changed;
  return changed;
}
