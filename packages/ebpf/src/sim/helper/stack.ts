/**
 * Helpers about the stack of the process that runs, which a test gives (kernel/bpf/stackmap.c).
 * @module
 */
import { viewOf } from "../../base/bytes.ts";
import { failed } from "../errno.ts";
import { StackStore } from "../map/stack-store.ts";
import type { MapStore } from "../map/store.ts";
import { type HelperGroup, u32Of, u64Of, writable } from "./context.ts";

const skipMask = 0xffn;
const userStack = 1n << 8n;
/** The other two choose which of two stacks with one hash is kept, of which there are none here. */
const stackIdFlags = skipMask | userStack | (1n << 9n) | (1n << 10n);

/** Stacks of what runs, the innermost address first; left out where a test gave none. */
export interface Stacks {
  readonly kernelStack?: readonly bigint[] | undefined;
  readonly userStack?: readonly bigint[] | undefined;
}

/** The stack that flags mean; `undefined` when the test gave none. */
function stackOf(stacks: Stacks, flags: bigint): readonly bigint[] | undefined {
  const stack = (flags & userStack) === 0n ? stacks.kernelStack : stacks.userStack;
  return stack?.slice(Number(flags & skipMask));
}

/** Number of the stack that flags mean in a map of such, or a negated errno. */
export function stackIdOf(store: MapStore, stacks: Stacks, flags: bigint): number {
  if (!(store instanceof StackStore) || (flags & ~stackIdFlags) !== 0n) return failed.invalid;
  const stack = stackOf(stacks, flags);
  return stack === undefined || stack.length === 0 ? failed.fault : store.idOf(stack);
}

/** Stacks. */
export const stackHelpers: HelperGroup = {
  get_stackid: (machine, kernel) => {
    const { store } = kernel.mapAt(u64Of(machine, 2));
    return stackIdOf(store, kernel.world.task, u64Of(machine, 3));
  },
  get_stack: (machine, kernel) => {
    const size = u32Of(machine, 3);
    const stack = stackOf(kernel.world.task, u64Of(machine, 4));
    const target = writable(machine, 2, size).fill(0);
    if (size % 8 !== 0) return failed.invalid;
    if (stack === undefined || stack.length === 0) return failed.fault;
    const taken = stack.slice(0, size / 8);
    for (const [index, address] of taken.entries())
      viewOf(target).setBigUint64(8 * index, address, true);
    return 8 * taken.length;
  },
};
