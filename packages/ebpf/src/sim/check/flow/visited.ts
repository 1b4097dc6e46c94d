/**
 * States that were met where paths meet, by slot: whether all that can come of a state was looked at before.
 *
 * A state from which all paths have ended ends those that it allows all of. Of one from which paths are still open not
 * all is known that counts, nor of those whose paths ended at such a one. What is compared in vain again and again is
 * forgotten. The rules are those of `is_state_visited` of kernel/bpf/verifier.c.
 * @module
 */
import { Refusal } from "../refusal.ts";
import { type Difference, inherit, type Live, subsumesState } from "../state/similar.ts";
import { copyState, renewOrigins, type State } from "../state/state.ts";

/** A state that was met where paths meet. */
export interface Met {
  readonly state: State;
  /** Paths from here that are not at their end. */
  open: number;
  /**
   * The outermost state before this one at which a path from here ended, as a loop does. Until all paths from there have
   * ended, not all is known that counts here.
   */
  loop: Met | undefined;
  readonly before: Met | undefined;
  /** How many states are before it. */
  readonly depth: number;
  /** How often it ended a path, and how often it was compared and did not. */
  hits: number;
  misses: number;
  readonly difference: Difference;
}

/** A state at a place where paths meet. */
export interface Arrival {
  readonly state: State;
  /** The state that was kept last on this path. */
  readonly last: Met | undefined;
  /** Whether loops here end by themselves. */
  readonly endless: boolean;
  /** Whether it is to be kept when it is new. */
  readonly keep: boolean;
}

/** Misses that are allowed before a state is forgotten, for each hit and one more; of loops that are gone round. */
const [patience, patienceInLoop] = [40, 64];

/** The states that were met in one function. */
export class Visited {
  readonly #met = new Map<number, Met[]>();
  readonly #live: Live;

  constructor(live: Live) {
    this.#live = live;
  }

  /** Forgets all. */
  clear(): void {
    this.#met.clear();
  }

  /** Whether a state like this was followed to its end before, or is being followed in a loop that ends by itself. */
  has(arrival: Arrival): boolean {
    const met = this.#met.get(arrival.state.slot);
    if (met === undefined) return false;
    for (let index = met.length - 1; index >= 0; index--) {
      const other = met[index]!;
      if (this.#covers(other, arrival)) {
        other.hits++;
        inherit(other.state, arrival.state);
        noteLoop(arrival.last, other);
        return true;
      }
      if (arrival.keep && isForgotten(other, arrival)) met.splice(index, 1);
    }
    return false;
  }

  #covers(other: Met, { state, endless }: Arrival): boolean {
    const live = this.#live;
    const comparing = isComplete(other) ? "needed" : "all";
    const { difference } = other;
    if (!subsumesState(other.state, state, { live, comparing, difference })) return false;
    const isOtherRound = other.state.rounds !== state.rounds;
    if (other.open === 0 || (endless && isOtherRound)) return true;
    if (endless || isOtherRound) return false;
    const back = { live: everything, comparing: "all", difference: { frame: -1, at: 0 } } as const;
    if (subsumesState(state, other.state, back)) {
      throw new Refusal(`infinite loop detected at insn ${state.slot}`, "EINVAL", state.slot);
    }
    return false;
  }

  /** Keeps a state, behind the one that was kept last; what follows tells the copy. */
  keep(state: State, before: Met | undefined): Met {
    renewOrigins(state);
    const added: Met = {
      state: copyState(state),
      open: 1,
      loop: undefined,
      before,
      depth: before === undefined ? 0 : before.depth + 1,
      hits: 0,
      misses: 0,
      difference: { frame: -1, at: 0 },
    };
    const met = this.#met.get(state.slot);
    if (met === undefined) this.#met.set(state.slot, [added]);
    else met.push(added);
    return added;
  }
}

const everything: Live = () => 0x3ff;

/** Counts a comparison in vain; whether that makes too many. */
function isForgotten(other: Met, { endless }: Arrival): boolean {
  const more = endless && other.open > 0 ? patienceInLoop : patience;
  return ++other.misses > (other.hits + 1) * more;
}

/** A path has ended: states from which all paths have ended are closed, which may end those before them. */
export function closePath(last: Met | undefined): void {
  for (let met = last; met !== undefined && --met.open === 0; met = met.before);
}

/** A path has ended at a state from which not all is known: nor is it from those on the way that are within the loop. */
function noteLoop(last: Met | undefined, end: Met): void {
  const loop = outermost(end.open > 0 ? end : undefined, end.loop);
  if (loop === undefined) return;
  for (let met = last; met !== undefined && met.depth > loop.depth; met = met.before)
    met.loop = outermost(met.loop, loop);
}

function isComplete({ open, loop }: Met): boolean {
  return open === 0 && (loop === undefined || loop.open === 0);
}

/** The one of both that lies before the other, of those from which paths are open. */
function outermost(a: Met | undefined, b: Met | undefined): Met | undefined {
  if (a === undefined || a.open === 0) return b === undefined || b.open === 0 ? undefined : b;
  return b === undefined || b.open === 0 || a.depth <= b.depth ? a : b;
}
