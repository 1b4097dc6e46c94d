/**
 * Which stack slots were read after they were written: states need not be alike in others.
 *
 * What is read marks the slot itself, and all slots that were the same before. The kernel does so from the end of a path
 * back (`mark_stack_slot_obj_read` and its kind of kernel/bpf/verifier.c).
 * @module
 */

/** Whether a stack slot was read after it was written. */
export interface Use {
  read: boolean;
  /** Slots that are read when this one is: the same before the state was kept, and those of paths that ended because of it. */
  readonly also: Use[];
}

/** A slot that nobody has read, made of these. */
export function useFrom(...also: readonly Use[]): Use {
  return { read: false, also: [...also] };
}

/** Says that a slot is read. */
export function markRead(use: Use | undefined): void {
  if (use === undefined || use.read) return;
  const waiting = [use];
  for (let it = waiting.pop(); it !== undefined; it = waiting.pop()) {
    if (it.read) continue;
    it.read = true;
    waiting.push(...it.also);
  }
}

/** From now on `follower` is read when `leader` is. */
export function leadReading(leader: Use, follower: Use | undefined): void {
  if (follower === undefined || follower.read || leader === follower) return;
  if (leader.read) markRead(follower);
  else leader.also.push(follower);
}
