/**
 * The functions of a file, and which of them are marked "use bpf".
 *
 * The mark is a directive: the first statement of the body and nothing but the text. What has no statement of its own
 * to be wrapped in, a method or an accessor, is told apart, since it cannot be captured the same way everywhere.
 * @module
 */
import type { Node, Program } from "@oxc-project/types";
import { type AnyFunction, directiveOf, isFunction, walk } from "./tree.ts";

/** A function of a file. */
export interface FoundFunction {
  readonly node: AnyFunction;
  /** Its own name or that of the constant or property it is given to; empty for none. */
  readonly name: string;
  readonly marked: boolean;
  /** Whether it is a method, an accessor or a constructor. */
  readonly method: boolean;
  /** The nodes it is in, the nearest last. */
  readonly around: readonly Node[];
}

/** All functions marked "use bpf" that are not inside of another, in order. */
export function markedFunctions(program: Program): readonly FoundFunction[] {
  const found: FoundFunction[] = [];
  walk(program, (node, around) => {
    if (!isFunction(node) || !isMarked(node)) return true;
    found.push(describe(node, around));
    return false;
  });
  return found;
}

/**
 * The function whose head, which is all before the body, covers `offset`; the innermost of several. This is how V8
 * gives the place of a function: where it begins or where its parameters do.
 */
export function functionAt(program: Program, offset: number): FoundFunction | undefined {
  let found: FoundFunction | undefined;
  walk(program, (node, around) => {
    if (offset < node.start || offset >= node.end) return false;
    if (isFunction(node) && node.body !== null && offset <= node.body.start)
      found = describe(node, around);
    return true;
  });
  return found;
}

function describe(node: AnyFunction, around: readonly Node[]): FoundFunction {
  const parent = around.at(-1);
  return {
    node,
    name: nameOf(node, around),
    marked: isMarked(node),
    method: parent !== undefined && isMethod(parent, node),
    around: [...around],
  };
}

function isMarked({ body }: AnyFunction): boolean {
  return body?.type === "BlockStatement" && directiveOf(body.body[0]) === "use bpf";
}

function isMethod(parent: Node, node: AnyFunction): boolean {
  if (parent.type === "MethodDefinition") return true;
  return (
    parent.type === "Property" && parent.value === node && (parent.method || parent.kind !== "init")
  );
}

/** The nearest name around: through calls, conversions and parentheses, up to what they are given to. */
function nameOf(node: AnyFunction, around: readonly Node[]): string {
  if (node.id !== null) return node.id.name;
  let inner: Node = node;
  for (const outer of around.toReversed()) {
    if (outer.type === "VariableDeclarator") return identifierName(outer.id);
    if (outer.type === "AssignmentExpression") return identifierName(outer.left);
    if ("key" in outer && "value" in outer)
      return outer.value === inner ? identifierName(outer.key) : "";
    if (!passesOn.has(outer.type)) return "";
    inner = outer;
  }
  return "";
}

const passesOn: ReadonlySet<string> = new Set([
  "CallExpression",
  "ParenthesizedExpression",
  "TSAsExpression",
  "TSSatisfiesExpression",
  "TSNonNullExpression",
]);

function identifierName(node: Node): string {
  if (node.type === "Identifier") return node.name;
  return node.type === "Literal" && typeof node.value === "string" ? node.value : "";
}
