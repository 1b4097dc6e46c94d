/**
 * What calls of known functions and methods become.
 *
 * Functions are recognised by what they are (the very object that users import), not by name; methods by the kind of
 * thing they are called on. Each theme has a file of its own that exports its table; here the tables are put together.
 * @module
 */
import { didYouMean } from "../../../base/text.ts";
import type { CallSite } from "../call-site.ts";
import type { Entity } from "../entity.ts";
import { helperOf } from "../../builtins/bpf.ts";
import { kfuncOf } from "../../builtins/kfunc.ts";
import { atomicFunctions } from "./atomic.ts";
import { byteOrderFunctions } from "./byte-order.ts";
import { byteMethods, readIntoFunctions } from "./byte-range.ts";
import { guardFunctions } from "./guards.ts";
import { kernelFacts } from "./kernel-facts.ts";
import { objectFunctions } from "./kernel-object.ts";
import { callKfunc } from "./kfuncs.ts";
import { loopFunctions } from "./loops.ts";
import { packetFunctions } from "./packet.ts";
import { callHelperByName } from "./helpers.ts";
import { mathFunctions } from "./math.ts";
import { numberFunctions } from "./conversions.ts";
import { mapMethodNames, mapMethods } from "./map-methods.ts";
import { templateFunctions } from "./templates.ts";
import { textMethods } from "./text-methods.ts";

/** Lowers one call. */
export type CallRule = (site: CallSite) => Entity;

/** Rules by function. */
export type FunctionRules = ReadonlyMap<unknown, CallRule>;

/** Finds the rule of a method by what it is called on; `undefined` when that has no such method. */
export type MethodRules = (receiver: Entity, name: string) => CallRule | undefined;

const functionRules: readonly FunctionRules[] = [
  numberFunctions,
  mathFunctions,
  byteOrderFunctions,
  atomicFunctions,
  packetFunctions,
  loopFunctions,
  kernelFacts,
  guardFunctions,
  templateFunctions,
  readIntoFunctions,
  objectFunctions,
];

const methodRules: readonly MethodRules[] = [mapMethods, textMethods, byteMethods];

/** The rule of a function. */
export function findFunction(callee: unknown): CallRule | undefined {
  for (const rules of functionRules) {
    const rule = rules.get(callee);
    if (rule !== undefined) return rule;
  }
  const helper = helperOf(callee);
  if (helper !== undefined) return (site) => callHelperByName(site, helper);
  const kfunc = kfuncOf(callee);
  if (kfunc !== undefined) return (site) => callKfunc(site, kfunc);
  return undefined;
}

/** The rule of a method. */
export function findMethod(receiver: Entity, name: string): CallRule | undefined {
  for (const rules of methodRules) {
    const rule = rules(receiver, name);
    if (rule !== undefined) return rule;
  }
  return undefined;
}

/** What to write instead of a method that there is not. */
export function methodHint(receiver: Entity, name: string): string {
  const names = mapMethodNames(receiver);
  if (receiver.kind === "scalar") return "text is put together with a template: `${x}`";
  if (names.length === 0) return "text has startsWith, arrays are gone through with for … of";
  const isKeyed = names.includes("lookup");
  const inProgram = isKeyed && Object.hasOwn(ofUserSpace, name) ? ofUserSpace[name] : undefined;
  return inProgram ?? didYouMean(name, names) ?? `its methods are ${names.join(", ")}`;
}

const visit = "elements are visited with bpf.forEachMapElem(map, fn, undefined)";

/** Methods that maps have in user space. */
const ofUserSpace: Readonly<Record<string, string>> = {
  get: "in a program it is lookup(key), which gives the element itself",
  has: "in a program it is lookup(key) !== undefined",
  set: "in a program it is update(key, value)",
  forEach: visit,
  keys: visit,
  values: visit,
  entries: visit,
  clear: visit,
};
