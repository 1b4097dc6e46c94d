/**
 * Values of enumerators by name.
 *
 * In C an enumerator's name stands for its value wherever it is defined; a BTF joins many C files, so the name may be
 * in several enums, and counts as known only while they agree.
 * @module
 */
import { assert } from "../base/assert.ts";
import { InvalidArgumentError } from "../base/errors.ts";
import { didYouMean } from "../base/text.ts";
import { describeType } from "./describe.ts";
import type { TypeSource } from "./type-source.ts";
import type { BtfTypeId } from "./type.ts";

/**
 * The value of the enumerator `name`, in whichever enum it is or in the one called `enumName`: a number, but a bigint
 * from an `enum64`.
 * @throws InvalidArgumentError when there is none, or when enums differ in its value.
 */
export function enumValueOf(types: TypeSource, name: string, enumName?: string): number | bigint {
  const [first, ...others] = types
    .enumsWith(name)
    .filter((id) => enumName === undefined || types.typeById(id).name === enumName)
    .map((id) => ({ id, value: valueIn(types, id, name) }));
  if (first === undefined) throw notFound(types, name, enumName);
  const other = others.find(({ value }) => value !== first.value);
  if (other === undefined) return first.value;
  const places = [first, other].map(({ id, value }) => `${value} in ${describeType(types, id)}`);
  throw new InvalidArgumentError(
    `${name} has several values in ${types.path}: ${places.join(", ")}`,
    {
      hint: "say which enum is meant: enumValue(name, enumName)",
    },
  );
}

function valueIn(types: TypeSource, id: BtfTypeId, name: string): number | bigint {
  const type = types.typeById(id);
  assert(type.kind === "enum" || type.kind === "enum64", "an enumerator is in what is no enum");
  const values: readonly { name: string; value: number | bigint }[] = type.values;
  const found = values.find((value) => value.name === name);
  assert(found !== undefined, "an enumerator is not where it was found");
  return found.value;
}

function notFound(
  types: TypeSource,
  name: string,
  enumName: string | undefined,
): InvalidArgumentError {
  const where = enumName === undefined ? types.path : `enum ${enumName} of ${types.path}`;
  const elsewhere = types.enumsWith(name)[0];
  const hint =
    elsewhere === undefined
      ? didYouMean(name, types.enumeratorsLike(name))
      : `it is in ${describeType(types, elsewhere)}`;
  return new InvalidArgumentError(
    `there is no enumerator "${name}" in ${where}`,
    hint === undefined ? {} : { hint },
  );
}
