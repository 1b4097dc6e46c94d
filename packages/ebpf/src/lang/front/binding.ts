/**
 * Names: what they mean, declaring them, assigning to them.
 *
 * A name that is never assigned to stands for its entity itself, so that an object in memory stays one object under
 * all its names, as in JavaScript. A name that is assigned to is a variable of the intermediate representation.
 * @module
 */
import type { Expression } from "@oxc-project/types";
import { didYouMean } from "../../base/text.ts";
import type { Operand } from "../ir/operation.ts";
import { describeEntity } from "./describe.ts";
import { CompileFailure, type SourceRange } from "./diagnostics.ts";
import {
  constant,
  type Entity,
  type EntityBinding,
  type Place,
  type Pointer,
  type PointerValueType,
  type Scalar,
  type ScalarType,
  undefinedEntity,
  type VariableBinding,
} from "./entity.ts";
import type { Lowering } from "./lowering.ts";
import { copyBytes } from "./memory/bytes.ts";
import { type DirectPlace, stackPlace } from "./memory/place.ts";
import { settle } from "./memory/settle.ts";
import { isText } from "./memory/text.ts";
import { failMixed } from "./expression/arithmetic.ts";
import { withFact } from "./expression/compare.ts";
import { toScalar, valueOf } from "./scalar.ts";
import { describeType } from "./type-words.ts";

/** What a name means here: a name of the function, or one from outside. */
export function readName(lowering: Lowering, name: string, node: SourceRange): Entity {
  const binding = lowering.scope.find(name);
  if (binding === undefined) return capturedValue(lowering, name, node);
  if (binding.kind === "failed") throw new CompileFailure();
  return binding.kind === "entity" ? binding.entity : readVariable(lowering, binding);
}

/** The value a variable has here. */
export function readVariable(lowering: Lowering, binding: VariableBinding): Entity {
  const operand = lowering.builder.read(binding.variable);
  const { type } = binding;
  if (type.kind !== "pointer") return { kind: "scalar", type, operand };
  const presence = binding.presence && lowering.builder.read(binding.presence);
  return { kind: "pointer", type: type.pointer, operand, binding, presence };
}

/** A value of the running program. */
function capturedValue(lowering: Lowering, name: string, node: SourceRange): Entity {
  const { scope } = lowering.source;
  if (name === "undefined") return undefinedEntity;
  if (scope.has(name)) return constant(scope.get(name));
  if (name in globalThis) return constant((globalThis as Record<string, unknown>)[name]);
  const near = didYouMean(name, lowering.scope.names());
  const hint = name === "arguments" ? "name the parameters" : (near ?? undefinedHint);
  return lowering.fail(node, `"${name}" is not defined`, hint);
}

const undefinedHint = "declare it in the function, or in the file around it";

/** A declaration. */
export interface Declared {
  readonly name: string;
  /** What it starts with; `undefined` for `let x;`. */
  readonly entity: Entity | undefined;
  /** Its type, where it is written. */
  readonly annotation?: ScalarType | undefined;
  /** Whether it is assigned to later. */
  readonly changes: boolean;
  readonly node: Expression | SourceRange;
}

/** Gives a name its meaning. */
export function declare(lowering: Lowering, declared: Declared): void {
  const { name, node, changes } = declared;
  const entity = declared.entity && valueOf(lowering, declared.entity, node);
  if (entity !== undefined && !changes) declareConstant(lowering, name, entity);
  else if (entity?.kind === "pointer") declarePointer(lowering, name, entity);
  else declareVariable(lowering, { ...declared, entity });
}

function declareConstant(lowering: Lowering, name: string, entity: Entity): void {
  if (entity.kind === "pending") {
    const place = stackPlace(lowering, entity.type, name);
    entity.fill(place);
    return lowering.scope.declare({ kind: "entity", name, entity: place });
  }
  if (isText(entity) && entity.region.writable) return declareText(lowering, name, entity);
  const binding: EntityBinding = { kind: "entity", name, entity };
  if (entity.kind === "pointer") {
    nameValue(lowering, entity.operand, name);
    binding.entity = { ...entity, binding };
    if (isPresent(lowering, entity)) lowering.facts = withFact(lowering.facts, binding);
  }
  if (entity.kind === "scalar") nameValue(lowering, entity.operand, name);
  lowering.scope.declare(binding);
}

/** Strings do not change, and the memory they come from may: the name is for a copy. */
function declareText(lowering: Lowering, name: string, text: Place): void {
  let entity = settle(lowering, text);
  if (entity === text) {
    const to = stackPlace(lowering, text.type, name);
    copyBytes(lowering, { from: text as DirectPlace, to, bytes: text.type.size });
    entity = to;
  }
  lowering.scope.declare({ kind: "entity", name, entity });
}

function isPresent(lowering: Lowering, { type, binding }: Pointer): boolean {
  return !type.nullable || (binding !== undefined && lowering.facts.has(binding));
}

/** Notes for the dump what a value is called. */
function nameValue(lowering: Lowering, operand: Operand, name: string): void {
  if (typeof operand === "bigint") return;
  const { values } = lowering.builder.function;
  values[operand] = { name, ...values[operand] };
}

function declarePointer(lowering: Lowering, name: string, entity: Pointer): void {
  const type = { kind: "pointer", pointer: { ...entity.type, nullable: true } } as const;
  const presence = entity.presence === undefined ? undefined : { name: `${name} is present` };
  const binding: VariableBinding = { kind: "variable", name, variable: { name }, type, presence };
  writePointer(lowering, binding, entity);
  lowering.scope.declare(binding);
  if (isPresent(lowering, entity)) lowering.facts = withFact(lowering.facts, binding);
}

/** Lets a variable point to where a pointer points; to nothing without one. */
export function writePointer(
  { builder }: Lowering,
  { variable, presence }: VariableBinding,
  pointer?: Pointer,
): void {
  const operand = pointer?.operand ?? 0n;
  builder.write(variable, operand);
  if (presence !== undefined) builder.write(presence, pointer?.presence ?? operand);
}

function declareVariable(lowering: Lowering, declared: Declared): void {
  const { name, entity, annotation, node } = declared;
  if (entity === undefined && annotation === undefined) {
    const hint = `give it a value, or write its type: let ${name}: number;`;
    lowering.fail(node, `what "${name}" holds is not known`, hint);
  }
  const scalar =
    entity === undefined
      ? ({ kind: "scalar", type: annotation!, operand: 0n } as const)
      : toScalar(lowering, entity, node);
  const type = annotation === undefined ? scalar.type : adopt(lowering, annotation, scalar, node);
  const binding: VariableBinding = { kind: "variable", name, variable: { name }, type };
  lowering.builder.write(binding.variable, scalar.operand);
  lowering.scope.declare(binding);
}

/** The type of a variable of type `type` that is given a value: open bigints take the sign of what they hold. */
function adopt(lowering: Lowering, type: ScalarType, given: Scalar, node: SourceRange): ScalarType {
  const value = given.type;
  if (type.kind === "bigint" && value.kind === "bigint") {
    if (type.signed === undefined) return value;
    if (value.signed === undefined || value.signed === type.signed) return type;
  } else if (
    type.kind === value.kind &&
    (type.kind !== "network" || value.kind !== "network" || type.bits === value.bits)
  ) {
    return type;
  }
  return failMixed(lowering, "this assignment", [type, value], node);
}

/** `name = entity`. */
export function assignName(
  lowering: Lowering,
  name: string,
  entity: Entity,
  node: SourceRange,
): Entity {
  const binding = lowering.scope.find(name);
  if (binding?.kind === "failed") throw new CompileFailure();
  if (binding === undefined) {
    const hint = "keep what changes in a map, or in global(…)";
    return lowering.fail(node, `"${name}" is outside of the function and cannot be changed`, hint);
  }
  if (binding.kind === "entity") {
    return lowering.fail(node, `"${name}" is a constant`, `declare it with let`);
  }
  const value = valueOf(lowering, entity, node);
  const { type } = binding;
  if (type.kind === "pointer")
    return assignPointer(lowering, binding, { type: type.pointer, value, node });
  const scalar = toScalar(lowering, value, node);
  binding.type = adopt(lowering, type, scalar, node);
  lowering.builder.write(binding.variable, scalar.operand);
  return { kind: "scalar", type: binding.type, operand: scalar.operand };
}

function assignPointer(
  lowering: Lowering,
  binding: VariableBinding,
  given: { readonly type: PointerValueType; readonly value: Entity; readonly node: SourceRange },
): Entity {
  const { type, value, node } = given;
  const known = new Set(lowering.facts);
  known.delete(binding);
  lowering.facts = known;
  if (value.kind === "constant" && (value.value === undefined || value.value === null)) {
    writePointer(lowering, binding);
    return undefinedEntity;
  }
  const fits =
    value.kind === "pointer" &&
    value.type.target.name === type.target.name &&
    value.type.region === type.region;
  if (!fits) {
    const wanted = describeType(type);
    return lowering.fail(
      node,
      `"${binding.name}" is ${wanted}, and is given ${describeEntity(value)}`,
      "give each its own name: const other = …",
    );
  }
  if (isPresent(lowering, value)) known.add(binding);
  writePointer(lowering, binding, value);
  return readVariable(lowering, binding);
}
