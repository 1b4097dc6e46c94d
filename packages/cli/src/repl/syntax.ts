/**
 * Questions about syntax trees of TS-ESTree.
 * @module
 */

/** A node, as far as it is looked at. */
interface Node {
  readonly type: string;
}

/** Whether something in `node` waits, outside of functions in it. */
export function topAwaits(node: unknown): boolean {
  if (Array.isArray(node)) return node.some(topAwaits);
  if (!isNode(node)) return false;
  if (node.type === "AwaitExpression" || (node as { await?: unknown }).await === true) return true;
  if (/Function|^(Method|Property)Definition$|^StaticBlock$/.test(node.type)) return false;
  return Object.values(node).some(topAwaits);
}

/** Names that a pattern binds: `{ a, b: [c] }` binds `a` and `c`. */
export function namesIn(pattern: unknown): readonly string[] {
  if (!isNode(pattern)) return [];
  const node = pattern as Readonly<Record<string, unknown>> & Node;
  switch (node.type) {
    case "Identifier":
      return [node["name"] as string];
    case "ObjectPattern":
      return (node["properties"] as readonly unknown[]).flatMap(namesIn);
    case "ArrayPattern":
      return (node["elements"] as readonly unknown[]).flatMap(namesIn);
    case "Property":
      return namesIn(node["value"]);
    case "AssignmentPattern":
      return namesIn(node["left"]);
    case "RestElement":
      return namesIn(node["argument"]);
    default:
      return [];
  }
}

function isNode(value: unknown): value is Node {
  return typeof value === "object" && value !== null && "type" in value;
}
