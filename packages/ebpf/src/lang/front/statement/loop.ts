/**
 * Loops: `while`, `do`, `for`, and `for … of` over what can be iterated.
 *
 * A loop stays a loop of the machine; that it ends is for the verifier to see, which follows it round by round.
 * @module
 */
import type {
  ArrayExpression,
  ArrowFunctionExpression,
  Expression,
  Node,
  Statement,
} from "@oxc-project/types";
import type { Binding } from "../entity.ts";
import { iterateInLoop, mostUnrolled } from "../builtins/loops.ts";
import { constant, type Entity, type LoopBody, undefinedEntity } from "../entity.ts";
import { elementBy } from "../expression/member.ts";
import { assertPresent } from "../memory/present.ts";
import { pointeePlace } from "../memory/place.ts";
import { toNumber, valueOf } from "../scalar.ts";
import { arrayNode } from "../special-literal.ts";
import { whenCompiling } from "../when-compiling.ts";
import type { FlowEnd, JumpTarget, Lowering } from "../lowering.ts";
import { describeEntity } from "../describe.ts";
import type { SourceRange } from "../diagnostics.ts";
import { assignedNames, skip, visit } from "./assigned-names.ts";
import { bindPattern, lowerDeclaration } from "./declaration.ts";

type NodeOf<Type extends Statement["type"]> = Extract<Statement, { type: Type }>;

/** The parts of a loop. */
interface LoopParts {
  readonly node: Statement;
  readonly label: string | undefined;
  /** Missing: it goes on until something leaves it. */
  readonly test?: Expression | undefined;
  readonly body: () => void;
  readonly update?: (() => void) | undefined;
  /** Whether the body runs before the first test. */
  readonly bodyFirst?: boolean;
}

/** `while (test) body`. */
export function lowerWhile(
  lowering: Lowering,
  node: NodeOf<"WhileStatement">,
  label?: string,
): void {
  const { test } = node;
  lowerLoop(lowering, { node, label, test, body: () => lowering.statement(node.body) });
}

/** `do body while (test)`. */
export function lowerDoWhile(
  lowering: Lowering,
  node: NodeOf<"DoWhileStatement">,
  label?: string,
): void {
  const { test } = node;
  const body = (): void => lowering.statement(node.body);
  lowerLoop(lowering, { node, label, test, body, bodyFirst: true });
}

/** `for (init; test; update) body`. */
export function lowerFor(lowering: Lowering, node: NodeOf<"ForStatement">, label?: string): void {
  lowering.inScope(() => {
    const { init, test, update } = node;
    if (init?.type === "VariableDeclaration") lowerDeclaration(lowering, init);
    else if (init) lowering.expression(init);
    lowerLoop(lowering, {
      node,
      label,
      test: test ?? undefined,
      body: () => lowering.statement(node.body),
      update: update ? () => void lowering.expression(update) : undefined,
    });
  });
}

/** Lowers a loop. What its body assigns to is not known to be anything at its start. */
export function lowerLoop(lowering: Lowering, parts: LoopParts): void {
  const { builder } = lowering;
  forgetAssigned(lowering, parts.node);
  const after = lowering.flowEnd();
  builder.inLoop(() => {
    const head = lowering.flowEnd();
    const next = lowering.flowEnd();
    lowering.jump(head);
    builder.current = head.block;
    const facts = lowering.facts;
    if (!parts.bodyFirst) testLoop(lowering, parts.test, after);
    lowerBody(lowering, parts, { break: after, continue: next });
    lowering.enter(next);
    if (next.facts !== undefined) {
      parts.update?.();
      repeat(lowering, parts, { head, after, facts });
    }
    builder.seal(head.block);
  });
  lowering.enter(after);
}

/** At the end of a round: back to the head, or out. */
function repeat(
  lowering: Lowering,
  { bodyFirst, test }: LoopParts,
  {
    head,
    after,
    facts,
  }: {
    readonly head: FlowEnd;
    readonly after: FlowEnd;
    readonly facts: ReadonlySet<Binding>;
  },
): void {
  if (bodyFirst === true) testLoop(lowering, test, after);
  lowering.facts = facts;
  lowering.jump(head);
}

function testLoop(lowering: Lowering, test: Expression | undefined, after: FlowEnd): void {
  if (test === undefined) return;
  const inside = lowering.flowEnd();
  lowering.condition(test, { then: inside, else: after });
  lowering.enter(inside);
}

function lowerBody(
  lowering: Lowering,
  { label, body }: LoopParts,
  ends: Pick<JumpTarget, "break"> & { readonly continue: FlowEnd },
): void {
  lowering.jumpTargets.push({ label, ...ends, guards: lowering.guards.length });
  body();
  lowering.jumpTargets.pop();
  lowering.jump(ends.continue);
}

/** Facts about names that a statement assigns to do not hold throughout it. */
export function forgetAssigned(lowering: Lowering, node: Statement): void {
  const assigned = assignedNames(node);
  const kept = [...lowering.facts].filter(({ name }) => !assigned.has(name));
  lowering.facts = new Set(kept);
}

/** `for (const x of iterable) body`. */
export function lowerForOf(
  lowering: Lowering,
  node: NodeOf<"ForOfStatement">,
  label?: string,
): void {
  const iterable = lowering.expression(node.right);
  const body = (element: Entity): void => lowerElement(lowering, node, element);
  if (iterable.kind === "special" && iterable.iterate !== undefined) {
    forgetAssigned(lowering, node);
    const asFunction = (): ArrowFunctionExpression => functionOf(lowering, node);
    const returns = firstReturn(node.body) !== undefined;
    iterable.iterate(lowering, { body, asFunction, returns, node: node.right, label });
  } else if (iterable.kind === "constant" && isIterable(iterable.value)) {
    const elements = elementsOf(lowering, iterable.value, node.right);
    unroll(lowering, { elements, body, label });
  } else if (arrayNode(iterable) !== undefined) {
    const elements = literalElements(lowering, arrayNode(iterable)!);
    unroll(lowering, { elements, body, label });
  } else if (lowerArray(lowering, iterable, { body, label }, node)) {
    return;
  } else {
    lowering.fail(
      node.right,
      `${describeEntity(iterable)} cannot be iterated`,
      "count with range(n), or with for (let i = 0; i < n; i++)",
    );
  }
}

/** The loop as a function of what its name is in each round. */
function functionOf(lowering: Lowering, node: NodeOf<"ForOfStatement">): ArrowFunctionExpression {
  const { left, body, start, end } = node;
  if (left.type !== "VariableDeclaration") return failName(lowering, left);
  const returning = firstReturn(body);
  if (returning !== undefined) {
    const hint = "keep the result in a variable, break, and return it behind the loop";
    const message = "return out of a range whose bounds are not known needs Linux 6.4";
    lowering.fail(returning, message, hint);
  }
  const block = body.type === "BlockStatement" ? body : { type: "BlockStatement", body: [body] };
  const parts = { params: [left.declarations[0]!.id], body: { start, end, ...block } };
  const kind = { type: "ArrowFunctionExpression", async: false, generator: false } as const;
  return { ...kind, ...parts, start, end } as unknown as ArrowFunctionExpression;
}

/** The first statement that returns out of the function `body` belongs to. */
function firstReturn(body: Statement): Node | undefined {
  const found: Node[] = [];
  visit(body, (inner) => {
    if (inner.type === "ReturnStatement") found.push(inner);
    return isFunction(inner) ? skip : undefined;
  });
  return found[0];
}

function isFunction({ type }: Node): boolean {
  return type === "ArrowFunctionExpression" || type === "FunctionExpression";
}

function failName(lowering: Lowering, node: SourceRange): never {
  return lowering.fail(node, "the loop needs a name of its own", "write for (const x of …)");
}

function literalElements(lowering: Lowering, { elements }: ArrayExpression): Entity[] {
  return elements.map((element) => {
    if (element === null) return undefinedEntity;
    if (element.type === "SpreadElement") {
      return lowering.fail(element, "elements cannot be spread", "write them one by one");
    }
    return valueOf(lowering, lowering.expression(element), element);
  });
}

/** `for (const x of array)` over an array in memory; whether it is one. */
function lowerArray(
  lowering: Lowering,
  iterable: Entity,
  loop: Pick<LoopBody, "body" | "label">,
  node: NodeOf<"ForOfStatement">,
): boolean {
  const found = valueOf(lowering, iterable, node.right);
  if (found.kind === "pointer") assertPresent(lowering, found, node.right);
  const place = found.kind === "pointer" ? pointeePlace(lowering, found) : found;
  if (place.kind !== "place" || place.type.kind !== "array" || place.type.length === 0) {
    return false;
  }
  const { type } = place;
  forgetAssigned(lowering, node);
  const bounds = { start: 0n, end: BigInt(type.length) };
  const body = (index: Entity): void => {
    const element = elementBy(lowering, { ...place, type }, toNumber(lowering, index, node.right));
    loop.body(element);
  };
  iterateInLoop(lowering, bounds, { ...loop, body });
  return true;
}

function lowerElement(lowering: Lowering, node: NodeOf<"ForOfStatement">, element: Entity): void {
  lowering.inScope(() => {
    const { left } = node;
    if (left.type !== "VariableDeclaration") failName(lowering, left);
    else bindPattern(lowering, left.declarations[0]!.id, element);
    lowering.statement(node.body);
  });
}

function isIterable(value: unknown): value is Iterable<unknown> {
  return typeof value === "object" && value !== null && Symbol.iterator in value;
}

/** What an object from outside gives, one after the other. */
function elementsOf(
  lowering: Lowering,
  iterable: Iterable<unknown>,
  node: SourceRange,
): readonly Entity[] {
  const elements: Entity[] = [];
  whenCompiling(lowering, node, () => {
    for (const value of iterable) {
      if (elements.push(constant(value)) > mostUnrolled) return;
    }
  });
  if (elements.length <= mostUnrolled) return elements;
  const message = `the body would be written out more than ${mostUnrolled} times`;
  const hint = "keep the values in a map, arrayMap(…), and count with range(n)";
  return lowering.fail(node, message, hint);
}

/** The body once for each of some values. */
function unroll(
  lowering: Lowering,
  {
    elements,
    body,
    label,
  }: {
    readonly elements: readonly Entity[];
    readonly body: (element: Entity) => void;
    readonly label: string | undefined;
  },
): void {
  const after = lowering.flowEnd();
  for (const element of elements) {
    const next = lowering.flowEnd();
    const guards = lowering.guards.length;
    lowering.jumpTargets.push({ label, break: after, continue: next, guards });
    body(element);
    lowering.jumpTargets.pop();
    lowering.jump(next);
    lowering.enter(next);
    if (!lowering.reachable) break;
  }
  lowering.jump(after);
  lowering.enter(after);
}
