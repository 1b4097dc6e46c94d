/**
 * The syntax of a generated function: walking through it, and leaving out its types.
 * @module
 */
import { parseSync } from "oxc-parser";

/** A node of the syntax, with its place in the text of the function. */
export interface SyntaxNode {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly children: readonly SyntaxNode[];
}

interface RawNode {
  readonly type: string;
  readonly start: number;
  readonly end: number;
}

const prefix = "const it = ";

/** All nodes of a function's text, each before its parts; none when it cannot be parsed. */
export function nodesOf(text: string): SyntaxNode[] {
  const { program, errors } = parseSync("program.ts", prefix + text);
  if (errors.length > 0) return [];
  const all = flatten(nodeOf(program));
  return all.filter(({ start }) => start >= 0);
}

/** The text without what only TypeScript knows. */
export function withoutTypes(text: string): string {
  const types = nodesOf(text).filter(({ type }) => type === "TSTypeAnnotation");
  return types.reduceRight((left, { start, end }) => left.slice(0, start) + left.slice(end), text);
}

function nodeOf(raw: RawNode): SyntaxNode {
  const children = Object.values(raw).flat().filter(isNode).map(nodeOf);
  const [start, end] = [raw.start - prefix.length, raw.end - prefix.length];
  return { type: raw.type, start, end, children };
}

function isNode(value: unknown): value is RawNode {
  return typeof value === "object" && value !== null && "type" in value && "start" in value;
}

function flatten(node: SyntaxNode): SyntaxNode[] {
  return [node, ...node.children.flatMap(flatten)];
}
