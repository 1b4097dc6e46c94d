/**
 * What names a node declares for all that is inside of it.
 *
 * `var` and functions belong to the function around them, the rest to the block. A function has two scopes: its
 * parameters, which is the node itself, and its body. Names of types are kept apart from those of values, since both may
 * bear the same name.
 * @module
 */
import type { ImportDeclaration, ImportDeclarationSpecifier, Node } from "@oxc-project/types";
import { type AnyFunction, childrenOf, isFunction } from "./tree.ts";

/** What a name stands for: of an import only its uses tell whether it is a value. */
export interface Binding {
  readonly kind: "value" | "import" | "type";
}

/** The declared names of one scope. */
export type Bindings = ReadonlyMap<string, Binding>;

/** The names that `node` declares for its inside; `undefined` when it makes no scope. */
export function bindings(node: Node): Bindings | undefined {
  const declare = scopes[node.type];
  if (declare === undefined) return undefined;
  const into = new Map<string, Binding>();
  declare(node as never, into);
  return into;
}

type Names = Map<string, Binding>;

type Declare<Type> = (node: Extract<Node, { type: Type }>, into: Names) => void;

const scopes: { readonly [Type in Node["type"]]?: Declare<Type> } = {
  Program: (node, into) => declareBody(node.body, into),
  FunctionDeclaration: declareParameters,
  FunctionExpression: declareParameters,
  ArrowFunctionExpression: declareParameters,
  BlockStatement: (node, into) => declareBody(node.body, into),
  StaticBlock: (node, into) => declareBody(node.body, into),
  TSModuleBlock: (node, into) => declareBody(node.body, into),
  SwitchStatement: (node, into) =>
    declareStatements(
      node.cases.flatMap(({ consequent }) => consequent),
      into,
    ),
  ForStatement: (node, into) => declareStatements(node.init === null ? [] : [node.init], into),
  ForInStatement: (node, into) => declareStatements([node.left], into),
  ForOfStatement: (node, into) => declareStatements([node.left], into),
  CatchClause: (node, into) => declarePattern(node.param, into),
  ClassExpression: (node, into) => declareClass(node, into),
  ClassDeclaration: (node, into) => declareClass(node, into),
};

function declareParameters(node: AnyFunction, into: Names): void {
  if (node.type === "FunctionExpression") declarePattern(node.id, into);
  if (node.type !== "ArrowFunctionExpression") declare("arguments", "value", into);
  for (const { name } of node.typeParameters?.params ?? []) declare(name.name, "type", into);
  for (const parameter of node.params) declarePattern(parameter, into);
}

function declareClass(
  node: Extract<Node, { type: "ClassExpression" | "ClassDeclaration" }>,
  into: Names,
): void {
  declarePattern(node.id, into);
  for (const { name } of node.typeParameters?.params ?? []) declare(name.name, "type", into);
}

/** The declarations of a body, and the `var`s of all blocks in it. Those of a plain block are declared too high by that,
 * which changes nothing: the function around declares the same. */
function declareBody(statements: readonly Node[], into: Names): void {
  declareStatements(statements, into);
  for (const statement of statements) declareVars(statement, into);
}

function declareVars(node: Node, into: Names): void {
  if (isFunction(node)) return;
  if (node.type === "VariableDeclaration" && node.kind === "var") declareStatement(node, into);
  for (const child of childrenOf(node)) declareVars(child, into);
}

function declareStatements(statements: readonly Node[], into: Names): void {
  for (const statement of statements) declareStatement(statement, into);
}

function declareStatement(statement: Node, into: Names): void {
  statements[statement.type]?.(statement as never, into);
}

const statements: { readonly [Type in Node["type"]]?: Declare<Type> } = {
  VariableDeclaration: ({ declarations }, into) => {
    for (const { id } of declarations) declarePattern(id, into);
  },
  FunctionDeclaration: ({ id }, into) => declarePattern(id, into),
  ClassDeclaration: ({ id }, into) => declarePattern(id, into),
  TSEnumDeclaration: ({ id }, into) => declarePattern(id, into),
  TSModuleDeclaration: ({ id }, into) => declarePattern(id, into),
  TSImportEqualsDeclaration: ({ id }, into) => declare(id.name, "import", into),
  TSInterfaceDeclaration: ({ id }, into) => declare(id.name, "type", into),
  TSTypeAliasDeclaration: ({ id }, into) => declare(id.name, "type", into),
  ImportDeclaration: (node, into) => {
    for (const specifier of node.specifiers)
      declare(specifier.local.name, importedKind(node, specifier), into);
  },
  ExportNamedDeclaration: ({ declaration }, into) => {
    if (declaration !== null) declareStatement(declaration, into);
  },
  ExportDefaultDeclaration: ({ declaration }, into) => declareStatement(declaration, into),
};

function importedKind(
  { importKind, source }: ImportDeclaration,
  specifier: ImportDeclarationSpecifier,
): Binding["kind"] {
  if (specifier.type !== "ImportSpecifier") return importKind === "type" ? "type" : "import";
  if (importKind === "type" || specifier.importKind === "type") return "type";
  const { imported } = specifier;
  const scalar = imported.type === "Identifier" && scalarName.test(imported.name);
  return scalar && /^ts-ebpf(\/|$)/.test(source.value) ? "value" : "import";
}

/** Names of this library that are a type and a layout at once, such as `u32`; parameters are annotated with them. */
const scalarName = /^(u|s|be)\d+$/;

/** Declares every name of a pattern; `null` and what is no pattern declares nothing. */
function declarePattern(pattern: Node | null, into: Names): void {
  if (pattern !== null) patterns[pattern.type]?.(pattern as never, into);
}

const patterns: { readonly [Type in Node["type"]]?: Declare<Type> } = {
  Identifier: ({ name }, into) => declare(name, "value", into),
  ArrayPattern: ({ elements }, into) => {
    for (const element of elements) declarePattern(element, into);
  },
  ObjectPattern: ({ properties }, into) => {
    for (const property of properties) declarePattern(property, into);
  },
  Property: ({ value }, into) => declarePattern(value, into),
  AssignmentPattern: ({ left }, into) => declarePattern(left, into),
  RestElement: ({ argument }, into) => declarePattern(argument, into),
  TSParameterProperty: ({ parameter }, into) => declarePattern(parameter, into),
};

/** A value outweighs a type of the same name. */
function declare(name: string, kind: Binding["kind"], into: Names): void {
  if (kind === "type" && into.has(name)) return;
  into.set(name, { kind });
}
