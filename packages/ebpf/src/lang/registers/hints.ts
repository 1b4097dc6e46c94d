/**
 * Which places would like to share a register: the two sides of each move.
 * @module
 */
import type { MachineFunction, Place } from "./machine.ts";

/** Registers that would save a move. */
export interface Hints {
  /** Registers of the places that `place` is moved to or from, as far as they have one. */
  readonly of: (place: Place, home: (place: Place) => Place | undefined) => readonly Place[];
}

/** The hints of a function. */
export function findHints(fn: MachineFunction): Hints {
  const partners = new Map<Place, Set<Place>>();
  const link = (from: Place, to: Place): void => {
    const known = partners.get(from) ?? new Set();
    partners.set(from, known.add(to));
  };
  for (const { operations } of fn.blocks) {
    for (const operation of operations) {
      if (operation.kind !== "move" || typeof operation.src === "bigint") continue;
      link(operation.dst, operation.src);
      link(operation.src, operation.dst);
    }
  }
  return { of: (place, home) => registersOf(place, partners, home) };
}

/** Registers of the partners, then of their partners, so that a wish travels over one place without a register. */
function registersOf(
  place: Place,
  partners: ReadonlyMap<Place, ReadonlySet<Place>>,
  home: (place: Place) => Place | undefined,
): Place[] {
  const found: Place[] = [];
  const add = (partner: Place): void => {
    const register = partner <= 10 ? partner : home(partner);
    if (register !== undefined) found.push(register);
  };
  const near = partners.get(place) ?? [];
  for (const partner of near) add(partner);
  for (const partner of near)
    for (const far of partners.get(partner) ?? []) if (partner > 10) add(far);
  return found;
}
