/**
 * Functions of JavaScript that are called when compiling, since all they are given is known.
 *
 * Only those are here that look at nothing but their arguments, and change nothing, so that it does not matter when
 * they are called.
 * @module
 */
import type { CallSite } from "../call-site.ts";
import { constant, type Entity } from "../entity.ts";
import { whenCompiling } from "../when-compiling.ts";

const mathNames = Object.getOwnPropertyNames(Math).filter((name) => name !== "random");

// oxlint-disable typescript/unbound-method -- they are recognised, and called on what they were written on
const functions: ReadonlySet<unknown> = new Set<unknown>([
  ...mathNames.map((name) => (Math as unknown as Record<string, unknown>)[name]),
  Object.keys,
  Object.values,
  Object.entries,
  Number.isInteger,
  Number.isSafeInteger,
  Number.isNaN,
  Number.isFinite,
  Number.parseInt,
  Number.parseFloat,
  isNaN,
  isFinite,
  String,
  Array.isArray,
  Array.prototype.includes,
  Array.prototype.indexOf,
  Array.prototype.at,
  Array.prototype.slice,
  Array.prototype.entries,
  Array.prototype.join,
  Map.prototype.get,
  Map.prototype.has,
  Set.prototype.has,
]);
// oxlint-enable typescript/unbound-method

/** What the call gives, where it is one of these functions and everything is known. */
export function callWhenCompiling(site: CallSite): Entity | undefined {
  const { lowering, node, callee } = site;
  if (typeof callee !== "function" || !functions.has(callee)) return undefined;
  const given: unknown[] = [];
  for (const argument of site.arguments()) {
    if (argument.kind !== "constant") return undefined;
    given.push(argument.value);
  }
  const on = node.callee.type === "MemberExpression" && lowering.expression(node.callee.object);
  const receiver = on && on.kind === "constant" ? on.value : undefined;
  return constant(
    whenCompiling(lowering, node, (): unknown => Reflect.apply(callee, receiver, given)),
  );
}
