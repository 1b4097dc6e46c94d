/**
 * Calls of helpers that call a function of the program.
 *
 * The function is followed as if it were called, with what the helper gives it, while the path goes on behind the
 * call as if it were not; behind the function the call is looked at again, until nothing new comes of it. The
 * arguments are those of the `set_…_callback_state` functions of kernel/bpf/verifier.c.
 * @module
 */
import type { Surroundings } from "../memory/access.ts";
import { markPrecise, originFrom } from "../number/origin.ts";
import { unknownScalar } from "../number/scalar.ts";
import type { CheckedMap } from "../program.ts";
import { Refusal, Undecided } from "../refusal.ts";
import { type Callback, copyState, currentFrame, newFrame, nothingKnown } from "../state/state.ts";
import { pointer, type Value } from "../state/value.ts";

/** What a helper gives to the function it calls. */
interface CallbackRule {
  /** Register in which the helper gets the function. */
  readonly register: number;
  readonly results: Callback["results"];
  readonly later?: true;
  readonly give: (
    around: Surroundings,
    registers: readonly Value[],
    map: CheckedMap | undefined,
  ) => readonly Value[];
}

const number = (): Value => ({ ...unknownScalar, origin: originFrom() });
/** What functions are given that are called about an element: its map, its key, its value. */
export const keyAndValue = (map: CheckedMap): readonly Value[] => [
  pointer("map_ptr", { map }),
  pointer("map_key", { map }),
  pointer("map_value", { map }),
];

const rules: Readonly<Record<string, CallbackRule>> = {
  loop: { register: 2, results: [0n, 1n], give: (_, registers) => [number(), registers[3]!] },
  for_each_map_elem: {
    register: 2,
    results: [0n, 1n],
    give: (_, registers, map) => [...keyAndValue(map!), registers[3]!],
  },
  timer_set_callback: {
    register: 2,
    results: [0n, 0n],
    later: true,
    give: (_around, registers) => keyAndValue((registers[1] as { readonly map?: CheckedMap }).map!),
  },
  find_vma: {
    register: 3,
    results: [0n, 1n],
    give: (around, registers) => [registers[1]!, object(around, "vm_area_struct"), registers[4]!],
  },
  user_ringbuf_drain: {
    register: 2,
    results: [0n, 1n],
    give: ({ newId }, registers) => [pointer("dynptr_ptr", { id: newId() }), registers[3]!],
  },
};

function object({ program: { kernelTypes } }: Surroundings, name: string): Value {
  const type = kernelTypes?.findByName(name, "struct");
  if (type === undefined) throw new Undecided(`struct ${name}`);
  return pointer("ptr_", { type: { types: kernelTypes!, id: type.id }, trust: "trusted" });
}

/** Puts the path into the function aside, where the helper calls one. */
export function followCallback(
  around: Surroundings,
  helper: string,
  map: CheckedMap | undefined,
): void {
  const rule = rules[helper];
  if (rule === undefined) return;
  const { registers } = currentFrame(around.state);
  const to = registers[rule.register]!;
  if (to.kind !== "func") throw new Refusal(`R${rule.register} type=${to.kind} expected=func`);
  const values = rule.give(around, registers, map);
  if (helper === "loop" && isDone(around, registers[1]!)) return;
  enterCallback(around, {
    start: to.place,
    values,
    results: rule.results,
    later: rule.later === true,
  });
}

/** Whether a loop has been gone round as often as it says. */
function isDone({ state }: Surroundings, times: Value): boolean {
  const frame = currentFrame(state);
  if (times.kind !== "scalar") throw new Refusal("verifier bug: backtracking misuse", "EFAULT");
  markPrecise(times.origin);
  if (BigInt(frame.calls) < times.wide.umax) return false;
  frame.calls = 0;
  return true;
}

/** A call of a function of the program by somebody else. */
export interface Entering {
  readonly start: number;
  /** Its arguments. */
  readonly values: readonly Value[];
  readonly results: Callback["results"];
  readonly later: boolean;
  /** Whether it may sleep, when it is for another time. */
  readonly sleepable?: boolean | undefined;
  readonly locked?: boolean | undefined;
}

/** Puts the path into a function aside that is called back. */
export function enterCallback(
  around: Surroundings,
  { start, values, results, later, sleepable, locked }: Entering,
): void {
  const { state, functions } = around;
  if (functions.byStart.get(start)?.global === true) {
    throw new Refusal(`verifier bug: callback func#${start} is global`, "EINVAL");
  }
  if (!later && state.frames.length >= 8)
    throw new Refusal("the call stack of 8 frames is too deep", "E2BIG");
  const copy = later ? nothingKnown({ sleepable: sleepable === true }) : copyState(state);
  const callback = { results, call: state.slot, later, locked };
  const frame = newFrame(
    { start, returnTo: later ? -1 : state.slot + 1, depth: copy.frames.length, callback },
    functions.usageOf(start),
  );
  functions.callbacks.add(start);
  if (later) {
    functions.later.add(start);
    copy.rounds = state.rounds + 1;
  } else currentFrame(copy).calls++;
  for (const [index, value] of values.entries()) frame.registers[index + 1] = value;
  copy.frames.push(frame);
  copy.slot = start;
  currentFrame(state).calls = 0;
  if (later) around.begin(copy);
  else around.follow(copy);
}
