/**
 * Calls of functions of the kernel by their types in BTF: `kfunc.bpf_task_from_pid(1)`.
 * @module
 */
import { BpfError } from "../../../base/errors.ts";
import type { BtfSignature } from "../../../btf/signature.ts";
import type { CallSite } from "../call-site.ts";
import { btfType } from "../btf-types.ts";
import { argumentEntity } from "../context/arguments.ts";
import { btfOf } from "../context/kernel-types.ts";
import { ownContext } from "../context/own-context.ts";
import { type Entity, regions, undefinedEntity } from "../entity.ts";
import { call, type CallArgument } from "../memory/helper-call.ts";
import type { DirectPlace } from "../memory/place.ts";
import { toRegister } from "../scalar.ts";
import { isScalarType } from "../type.ts";

/** Calls a function of the kernel. */
export function callKfunc(site: CallSite, name: string): Entity {
  const { lowering } = site;
  const btf = btfOf(lowering, site.node);
  const { parameters, returnType } = signature(site, name);
  const given = argumentsFor(site, parameters);
  const callee = { kind: "kfunc", name } as const;
  if (returnType === 0) {
    call(lowering, callee, given);
    return undefinedEntity;
  }
  const type = btfType(btf, returnType);
  const result = call(lowering, callee, given, { pointer: type.kind === "pointer" });
  const entity = argumentEntity(lowering, result, type);
  if (entity.kind !== "pointer") return entity;
  // What it gives of scalars is memory that the verifier lets programs use, such as the cookie of a session.
  const isMemory = type.kind === "pointer" && isScalarType(type.target());
  const region = isMemory ? regions.event : entity.type.region;
  return { ...entity, type: { ...entity.type, region, nullable: true } };
}

/** The arguments. The context, where it is the first parameter, may be left out: the program's own is meant. */
function argumentsFor(
  site: CallSite,
  parameters: BtfSignature["parameters"],
): readonly CallArgument[] {
  const isLeftOut = parameters[0]?.name === "ctx" && site.count === parameters.length - 1;
  if (!isLeftOut) site.expectArguments(parameters.length);
  const own = isLeftOut ? [ownContext(site)] : [];
  return [...own, ...parameters.slice(own.length).map((_, index) => argument(site, index))];
}

const missingHint = "functions of the kernel for programs came with some version: check for it";

function signature(site: CallSite, name: string): BtfSignature {
  try {
    return btfOf(site.lowering, site.node).signature(name);
  } catch (error) {
    if (error instanceof BpfError) return site.fail(error.message, error.hint ?? missingHint);
    throw error;
  }
}

/** An argument: a value, or the address of what lies in memory. */
function argument(site: CallSite, index: number): CallArgument {
  const entity = site.argument(index);
  const isObject = entity.kind === "place" && !isScalarType(entity.type);
  if (isObject && entity.address.kind !== "indexed") return entity as DirectPlace;
  return toRegister(site.lowering, entity, site.argumentNode(index));
}
