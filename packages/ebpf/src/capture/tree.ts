/**
 * Walking syntax trees.
 *
 * A node is any object with a `type`; whatever else such an object holds that is a node, or an array of nodes, is its
 * child. Nothing here knows a kind of node, so new syntax needs no change.
 * @module
 */
import type { ArrowFunctionExpression, Function as FunctionNode, Node } from "@oxc-project/types";

/** A node that is a function of whatever kind. */
export type AnyFunction = ArrowFunctionExpression | FunctionNode;

/** Whether `value`, found in a tree, is a node. */
export function isNode(value: unknown): value is Node {
  return (
    typeof value === "object" &&
    value !== null &&
    typeof (value as { type?: unknown }).type === "string"
  );
}

/** The nodes directly inside of `node`, in the order of its properties. */
export function childrenOf(node: Node): readonly Node[] {
  const children: Node[] = [];
  for (const value of Object.values(node)) {
    if (isNode(value)) children.push(value);
    else if (Array.isArray(value)) children.push(...value.filter(isNode));
  }
  return children;
}

/** Whether the node is a function with a body; declarations of types and overloads are not. */
export function isFunction(node: Node): node is AnyFunction {
  return (
    node.type === "ArrowFunctionExpression" ||
    node.type === "FunctionExpression" ||
    node.type === "FunctionDeclaration"
  );
}

/** The text of a directive such as "use strict"; `undefined` for every other statement. */
export function directiveOf(statement: Node | undefined): string | undefined {
  if (statement?.type !== "ExpressionStatement") return undefined;
  const isDirective = "directive" in statement && statement.directive !== null;
  const { expression } = statement;
  if (!isDirective || expression.type !== "Literal") return undefined;
  return typeof expression.value === "string" ? expression.value : undefined;
}

/**
 * Calls `enter` with each node, from the outside in, and with the nodes around it, the nearest last. Where it returns
 * `false`, what is inside is skipped.
 */
export function walk(
  node: Node,
  enter: (node: Node, around: readonly Node[]) => boolean,
  around: Node[] = [],
): void {
  if (!enter(node, around)) return;
  around.push(node);
  for (const child of childrenOf(node)) walk(child, enter, around);
  around.pop();
}
