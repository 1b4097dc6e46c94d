/**
 * Functions of the kernel that programs may call, found by name in its BTF when a program is compiled.
 * @module
 */
import type { Kfuncs } from "../../types/register.ts";
import { environment } from "./environment.ts";

type KernelFunction = (...given: unknown[]) => unknown;

const functions = new Map<string, KernelFunction>();
const names = new WeakMap<object, string>();

/** All of them by their names in the kernel: `kfunc.bpf_task_from_pid(1)`. */
export const kfunc: Kfuncs = new Proxy(Object.freeze({}), {
  get: (_, name) => (typeof name === "string" ? functionOf(name) : undefined),
}) as Kfuncs;

/** The name of a function of {@link kfunc}; `undefined` for any other value. */
export function kfuncOf(value: unknown): string | undefined {
  return typeof value === "function" ? names.get(value) : undefined;
}

function functionOf(name: string): KernelFunction {
  const known = functions.get(name);
  if (known !== undefined) return known;
  const call: KernelFunction = (...given) => environment(`kfunc.${name}`).callKfunc(name, given);
  functions.set(name, call);
  names.set(call, name);
  return call;
}
