/**
 * The kernel's helper functions, under the names programs call them by.
 *
 * Nothing is called here: the compiler knows each function by its identity and makes the call, plain JavaScript hands
 * it to what plays the kernel.
 * @module
 */
import { helperId } from "../../helper/helper-id.ts";
import { environment } from "./environment.ts";
import type { BpfHelpers } from "./generated/bpf-helpers.ts";

type HelperFunction = (...given: unknown[]) => unknown;

const functions = new Map<string, HelperFunction>();
const names = new WeakMap<object, string>();

/**
 * All helpers, in camel case without prefix: `bpf.ktimeGetNs()` is `bpf_ktime_get_ns()`. What fills a buffer in C
 * returns it; sizes of memory are left out, and flags at the end may be. Which programs may call which helper depends
 * on their type and on the kernel.
 * @throws {InvalidArgumentError} when there is no such helper.
 */
export const bpf: BpfHelpers = new Proxy(Object.freeze({}), {
  get: (_, name) => (typeof name === "string" ? functionOf(name) : undefined),
}) as BpfHelpers;

/** The name, in camel case, of a function of {@link bpf}; `undefined` for any other value. */
export function helperOf(value: unknown): string | undefined {
  return typeof value === "function" ? names.get(value) : undefined;
}

function functionOf(name: string): HelperFunction {
  const known = functions.get(name);
  if (known !== undefined) return known;
  helperId(name); // throws when there is none
  const call: HelperFunction = (...given) => environment(`bpf.${name}`).callHelper(name, given);
  functions.set(name, call);
  names.set(call, name);
  return call;
}
