/**
 * Where numbers come from, so that what turns out to matter of them matters of their sources too.
 *
 * Two states of which one allows more than the other need not be equal in numbers that nothing depended on. The kernel
 * goes back over the instructions to find those that count (`mark_chain_precision` of kernel/bpf/verifier.c); here each
 * number knows what it was made of, and is told when it counts.
 * @module
 */

/** What a number was made of. */
export interface Origin {
  /** Whether the program was found right because of the number's range. */
  precise: boolean;
  /** Numbers that count when this one does. */
  readonly from: Origin[];
}

/** An origin of its own, made of these. */
export function originFrom(...from: readonly (Origin | undefined)[]): Origin {
  return { precise: false, from: from.filter((it) => it !== undefined) };
}

/** Says that the range of a number counts. */
export function markPrecise(origin: Origin | undefined): void {
  if (origin === undefined || origin.precise) return;
  const waiting = [origin];
  for (let it = waiting.pop(); it !== undefined; it = waiting.pop()) {
    if (it.precise) continue;
    it.precise = true;
    waiting.push(...it.from);
  }
}

/** From now on `follower` counts when `leader` does: a path with it was ended because of one with the other. */
export function leadPrecision(leader: Origin | undefined, follower: Origin | undefined): void {
  if (follower === undefined || follower.precise || leader === follower) return;
  if (leader === undefined || leader.precise) markPrecise(follower);
  else leader.from.push(follower);
}
