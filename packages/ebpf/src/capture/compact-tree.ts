/**
 * Syntax trees as short text, without loss.
 *
 *     [["Identifier name optional", …], [shape, start, length, value, …]]
 *
 * Nodes of one type hold the same properties in the same order, so their names are written once, in a table of shapes.
 * Places are distances to the node around; values that are null at the end are left away. What is no node is written as
 * it is. The format is read by the version that wrote it and by no other.
 * @module
 */
import type { Node } from "@oxc-project/types";
import { MalformedError } from "../base/errors.ts";
import { isNode } from "./tree.ts";

/** The text of a tree; where the outermost node starts is not part of it. */
export function encodeTree(root: Node): string {
  const shapes = new Map<string, number>();
  const tree = encodeNode(root, { shapes, from: root.start });
  return JSON.stringify([[...shapes.keys()], tree]);
}

/**
 * The tree of a text made by {@link encodeTree}, its outermost node starting at `start`.
 * @throws {MalformedError} The text was not made by it.
 */
export function decodeTree(text: string, start: number): Node {
  try {
    const [shapes, tree] = JSON.parse(text) as [readonly string[], Encoded];
    const decoding = { shapes: shapes.map((shape) => shape.split(" ")), from: start };
    return decodeValue(tree, decoding) as Node;
  } catch (cause) {
    throw new MalformedError("TREE", "the syntax tree beside the function is damaged", { cause });
  }
}

/**
 * A value in JSON. Arrays are told apart by their first item: the number of a shape, or {@link list}. Objects hold one
 * property: `big`, a bigint; `plain`, an object that is no node.
 */
type Encoded =
  | string
  | number
  | boolean
  | null
  | readonly Encoded[]
  | { readonly big: string }
  | { readonly plain: Readonly<Record<string, unknown>> };

/** First item of an array that is a list of values. */
const list = -1;

interface Encoding {
  readonly shapes: Map<string, number>;
  /** Start of the node around. */
  readonly from: number;
}

function encodeNode(node: Node, { shapes, from }: Encoding): Encoded {
  const { type, start, end, ...rest } = node;
  const shape = [type, ...Object.keys(rest)].join(" ");
  if (!shapes.has(shape)) shapes.set(shape, shapes.size);
  const values = Object.values(rest).map((value) => encodeValue(value, { shapes, from: start }));
  while (values.at(-1) === null) values.pop();
  return [shapes.get(shape)!, start - from, end - start, ...values];
}

function encodeValue(value: unknown, encoding: Encoding): Encoded {
  if (Array.isArray(value)) return [list, ...value.map((item) => encodeValue(item, encoding))];
  if (isNode(value)) return encodeNode(value, encoding);
  if (typeof value === "bigint") return { big: value.toString() };
  if (value instanceof RegExp) return null;
  if (typeof value === "object" && value !== null) return { plain: { ...value } };
  return value as string | number | boolean | null;
}

interface Decoding {
  readonly shapes: readonly (readonly string[])[];
  /** Start of the node around. */
  readonly from: number;
}

function decodeValue(value: Encoded, decoding: Decoding): unknown {
  if (typeof value !== "object" || value === null) return value;
  if ("big" in value) return BigInt(value.big);
  if ("plain" in value) return value.plain;
  const [shape, ...rest] = value as readonly [number, ...Encoded[]];
  return shape === list
    ? rest.map((item) => decodeValue(item, decoding))
    : decodeNode(decoding.shapes[shape]!, rest, decoding);
}

function decodeNode(
  [type, ...keys]: readonly string[],
  [distance, length, ...values]: readonly Encoded[],
  { shapes, from }: Decoding,
): unknown {
  const start = from + (distance as number);
  const node: Record<string, unknown> = { type, start, end: start + (length as number) };
  for (const [index, key] of keys.entries())
    node[key] = decodeValue(values[index] ?? null, { shapes, from: start });
  return node;
}
