/**
 * Names that a function written in place takes from the function around it.
 *
 * They are handed over in a part of the stack of the outer function, 8 bytes each: values themselves, of objects in
 * memory the address. What the inner function assigns to is written back when it returns, and read again behind the
 * call. What is known when compiling costs nothing.
 * @module
 */
import type { Node } from "@oxc-project/types";
import type { StackSlot, Value } from "../../ir/operation.ts";
import { declare } from "../binding.ts";
import { describeEntity } from "../describe.ts";
import type {
  Binding,
  Entity,
  EntityBinding,
  Pointer,
  Scalar,
  VariableBinding,
} from "../entity.ts";
import type { Lowering } from "../lowering.ts";
import { storeWord } from "../memory/bytes.ts";
import type { ReachingPlace } from "../memory/helper-call.ts";
import { addressOf, type DirectPlace, placeBehind, slotOf, slotPlace } from "../memory/place.ts";
import { assignedNames, visit } from "../statement/assigned-names.ts";
import { voidType } from "../type.ts";

/** What a function written in place takes from around it. */
export interface Captured {
  /** What is handed over; 0 for nothing. */
  readonly context: ReachingPlace | bigint;
  /** Gives the names their meaning in the inner function, which is given `context` in a register. */
  readonly bind: (inner: Lowering, context: Value) => void;
  /** Behind the call: reads what the inner function assigned to. */
  readonly readBack: () => void;
}

/** One name. */
interface Capture {
  readonly name: string;
  readonly binding: Binding;
  /** What it is where the function is called. */
  readonly entity: Entity;
  /** Bytes from the start of the context; `undefined` for what is not handed over. */
  readonly offset: number | undefined;
  /** Whether the inner function assigns to it. */
  readonly changes: boolean;
}

/** Hands over what `inner` uses of the names of the function around it, and `further` ones. */
export function capture(
  lowering: Lowering,
  inner: Node,
  further: readonly string[] = [],
): Captured {
  const captures = findCaptures(lowering, inner, further);
  const handed = captures.filter(({ offset }) => offset !== undefined);
  const types = new Map<Binding, VariableBinding["type"]>();
  const bind = (function_: Lowering, context: Value): void =>
    bindCaptures(function_, { captures, context, types });
  if (handed.length === 0) return { context: 0n, bind, readBack: () => {} };
  const slot = lowering.builder.slot("captured", 8 * handed.length, 8);
  const place = slotPlace(slot, { ...voidType, size: slot.size });
  const reaches: StackSlot[] = [];
  for (const { entity, offset } of handed) {
    const reached = entity.kind === "place" ? slotOf(entity) : undefined;
    if (reached !== undefined) reaches.push(reached);
    storeWord(lowering, place, { offset: offset!, bytes: 8, stored: handedOver(lowering, entity) });
  }
  const readBack = (): void => readChanged(lowering, { captures, slot, types });
  return { context: { ...place, reaches }, bind, readBack };
}

function findCaptures(
  lowering: Lowering,
  inner: Node,
  further: readonly string[],
): readonly Capture[] {
  const assigned = assignedNames(inner);
  let bytes = 0;
  return [...namesIn(inner), ...further].flatMap((name): Capture[] => {
    const binding = lowering.scope.find(name);
    if (binding === undefined) return [];
    const changes = binding.kind === "variable" && assigned.has(name);
    const entity = entityOf(lowering, binding);
    const offset = isHandedOver(entity) ? bytes : undefined;
    if (offset !== undefined) bytes += 8;
    return [{ name, binding, entity, offset, changes }];
  });
}

function namesIn(root: Node): ReadonlySet<string> {
  const names = new Set<string>();
  visit(root, (node) => void (node.type === "Identifier" && names.add(node.name)));
  return names;
}

/** What a name is here. Pointers are known not to be null inside when they are outside. */
function entityOf(lowering: Lowering, binding: Binding): Entity {
  if (binding.kind === "failed") return { kind: "special", description: "what has an error" };
  const entity = binding.kind === "entity" ? binding.entity : variableEntity(lowering, binding);
  if (entity.kind !== "pointer") return entity;
  const { binding: _, presence: __, ...pointer } = entity;
  const nullable = entity.type.nullable && !lowering.facts.has(binding);
  return { ...pointer, type: { ...entity.type, nullable } };
}

function variableEntity({ builder }: Lowering, { variable, type }: VariableBinding): Entity {
  const operand = builder.read(variable);
  if (type.kind === "pointer") return { kind: "pointer", type: type.pointer, operand };
  return { kind: "scalar", type, operand };
}

function isHandedOver(entity: Entity): entity is Scalar | Pointer | DirectPlace {
  if (entity.kind === "place") return entity.address.kind !== "indexed";
  return entity.kind === "scalar" || entity.kind === "pointer";
}

function handedOver(lowering: Lowering, entity: Entity): Value | bigint {
  if (entity.kind === "scalar" || entity.kind === "pointer") return entity.operand;
  return addressOf(lowering, entity as DirectPlace);
}

interface Binder {
  readonly captures: readonly Capture[];
  readonly context: Value;
  /** Types of what was assigned to, for the function around. */
  readonly types: Map<Binding, VariableBinding["type"]>;
}

function bindCaptures(inner: Lowering, { captures, context, types }: Binder): void {
  const written: { readonly binding: VariableBinding; readonly offset: number }[] = [];
  for (const { name, binding, entity, offset, changes } of captures) {
    if (binding.kind === "failed") inner.scope.declare(binding);
    else if (offset === undefined) inner.scope.declare(unreachable(name, entity));
    else {
      const found = received(inner, entity, { context, offset });
      const isVariable = changes && found.kind === "scalar";
      declare(inner, { name, entity: found, changes: isVariable, node: inner.source.node });
      const declared = inner.scope.find(name);
      if (isVariable) written.push({ binding: declared as VariableBinding, offset });
      if (isVariable) types.set(binding, (declared as VariableBinding).type);
    }
  }
  if (written.length === 0) return;
  inner.guards.push(() => {
    for (const { binding, offset } of written) {
      const stored = inner.builder.read(binding.variable);
      const store = { base: context, offset, bytes: 8, stored, memory: "other" } as const;
      inner.builder.effect({ kind: "store", ...store });
    }
    captures.forEach(({ name, binding }) => {
      const now = written.find((each) => each.binding.name === name);
      if (now !== undefined) types.set(binding, now.binding.type);
    });
  });
}

/** What is known when compiling is so inside; other things stay outside. */
function unreachable(name: string, entity: Entity): EntityBinding {
  if (entity.kind === "constant") return { kind: "entity", name, entity };
  const fail = (lowering: Lowering, node: Node): never =>
    lowering.fail(
      node,
      `${describeEntity(entity)} of the function around cannot be used in one that is called back`,
      "use it before or after the call",
    );
  const outside: Entity = {
    kind: "special",
    description: `${describeEntity(entity)} of the function around`,
    member: (lowering, _name, node) => fail(lowering, node),
    element: (lowering, _index, node) => fail(lowering, node),
    call: ({ lowering, node }) => fail(lowering, node),
  };
  return { kind: "entity", name, entity: outside };
}

/** A name inside, from the context. */
function received(
  inner: Lowering,
  entity: Entity,
  { context, offset }: { readonly context: Value; readonly offset: number },
): Entity {
  const load = { base: context, offset, bytes: 8, signed: false, memory: "other" } as const;
  const isAddress = entity.kind !== "scalar";
  const present = entity.kind === "place" || (entity.kind === "pointer" && !entity.type.nullable);
  const value = inner.builder.define(
    { kind: "load", ...load },
    { ...(isAddress && { pointer: true }), ...(present && { present }) },
  );
  if (entity.kind === "place") {
    const { type: target, region, map } = entity;
    const place = placeBehind(inner, value, { target, region, nullable: false, map });
    return { ...place, ...(entity.bitField && { bitField: entity.bitField }) };
  }
  return { ...entity, operand: value } as Entity;
}

interface Changed {
  readonly captures: readonly Capture[];
  readonly slot: StackSlot;
  readonly types: Binder["types"];
}

function readChanged(lowering: Lowering, { captures, slot, types }: Changed): void {
  for (const { binding, offset, changes } of captures) {
    if (!changes || offset === undefined || binding.kind !== "variable") continue;
    if (binding.type.kind === "pointer") continue;
    const operand = lowering.builder.define({
      kind: "load-slot",
      slot,
      offset,
      bytes: 8,
      signed: false,
    });
    binding.type = types.get(binding) ?? binding.type;
    lowering.builder.write(binding.variable, operand);
  }
}
