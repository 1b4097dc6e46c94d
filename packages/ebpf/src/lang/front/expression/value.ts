/**
 * Values that several ways lead to: `a ? b : c`, `a && b`, `a ?? b`, and conditions where a value is needed.
 * @module
 */
import type { Expression } from "@oxc-project/types";
import type { Operand } from "../../ir/operation.ts";
import { select } from "../compute.ts";
import { describeEntity } from "../describe.ts";
import {
  booleanScalar,
  constant,
  type Entity,
  type PointerValueType,
  type ScalarType,
  undefinedEntity,
} from "../entity.ts";
import type { FlowEnd, Lowering } from "../lowering.ts";
import { constantScalar, toScalar, valueOf } from "../scalar.ts";
import { commonBigint } from "./arithmetic.ts";

/** A condition as a value. */
export function conditionValue(lowering: Lowering, node: Expression): Entity {
  const [yes, no] = [lowering.flowEnd(), lowering.flowEnd()];
  lowering.condition(node, { then: yes, else: no });
  if (no.facts === undefined) return knownCondition(lowering, yes, true);
  if (yes.facts === undefined) return knownCondition(lowering, no, false);
  const operand = select(lowering, "condition", [
    { from: yes, value: () => 1n },
    { from: no, value: () => 0n },
  ]);
  return booleanScalar(operand);
}

function knownCondition(lowering: Lowering, end: FlowEnd, value: boolean): Entity {
  lowering.enter(end);
  return constant(value);
}

/** One way to a value: where it starts, and what is lowered there. */
export interface Way {
  readonly from: FlowEnd;
  readonly lower: () => Entity;
  readonly node: Expression;
}

/** The value of whichever way is taken. Ways that nothing leads to are left out. */
export function mergeWays(lowering: Lowering, ways: readonly Way[], node: Expression): Entity {
  const taken = ways.filter(({ from }) => from.facts !== undefined);
  if (taken.length === 1) {
    lowering.enter(taken[0]!.from);
    return taken[0]!.lower();
  }
  const found: Entity[] = [];
  const operand = select(
    lowering,
    "value",
    taken.map((way) => ({
      from: way.from,
      value: () => {
        const entity = valueOf(lowering, way.lower(), way.node);
        found.push(entity);
        return operandOf(lowering, entity, way.node);
      },
    })),
  );
  return mergedEntity(lowering, { entities: found, operand, node });
}

function operandOf(lowering: Lowering, entity: Entity, node: Expression): Operand {
  if (entity.kind === "pointer") return entity.operand;
  if (isNothing(entity)) return 0n;
  return toScalar(lowering, entity, node).operand;
}

function isNothing(entity: Entity): boolean {
  return entity.kind === "constant" && (entity.value === undefined || entity.value === null);
}

/** Entities one of which a value is. */
export interface Merged {
  readonly entities: readonly Entity[];
  readonly operand: Operand;
  readonly node: Expression;
}

/** The value with the type that all ways have in common. */
export function mergedEntity(lowering: Lowering, { entities, operand, node }: Merged): Entity {
  const present = entities.filter((entity) => !isNothing(entity));
  if (present.length === 0) return undefinedEntity;
  const pointers = present.flatMap((entity) => (entity.kind === "pointer" ? [entity.type] : []));
  const hasNothing = present.length < entities.length;
  if (pointers.length === present.length) {
    return {
      kind: "pointer",
      type: commonPointer(lowering, pointers, { hasNothing, node }),
      operand,
    };
  }
  if (hasNothing || pointers.length > 0) {
    const [left, right] = entities.map(describeEntity);
    const hint = "give both ways a value of the same type";
    return lowering.fail(node, `this is ${left} or ${right}`, hint);
  }
  const types = present.map((entity) => scalarTypeOf(lowering, entity, node));
  return { kind: "scalar", type: commonScalar(lowering, types, node), operand };
}

function scalarTypeOf(lowering: Lowering, entity: Entity, node: Expression): ScalarType {
  if (entity.kind === "constant") return constantScalar(lowering, entity.value, node).type;
  if (entity.kind === "scalar") return entity.type;
  const hint = "give both ways a number, or give each a name of its own";
  return lowering.fail(node, `${describeEntity(entity)} is no value to choose from`, hint);
}

/** The type of a value that may come from several places. */
export function commonScalar(
  lowering: Lowering,
  types: readonly ScalarType[],
  node: Expression,
): ScalarType {
  return types.reduce((left, right) => {
    if (left.kind === "bigint" && right.kind === "bigint") {
      return commonBigint(lowering, "this", [left, right], node);
    }
    const same =
      left.kind === right.kind &&
      (left.kind !== "network" || right.kind !== "network" || left.bits === right.bits);
    if (same) return left;
    const message = `this is a ${left.kind} or a ${right.kind}`;
    return lowering.fail(node, message, "give both ways a value of the same type");
  });
}

function commonPointer(
  lowering: Lowering,
  types: readonly PointerValueType[],
  { hasNothing, node }: { readonly hasNothing: boolean; readonly node: Expression },
): PointerValueType {
  const [first, ...others] = types;
  const other = others.find(
    ({ target, region }) => target.name !== first!.target.name || region !== first!.region,
  );
  if (other !== undefined) {
    const [here, there] = [first!, other].map(
      ({ target, region }) => `${target.name} in ${region.name}`,
    );
    const message = `this refers to ${here} or to ${there}`;
    lowering.fail(node, message, "use each where it is known which one it is");
  }
  return { ...first!, nullable: hasNothing || types.some(({ nullable }) => nullable) };
}
