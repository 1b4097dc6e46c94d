/**
 * What functions take and return.
 *
 * In BTF a function is a name for a prototype, and so may be a typedef or a pointer to one; all of them are followed
 * to the prototype. What registers the arguments travel in is not said here.
 * @module
 */
import { InvalidArgumentError } from "../base/errors.ts";
import { describeType } from "./describe.ts";
import { failType, resolveType } from "./resolve.ts";
import type { TypeSource } from "./type-source.ts";
import type { BtfParameter, BtfType, BtfTypeId, BtfTypeOf } from "./type.ts";

/** What a function takes and returns. */
export interface BtfSignature {
  /** The type it was asked of: its `func`, or what leads to a prototype. */
  readonly id: BtfTypeId;
  readonly parameters: readonly BtfParameter[];
  /** Whether further arguments may follow. */
  readonly variadic: boolean;
  readonly returnType: BtfTypeId;
}

/**
 * The signature of the function called `func`; or of type `func`, which is a function, a prototype, or a pointer to
 * one.
 * @throws InvalidArgumentError when there is no such function.
 * @throws MalformedError when a function has no prototype.
 */
export function signatureOf(types: TypeSource, func: string | BtfTypeId): BtfSignature {
  const { id } = typeof func === "string" ? types.typeByName(func, "func") : types.typeById(func);
  const { parameters, variadic, type: returnType } = prototypeOf(types, id);
  return Object.freeze({ id, parameters, variadic, returnType });
}

/** At most a variable that is a pointer to a prototype: two types on the way to it. */
function prototypeOf(types: TypeSource, id: BtfTypeId): BtfTypeOf<"func_proto"> {
  const first = resolveType(types, id);
  let type: BtfType = first;
  for (let passed = 0; passed <= 2; passed++) {
    if (type.kind === "func_proto") return type;
    if (type.kind !== "func" && type.kind !== "ptr" && type.kind !== "var") break;
    type = resolveType(types, type.type);
  }
  if (first.kind === "func") {
    failType(types, first.id, "this function has no prototype");
  }
  throw new InvalidArgumentError(`${describeType(types, id)} in ${types.path} is not a function`);
}
