/**
 * Calls: conversions, structs, builtin functions, methods, and functions marked "use bpf".
 * @module
 */
import type { CallExpression, Expression } from "@oxc-project/types";
import { findFunction, findMethod, methodHint } from "../builtins/registry.ts";
import { CallSite } from "../call-site.ts";
import { describeEntity } from "../describe.ts";
import type { Entity } from "../entity.ts";
import { isLayout } from "../layout-types.ts";
import { callWhenCompiling } from "../builtins/constant-functions.ts";
import { callLayout } from "../builtins/conversions.ts";
import { callSubprogram } from "../builtins/subprogram.ts";
import type { Lowering } from "../lowering.ts";

const callableHint = "functions from outside can be called, and methods of maps and text";

/** A call. */
export function lowerCall(lowering: Lowering, node: CallExpression): Entity {
  const callee = lowering.expression(node.callee);
  if (callee.kind === "method") return callMethod(lowering, node, callee);
  if (callee.kind === "special" && callee.call !== undefined) {
    return callee.call(new CallSite(lowering, node, { name: callee.description }));
  }
  if (callee.kind === "constant") return callConstant(lowering, node, callee.value);
  return lowering.fail(node.callee, `${describeEntity(callee)} is not a function`, callableHint);
}

function callMethod(
  lowering: Lowering,
  node: CallExpression,
  { receiver, name }: Extract<Entity, { kind: "method" }>,
): Entity {
  const method = findMethod(receiver, name);
  const callee = receiver.kind === "constant" ? receiver.value : undefined;
  const site = new CallSite(lowering, node, { name, receiver, callee });
  if (method !== undefined) return method(site);
  const message = `${describeEntity(receiver)} has no method "${name}"`;
  return lowering.fail(node.callee, message, methodHint(receiver, name));
}

/** A call of a value of the running program. */
function callConstant(lowering: Lowering, node: CallExpression, callee: unknown): Entity {
  const name = nameOf(node.callee);
  const site = new CallSite(lowering, node, { name, callee });
  if (isLayout(callee)) return callLayout(site, callee);
  const builtin = findFunction(callee);
  if (builtin !== undefined) return builtin(site);
  const known = callWhenCompiling(site);
  if (known !== undefined) return known;
  if (typeof callee === "function") return callSubprogram(site, callee as () => unknown);
  return lowering.fail(node.callee, `${name} is not a function`, callableHint);
}

function nameOf(node: Expression): string {
  if (node.type === "Identifier") return node.name;
  if (node.type === "MemberExpression" && node.property.type === "Identifier") {
    return node.property.name;
  }
  return "this";
}
