/**
 * Functions that the kernel calls back: bodies of `loop`, visitors of map elements, timers.
 *
 * Each becomes a static function of the program, whose address is what a helper is given. A function that is written
 * in place is lowered where it stands, with the names it takes from around it; a named one ("use bpf") once.
 * @module
 */
import type {
  ArrowFunctionExpression,
  Expression,
  Function as FunctionNode,
} from "@oxc-project/types";
import type { Operand, Value } from "../../ir/operation.ts";
import type { SourceFunction } from "../../source/source-function.ts";
import type { CallSite } from "../call-site.ts";
import { branch, select } from "../compute.ts";
import { describeEntity } from "../describe.ts";
import { type Entity, undefinedEntity } from "../entity.ts";
import type { Lowering } from "../lowering.ts";
import type { CallArgument } from "../memory/helper-call.ts";
import { type DirectPlace, placeBehind } from "../memory/place.ts";
import { bindPattern } from "../statement/declaration.ts";
import { isWithin, rangeOf } from "../range.ts";
import { placeOf } from "./arguments.ts";
import { capture } from "./captured.ts";
import { sourceOf } from "./subprogram.ts";

/** How the kernel calls a function. */
export interface CallbackShape {
  /** Tells shapes apart. */
  readonly name: string;
  /** What the function is given before the context. */
  readonly parameters: readonly CallbackParameter[];
  /** Whether what the caller hands over comes last. */
  readonly hasContext: boolean;
  /** `stop`: 0 goes on, 1 stops; `zero`: nothing but 0. */
  readonly result: "stop" | "zero";
}

/** One parameter. */
export interface CallbackParameter {
  readonly name: string;
  readonly type: "u64" | "pointer";
  /** What it is, from its register. */
  readonly entity: (lowering: Lowering, register: Value) => Entity;
}

/** A function to be called back. */
export interface Callback {
  readonly address: Value;
  /** What is handed over to it. */
  readonly context: CallArgument;
  /** To be done behind the call. */
  readonly finish: () => void;
}

/** The function that an argument is; an argument behind it may be what it is handed over. */
export function callback(site: CallSite, index: number, shape: CallbackShape): Callback {
  const node = unwrapped(site.argumentNode(index));
  const given = shape.hasContext && site.has(index + 1) ? givenContext(site, index + 1) : undefined;
  return isFunctionNode(node)
    ? inPlace(site.lowering, { node, shape, given, name: site.name })
    : named(site, { index, shape, given });
}

function unwrapped(node: Expression): Expression {
  return node.type === "ParenthesizedExpression" ? unwrapped(node.expression) : node;
}

function isFunctionNode(node: Expression): node is ArrowFunctionExpression | FunctionNode {
  return node.type === "ArrowFunctionExpression" || node.type === "FunctionExpression";
}

/** Memory that is handed over because the source says so. */
function givenContext(site: CallSite, index: number): DirectPlace | undefined {
  const [entity, node] = [site.argument(index), site.argumentNode(index)];
  if (entity.kind === "constant" && (entity.value === undefined || entity.value === null)) {
    return undefined;
  }
  const place = placeOf(site.lowering, { entity, node });
  if (place !== undefined && place.address.kind === "slot") return place;
  return site.lowering.fail(
    node,
    `${describeEntity(entity)} cannot be handed over to a function`,
    "give a struct on the stack: Key({ … }), or undefined",
  );
}

interface InPlace {
  readonly node: ArrowFunctionExpression | FunctionNode;
  readonly shape: CallbackShape;
  readonly given?: DirectPlace | undefined;
  /** For what it is, in its name. */
  readonly name: string;
  /** Done at the start of the function. */
  readonly enter?: (inner: Lowering) => void;
  /** Names that it is handed over beside those it uses. */
  readonly further?: readonly string[];
}

/** A function that is written in place. */
export function inPlace(lowering: Lowering, written: InPlace): Callback {
  const { node, shape, given, enter, further } = written;
  const captured = capture(lowering, node, further);
  if (captured.context !== 0n && (given !== undefined || !shape.hasContext)) {
    const hint = shape.hasContext
      ? "leave out the object behind it: what it uses from around it is handed over"
      : "keep what it needs in a map";
    lowering.fail(node, `this function is given nothing from around it`, hint);
  }
  const { source } = lowering;
  const name = lowering.program.nameFor(`${source.name || "program"}_${written.name}`);
  const bind = (inner: Lowering): void => {
    const context = registersOf(inner).at(-1)!;
    if (given === undefined) captured.bind(inner, context);
    bindParameters(inner, { shape, given });
    enter?.(inner);
  };
  const made = { name, node, source: source.source, scope: source.scope };
  lower(lowering, { source: made, name, shape, bind });
  const address = addressOfFunction(lowering, name);
  return { address, context: given ?? captured.context, finish: captured.readBack };
}

interface Named {
  readonly index: number;
  readonly shape: CallbackShape;
  readonly given: DirectPlace | undefined;
}

function named(site: CallSite, { index, shape, given }: Named): Callback {
  const { lowering } = site;
  const entity = site.argument(index);
  const callee = entity.kind === "constant" ? entity.value : undefined;
  if (typeof callee !== "function") {
    const message = `${describeEntity(entity)} is given where a function is needed`;
    const hint = "write it in place: (x) => { … }";
    return lowering.fail(site.argumentNode(index), message, hint);
  }
  const { program } = lowering;
  const context = given === undefined ? "" : given.type.name;
  const key = [program.identityOf(callee), "callback", shape.name, context].join("; ");
  const name = program.subprograms.get(key)?.name ?? lowerNamed(site, { callee, shape, given });
  program.subprograms.set(key, { name, results: [] });
  return { address: addressOfFunction(lowering, name), context: given ?? 0n, finish: doNothing };
}

function doNothing(): void {}

function lowerNamed(
  site: CallSite,
  // oxlint-disable-next-line typescript/no-unsafe-function-type -- any function of the source
  { callee, shape, given }: { readonly callee: Function } & Pick<Named, "shape" | "given">,
): string {
  const { program } = site.lowering;
  const source = sourceOf(site, callee as () => unknown);
  if (program.open.has(callee)) {
    site.fail(`${source.name || "the function"} calls itself`, "write a loop with a bound");
  }
  const name = program.nameFor(source.name || site.name);
  program.open.add(callee);
  lower(site.lowering, {
    source,
    name,
    shape,
    bind: (inner) => bindParameters(inner, { shape, given }),
  });
  program.open.delete(callee);
  return name;
}

interface ToLower {
  readonly source: SourceFunction;
  readonly name: string;
  readonly shape: CallbackShape;
  readonly bind: (inner: Lowering) => void;
}

function lower({ program }: Lowering, { source, name, shape, bind }: ToLower): void {
  const given = shape.parameters.map(({ name: parameter, type }) => ({ name: parameter, type }));
  const context = { name: "context", type: "pointer" } as const;
  const parameters = shape.hasContext ? [...given, context] : given;
  program.lower({ source, name, parameters, bind, finish: finishers[shape.result] });
}

const finishers = {
  zero: (): Operand => 0n,
  stop: (lowering: Lowering, result: Operand): Operand => {
    if (isWithin(rangeOf(lowering, result), { min: 0n, max: 1n })) return result;
    const [stop, goOn] = [lowering.flowEnd(), lowering.flowEnd()];
    branch(lowering, [result, "ne", 0n], { then: stop, else: goOn });
    return select(lowering, "stop", [
      { from: stop, value: () => 1n },
      { from: goOn, value: () => 0n },
    ]);
  },
} satisfies Record<CallbackShape["result"], (lowering: Lowering, result: Operand) => Operand>;

function registersOf(inner: Lowering): readonly Value[] {
  return inner.builder.function.blocks[0]!.parameters;
}

function bindParameters(
  inner: Lowering,
  { shape, given }: { readonly shape: CallbackShape; readonly given: DirectPlace | undefined },
): void {
  const registers = registersOf(inner);
  const { params } = inner.source.node;
  params.forEach((pattern, index) => {
    if (pattern.type === "RestElement" || pattern.type === "TSParameterProperty") {
      return inner.fail(
        pattern,
        "parameters must be written one by one",
        "name each: (index, value) => …",
      );
    }
    const parameter = shape.parameters[index];
    if (parameter !== undefined) {
      return bindPattern(inner, pattern, parameter.entity(inner, registers[index]!));
    }
    if (index > shape.parameters.length || !shape.hasContext) {
      const message = `this function is given ${shape.parameters.length} values`;
      return inner.fail(pattern, message, "leave out the other parameters");
    }
    const context = registers[index]!;
    bindPattern(
      inner,
      pattern,
      given === undefined ? undefinedEntity : behind(inner, context, given),
    );
  });
}

function behind(inner: Lowering, register: Value, { type, region }: DirectPlace): Entity {
  return placeBehind(inner, register, { target: type, region, nullable: false });
}

function addressOfFunction(lowering: Lowering, name: string): Value {
  return lowering.builder.define({ kind: "function-address", function: name }, { pointer: true });
}
