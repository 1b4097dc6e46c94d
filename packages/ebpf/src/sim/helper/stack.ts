/**
 * Helpers about the stack of the process that runs, which a test gives (kernel/bpf/stackmap.c).
 * @module
 */
import { viewOf } from "../../base/bytes.ts";
import type { Core } from "../core.ts";
import { failed } from "../errno.ts";
import { StackStore } from "../map/stack-store.ts";
import { type HelperGroup, u32Of, u64Of, writable } from "./context.ts";

const skipMask = 0xffn;
const userStack = 1n << 8n;

/** The stack that flags mean, the innermost address first; `undefined` when the test gave none. */
function stackOf({ world: { task } }: Core, flags: bigint): readonly bigint[] | undefined {
  const stack = (flags & userStack) === 0n ? task.kernelStack : task.userStack;
  return stack?.slice(Number(flags & skipMask));
}

/** Stacks. */
export const stackHelpers: HelperGroup = {
  get_stackid: (machine, kernel) => {
    const stack = stackOf(kernel, u64Of(machine, 3));
    const { store } = kernel.mapAt(u64Of(machine, 2));
    if (!(store instanceof StackStore)) return failed.invalid;
    return stack === undefined || stack.length === 0 ? failed.fault : store.idOf(stack);
  },
  get_stack: (machine, kernel) => {
    const size = u32Of(machine, 3);
    const stack = stackOf(kernel, u64Of(machine, 4));
    const target = writable(machine, 2, size).fill(0);
    if (size % 8 !== 0) return failed.invalid;
    if (stack === undefined || stack.length === 0) return failed.fault;
    const taken = stack.slice(0, size / 8);
    for (const [index, address] of taken.entries())
      viewOf(target).setBigUint64(8 * index, address, true);
    return 8 * taken.length;
  },
};
