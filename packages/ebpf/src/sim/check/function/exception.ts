/**
 * Exceptions: `bpf_throw` ends the program wherever it is, with what its function for exceptions returns.
 *
 * Nothing may be held then. The function is named by a tag on the main one, is checked by itself as a global one is, and
 * must return what the program may; without one the cookie is the result. `bpf_find_exception_callback_insn_off` and
 * `check_return_code` of kernel/bpf/verifier.c.
 * @module
 */
import type { Btf } from "../../../btf/btf.ts";
import { checkKfuncArguments, type KfuncCall } from "../kfunc/argument.ts";
import type { Surroundings } from "../memory/access.ts";
import { markPrecise } from "../number/origin.ts";
import type { CheckedProgram } from "../program.ts";
import { PathEnd, Refusal } from "../refusal.ts";
import { assertNothingHeld } from "../state/held.ts";
import { currentFrame, type State } from "../state/state.ts";
import { assertResult } from "./result-range.ts";

/** Checks a call of `bpf_throw`, at which the path ends. */
export function throwException(call: KfuncCall): never {
  const { around } = call;
  checkKfuncArguments(call);
  if (around.functions.exceptionCallback === undefined) assertCookie(around);
  assertNothingHeld(around.state, "bpf_throw");
  throw new PathEnd();
}

/** The result of functions that are checked by themselves is any number. */
function assertCookie({ program, state }: Surroundings): void {
  if (entryOf(state) !== 0) return;
  const cookie = currentFrame(state).registers[1]!;
  if (assertResult(program, cookie, "R1") && cookie.kind === "scalar") markPrecise(cookie.origin);
}

function entryOf({ frames }: State): number {
  return frames[0]!.start;
}

const tag = "exception_callback:";

/** Slot of the function for exceptions, where the program has one. */
export function findExceptionCallback({
  types,
  functions = [],
}: CheckedProgram): number | undefined {
  const main = functions[0];
  if (types === undefined || main === undefined) return undefined;
  const name = nameIn(types, main.type);
  if (name === undefined) return undefined;
  const func = types.findByName(name, "func");
  if (func === undefined)
    throw new Refusal(`exception callback '${name}' could not be found in BTF`, "EINVAL");
  if (func.linkage !== "global")
    throw new Refusal(`exception callback '${name}' must have global linkage`, "EINVAL");
  const callback = functions.find((it) => it.type === func.id);
  if (callback !== undefined && callback.slot > 0) return callback.slot;
  throw new Refusal("exception callback type id not found in func_info", "EINVAL");
}

function nameIn(types: Btf, main: number): string | undefined {
  const names = [...types.types("decl_tag")]
    .filter((it) => it.type === main && it.component === undefined && it.name.startsWith(tag))
    .map((it) => it.name.slice(tag.length));
  if (names.length > 1)
    throw new Refusal("multiple exception callback tags for main subprog", "EINVAL");
  return names[0];
}
