/**
 * The names a function takes from around it.
 *
 * The tree is walked once with a chain of scopes; a name that is used inside of a function and declared outside of it,
 * but in the same file, is captured. Globals are not: they need no help to be found. Types are not values, except where
 * a file shows that a name is both.
 * @module
 */
import type { Node, Program } from "@oxc-project/types";
import { bindings, type Binding, type Bindings } from "./bindings.ts";
import { type AnyFunction, childrenOf, isFunction } from "./tree.ts";

/** The captured names of each of `functions`, in the order of their first use. */
export function capturedNames(
  program: Program,
  functions: readonly AnyFunction[],
): ReadonlyMap<AnyFunction, readonly string[]> {
  const search = new Search(functions);
  search.visit(program, undefined);
  return search.result();
}

/** The names declared in one place, inside of those around it. */
interface Scope {
  readonly bindings: Bindings;
  readonly outer: Scope | undefined;
  /** How many of the functions asked for this scope is in. */
  readonly depth: number;
}

/** A use of a name inside of a function asked for. */
interface Use {
  readonly fn: AnyFunction;
  readonly name: string;
  readonly binding: Binding;
  readonly asType: boolean;
}

class Search {
  readonly #functions: ReadonlySet<Node>;
  /** The functions asked for that are being visited, the outermost first. */
  readonly #inside: AnyFunction[] = [];
  readonly #uses: Use[] = [];
  /** Imports that some expression uses, so they are values. */
  readonly #values = new Set<Binding>();

  constructor(functions: readonly AnyFunction[]) {
    this.#functions = new Set(functions);
  }

  result(): ReadonlyMap<AnyFunction, readonly string[]> {
    const names = new Map<AnyFunction, Set<string>>();
    for (const fn of this.#functions) names.set(fn as AnyFunction, new Set());
    for (const { fn, name, binding, asType } of this.#uses)
      if (asType ? this.#isValue(binding) : binding.kind !== "type") names.get(fn)!.add(name);
    return new Map([...names].map(([fn, found]) => [fn, [...found]]));
  }

  visit(node: Node, scope: Scope | undefined): void {
    if (this.#functions.has(node)) {
      this.#inside.push(node as AnyFunction);
      this.#visitInner(node, scope);
      this.#inside.pop();
    } else this.#visitInner(node, scope);
  }

  #visitInner(node: Node, outer: Scope | undefined): void {
    const declared = bindings(node);
    const scope =
      declared === undefined ? outer : { bindings: declared, outer, depth: this.#inside.length };
    if (node.type === "Identifier") this.#use(node.name, scope, "value");
    if (node.type === "TSTypeReference") this.#visitReference(node.typeName, scope, node);
    else for (const child of namesIn(node)) this.visit(child, scope);
  }

  #visitReference(name: Node, scope: Scope | undefined, reference: Node): void {
    if (name.type === "Identifier") this.#use(name.name, scope, "type");
    else this.visit(name, scope);
    for (const child of childrenOf(reference)) if (child !== name) this.visit(child, scope);
  }

  #use(name: string, from: Scope | undefined, as: "type" | "value"): void {
    let scope = from;
    while (scope !== undefined && !scope.bindings.has(name)) scope = scope.outer;
    if (scope === undefined) return;
    const binding = scope.bindings.get(name)!;
    if (as === "value") this.#values.add(binding);
    for (const fn of this.#inside.slice(scope.depth))
      this.#uses.push({ fn, name, binding, asType: as === "type" });
  }

  #isValue(binding: Binding): boolean {
    return binding.kind === "value" || (binding.kind === "import" && this.#values.has(binding));
  }
}

/** The children of a node that can hold uses of names; labels, keys and members are no uses. */
function namesIn(node: Node): readonly Node[] {
  const skipped: readonly (Node | null)[] = isFunction(node)
    ? [node.id]
    : (names[node.type]?.(node as never) ?? []);
  return childrenOf(node).filter((child) => !skipped.includes(child));
}

/** By type of node: the children that are names of something else than a variable. */
const names: { readonly [Type in Node["type"]]?: (node: Extract<Node, { type: Type }>) => Node[] } =
  {
    MemberExpression: ({ computed, property }) => (computed ? [] : [property]),
    Property: ({ computed, key }) => (computed ? [] : [key]),
    PropertyDefinition: ({ computed, key }) => (computed ? [] : [key]),
    AccessorProperty: ({ computed, key }) => (computed ? [] : [key]),
    MethodDefinition: ({ computed, key }) => (computed ? [] : [key]),
    LabeledStatement: ({ label }) => [label],
    BreakStatement: ({ label }) => (label === null ? [] : [label]),
    ContinueStatement: ({ label }) => (label === null ? [] : [label]),
    MetaProperty: ({ meta, property }) => [meta, property],
    ImportDeclaration: (node) => [...childrenOf(node)],
    TSPropertySignature: ({ computed, key }) => (computed ? [] : [key]),
    TSMethodSignature: ({ computed, key }) => (computed ? [] : [key]),
    TSQualifiedName: ({ right }) => [right],
    TSEnumMember: ({ id }) => [id],
    TSNamedTupleMember: ({ label }) => [label],
    TSTypePredicate: ({ parameterName }) => [parameterName],
  };
