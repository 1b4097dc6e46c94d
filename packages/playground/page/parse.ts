/**
 * The parser of the page: Babel's, which is JavaScript alone, made to answer as oxc does.
 *
 * Both make trees of TS-ESTree. They differ in that oxc has a property for everything that may be there, null where nothing
 * is, and Babel leaves it out; and in where the pieces of templates begin. What the trees mean is not known here.
 * @module
 */
import { parse as parseBabel } from "@babel/parser";
import type { Parse } from "ts-ebpf/capture";

/** A parser for `useParser`. */
export const parse: Parse = (_path, text, { sourceType }) => {
  try {
    const { program } = parseBabel(text, {
      sourceType: sourceType === "commonjs" ? "script" : sourceType,
      plugins: ["typescript", "estree"],
      createParenthesizedExpressions: false,
      attachComment: false,
    });
    return { program: complete(program as unknown as Node) as unknown as Tree, errors: [] };
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return { program: undefined as unknown as Tree, errors: [problemOf(error)] };
  }
};

/** Babel's errors have a place of their own. */
type PlacedError = SyntaxError & {
  readonly pos: number;
};

function problemOf(error: SyntaxError): ReturnType<Parse>["errors"][number] {
  const { message, pos } = error as PlacedError;
  // Babel ends its messages with the place.
  return { message: message.replace(/ \(\d+:\d+\)$/, ""), labels: [{ start: pos, end: pos }] };
}

type Tree = ReturnType<Parse>["program"];
type Node = Record<string, unknown> & { readonly type: string };

/** The node, and all below it, with what oxc writes and Babel does not. It is changed in place. */
function complete(node: Node): Node {
  for (const key of dropped) delete node[key];
  for (const key of nullable[node.type] ?? []) node[key] ??= null;
  if (node.type === "TemplateElement") widen(node);
  if (node.type === "Identifier") Object.assign(node, { decorators: [], optional: false, ...node });
  for (const value of Object.values(node)) completeValue(value);
  return node;
}

function completeValue(value: unknown): void {
  if (Array.isArray(value)) value.forEach(completeValue);
  else if (typeof value === "object" && value !== null && "type" in value) complete(value as Node);
}

const dropped = ["loc", "extra", "errors", "interpreter"];

/** Properties that may be null, by the type of the node. */
const nullable: { readonly [type: string]: readonly string[] } = {
  ArrayPattern: ["typeAnnotation"],
  ArrowFunctionExpression: ["returnType", "typeParameters"],
  AssignmentPattern: ["typeAnnotation"],
  CallExpression: ["typeArguments"],
  ClassDeclaration: ["superTypeArguments", "typeParameters"],
  ClassExpression: ["superTypeArguments", "typeParameters"],
  ExpressionStatement: ["directive"],
  FunctionDeclaration: ["returnType", "typeParameters"],
  FunctionExpression: ["returnType", "typeParameters"],
  Identifier: ["typeAnnotation"],
  ImportExpression: ["phase"],
  MethodDefinition: ["accessibility"],
  NewExpression: ["typeArguments"],
  ObjectPattern: ["typeAnnotation"],
  Program: ["hashbang"],
  PropertyDefinition: ["accessibility", "typeAnnotation"],
  RestElement: ["typeAnnotation", "value"],
  TSAbstractMethodDefinition: ["accessibility"],
  TSAbstractPropertyDefinition: ["accessibility"],
  TSClassImplements: ["typeArguments"],
  TSConstructorType: ["typeParameters"],
  TSDeclareFunction: ["body", "typeParameters"],
  TSEmptyBodyFunctionExpression: ["typeParameters"],
  TSFunctionType: ["typeParameters"],
  TSIndexSignature: ["accessibility"],
  TSInterfaceDeclaration: ["typeParameters"],
  TSInterfaceHeritage: ["typeArguments"],
  TSMappedType: ["readonly"],
  TSMethodSignature: ["accessibility", "returnType", "typeParameters"],
  TSPropertySignature: ["accessibility"],
  TSTypeAliasDeclaration: ["typeParameters"],
  TSTypeParameter: ["constraint", "default"],
  TSTypeQuery: ["typeArguments"],
  TSTypeReference: ["typeArguments"],
  TaggedTemplateExpression: ["typeArguments"],
};

/** With the signs around it, as in TS-ESTree: `` ` `` or `}` in front, `${` or `` ` `` behind. */
function widen(node: Node): void {
  node["start"] = (node["start"] as number) - 1;
  node["end"] = (node["end"] as number) + (node["tail"] === true ? 1 : 2);
}
