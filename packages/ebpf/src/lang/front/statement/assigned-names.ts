/**
 * Which names a function assigns to: those become variables, all others stand for one thing.
 * @module
 */
import type { Node } from "@oxc-project/types";

/** Names that `root` assigns to, wherever it does; names that two blocks declare count as one. */
export function assignedNames(root: Node): ReadonlySet<string> {
  const names = new Set<string>();
  visit(root, (node) => {
    if (node.type === "AssignmentExpression") addTarget(names, node.left);
    if (node.type === "UpdateExpression") addTarget(names, node.argument);
  });
  return names;
}

function addTarget(names: Set<string>, target: Node): void {
  if (target.type === "Identifier") names.add(target.name);
  else if ("expression" in target && target.type !== "ArrowFunctionExpression") {
    addTarget(names, target.expression as Node);
  }
}

/** What a visitor returns to leave out what is inside of a node. */
export const skip: unique symbol = Symbol("skip");

/** Visits a node and all that are in it. */
export function visit(node: Node, visitor: (node: Node) => unknown): void {
  if (visitor(node) === skip) return;
  for (const [key, value] of Object.entries(node)) {
    if (key === "parent") continue;
    for (const child of Array.isArray(value) ? value : [value]) {
      if (isNode(child)) visit(child, visitor);
    }
  }
}

function isNode(value: unknown): value is Node {
  return typeof value === "object" && value !== null && "type" in value;
}
