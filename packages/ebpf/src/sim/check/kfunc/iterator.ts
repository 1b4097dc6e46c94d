/**
 * Functions of the kernel that begin an iterator, ask it for more and end it: `bpf_iter_NAME_new`, `_next`, `_destroy`.
 *
 * What they go over the type of `next` says. Iterators over what RCU protects are of use in its regions only, and
 * `css_task` only where the kernel may sleep or is asked to iterate. `object/iterator.ts` keeps them on the stack.
 * @module
 */
import type { Surroundings } from "../memory/access.ts";
import { unknownScalar } from "../number/scalar.ts";
import { destroyIterator, type IteratorPlace, newIterator, nextOf } from "../object/iterator.ts";
import { Refusal } from "../refusal.ts";
import { currentFrame, type State } from "../state/state.ts";
import { type Pointer, pointer, type StackObject, unset, type Value } from "../state/value.ts";
import { checkKfuncArguments, type KfuncCall } from "./argument.ts";

const names = /^bpf_iter_(\w+)_(new|next|destroy)$/;

/** Whether a function is about iterators. */
export function isIteratorFunction(name: string): boolean {
  return names.test(name);
}

/** Sets the registers of a state to what they are behind a call. */
export type Finish = (state: State, result: Value) => void;

/** Checks a call. */
export function callIterator(call: KfuncCall, finish: Finish): void {
  const { around, name } = call;
  const [, what = "", step = ""] = names.exec(name)!;
  const struct = around.program.kernelTypes!.typeByName(`bpf_iter_${what}`, "struct");
  const place = currentFrame(around.state).registers[1]!;
  const iterator = { place, name, type: `iter_${what}`, words: Math.ceil(struct.size / 8) };
  steps[step]!(call, iterator, finish);
}

type Step = (call: KfuncCall, iterator: IteratorPlace, finish: Finish) => void;

const steps: Readonly<Record<string, Step>> = {
  new: (call, iterator, finish) => {
    const { around, name, rule } = call;
    if (name === "bpf_iter_css_task_new") assertMayIterateTasks(around);
    checkKfuncArguments(call, 1);
    newIterator(around, iterator, rule.flags.has("rcu_protected") ? "rcu" : undefined);
    finish(around.state, { ...unknownScalar });
  },
  next: (call, iterator, finish) => {
    nextOf(call.around, iterator, finish, ({ trust }) => elementOf(call, trust));
  },
  destroy: ({ around }, iterator, finish) => {
    destroyIterator(around, iterator);
    finish(around.state, unset);
  },
};

function elementOf({ around, proto }: KfuncCall, trust: StackObject["trust"]): Pointer {
  const types = around.program.kernelTypes!;
  const found = types.resolve((types.resolve(proto.type) as { type: number }).type);
  if (found.kind !== "struct") return pointer("rdonly_mem", { size: types.size(found.id) });
  return pointer("ptr_", { type: { types, id: found.id }, trust: trust ?? "trusted" });
}

/** `check_css_task_iter_allowlist`. */
function assertMayIterateTasks({ program, state }: Surroundings): void {
  const { type, expectedAttachType: place } = program;
  const may = type === "lsm" || (type === "tracing" && place === "trace_iter") || state.sleepable;
  if (may) return;
  throw new Refusal(
    "css_task_iter is only allowed in bpf_lsm, bpf_iter and sleepable progs",
    "EINVAL",
  );
}
