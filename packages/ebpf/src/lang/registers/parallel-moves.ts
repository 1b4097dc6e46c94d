/**
 * Moves that happen at once, put into an order.
 * @module
 */
import type { Operand, Value } from "../ir/operation.ts";

/** `to` gets what `from` was before any of the moves. */
export interface Move {
  readonly to: Value;
  readonly from: Operand;
}

/**
 * The same effect as all `moves` at once, one after the other. A move may be made when nobody still waits to read its
 * destination; where all that are left wait for each other in a ring, one value is put aside in a `scratch` place
 * first.
 */
export function sequence(moves: readonly Move[], scratch: () => Value): Move[] {
  const waiting = moves.filter(({ to, from }) => to !== from);
  const ordered: Move[] = [];
  while (waiting.length > 0) {
    const ready = waiting.findIndex(({ to }) => !waiting.some(({ from }) => from === to));
    if (ready === -1) ordered.push(breakRing(waiting, scratch()));
    else ordered.push(...waiting.splice(ready, 1));
  }
  return ordered;
}

/** Puts aside what the first move would overwrite, and lets its readers read it there. */
function breakRing(waiting: Move[], aside: Value): Move {
  const { to } = waiting[0]!;
  waiting.forEach((move, index) => {
    if (move.from === to) waiting[index] = { to: move.to, from: aside };
  });
  return { to: aside, from: to };
}
