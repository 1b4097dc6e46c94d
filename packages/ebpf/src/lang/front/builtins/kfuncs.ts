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
import { type Entity, undefinedEntity } from "../entity.ts";
import { call, type CallArgument } from "../memory/helper-call.ts";
import type { DirectPlace } from "../memory/place.ts";
import { toRegister } from "../scalar.ts";
import { isScalarType } from "../type.ts";

/** Calls a function of the kernel. */
export function callKfunc(site: CallSite, name: string): Entity {
  const { lowering } = site;
  const btf = btfOf(lowering, site.node);
  const { parameters, returnType } = signature(site, name);
  site.expectArguments(parameters.length);
  const given = parameters.map((_, index) => argument(site, index));
  const callee = { kind: "kfunc", name } as const;
  if (returnType === 0) {
    call(lowering, callee, given);
    return undefinedEntity;
  }
  const type = btfType(btf, returnType);
  const result = call(lowering, callee, given, { pointer: type.kind === "pointer" });
  const entity = argumentEntity(lowering, result, type);
  if (entity.kind !== "pointer") return entity;
  return { ...entity, type: { ...entity.type, nullable: true } };
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
