/**
 * Atomic operations: `atomic(ref).hits += 1n`, `fetchAdd(ref, "hits", 1n)`.
 * @module
 */
import type { Expression } from "@oxc-project/types";
import {
  atomic,
  compareExchange,
  exchange,
  fetchAdd,
  fetchAnd,
  fetchOr,
  fetchXor,
} from "../../builtins/atomic.ts";
import type { AtomicOperation, Operand } from "../../ir/operation.ts";
import type { CallSite } from "../call-site.ts";
import { extend } from "../compute.ts";
import { describeEntity } from "../describe.ts";
import { bigintScalar, type Entity, numberScalar, type Place, type Special } from "../entity.ts";
import { atomicAddress, plainAtomicHint } from "../expression/assign.ts";
import { member } from "../expression/member.ts";
import type { Lowering } from "../lowering.ts";
import { toBitsOf } from "../scalar.ts";
import type { IntegerType } from "../type.ts";

/** Functions for single steps. */
export const atomicFunctions: ReadonlyMap<unknown, (site: CallSite) => Entity> = new Map<
  unknown,
  (site: CallSite) => Entity
>([
  [atomic, (site) => atomicView(site.argument(0))],
  [fetchAdd, (site) => fetch(site, "add")],
  [fetchOr, (site) => fetch(site, "or")],
  [fetchAnd, (site) => fetch(site, "and")],
  [fetchXor, (site) => fetch(site, "xor")],
  [exchange, (site) => fetch(site, "xchg")],
  [compareExchange, (site) => fetch(site, "cmpxchg")],
]);

const memoryHint = "name a field of a map value: atomic(value).count += 1n";

/** An object whose fields are changed in one step. */
function atomicView(object: Entity): Special {
  return {
    kind: "special",
    description: "what atomic() gives",
    member: (lowering, name, node) => {
      const place = member(lowering, object, name, node);
      if (place.kind === "place") return { ...place, atomic: true };
      return lowering.fail(node, `${describeEntity(place)} is not in memory`, memoryHint);
    },
  };
}

/** A step that gives what was there before. */
function fetch(site: CallSite, op: AtomicOperation["op"]): Entity {
  const { lowering } = site;
  lowering.needsLinux([5, 12], site.name, plainAtomicHint);
  site.expectArguments(op === "cmpxchg" ? 4 : 3);
  const place = fieldOf(site);
  const { base, offset, bytes } = atomicAddress(lowering, place, site.node);
  const type = place.type as IntegerType;
  const values = [2, 3]
    .filter((index) => site.has(index))
    .map((index) => bitsOf(site, index, type));
  const operand = values.at(-1)!;
  const expected = op === "cmpxchg" ? { expected: values[0]! } : {};
  const result = lowering.builder.define({
    kind: "atomic",
    op,
    bytes,
    base,
    offset,
    operand,
    ...expected,
  });
  return before(lowering, type, result);
}

/** The field that the second argument names. */
function fieldOf(site: CallSite): Place {
  const object = site.value(0);
  const name = site.argument(1);
  const node: Expression = site.argumentNode(1);
  if (name.kind !== "constant" || typeof name.value !== "string") {
    const hint = `write it out: ${site.name}(value, "count", …)`;
    return site.lowering.fail(node, "the name of the field must be a constant text", hint);
  }
  const place = member(site.lowering, object, name.value, node);
  if (place.kind === "place") return place;
  return site.fail(`${describeEntity(place)} is not in memory`, memoryHint);
}

function bitsOf(site: CallSite, index: number, type: IntegerType): Operand {
  return toBitsOf(site.lowering, site.argument(index), type, site.argumentNode(index));
}

/** What a place held, as its type reads it. */
function before(lowering: Lowering, type: IntegerType, operand: Operand): Entity {
  if (type.value === "bigint") return bigintScalar(operand, type.signed);
  return numberScalar(extend(lowering, operand, type));
}
