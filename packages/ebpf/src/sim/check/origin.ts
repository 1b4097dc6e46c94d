/**
 * Where numbers and stack slots come from, so that what turns out to matter of them matters of their sources too.
 *
 * Two states of which one allows more than the other need not be equal in numbers that nothing depended on, nor in stack
 * slots that nobody read. The kernel goes back over the instructions to find those that count (`mark_chain_precision`
 * of kernel/bpf/verifier.c); here each number knows what it was made of, and is told when it counts.
 * @module
 */

/** What a number was made of. */
export interface Origin {
  /** Whether the program was found right because of the number's range. */
  precise: boolean;
  readonly from: readonly Origin[];
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

/** Whether a stack slot was read after it was written. */
export interface Use {
  read: boolean;
  /** The same slot before the state was kept. */
  readonly before: Use | undefined;
}

/** Says that a slot is read. */
export function markRead(use: Use | undefined): void {
  for (let it = use; it !== undefined && !it.read; it = it.before) it.read = true;
}
