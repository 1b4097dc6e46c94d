/**
 * Where members lie: offsets and sizes by path.
 *
 * A path is walked from type to type, adding up bit offsets; members of unnamed structs and unions count as members
 * of what they are in, as in C. The walk never goes through a pointer: what that points to is elsewhere in memory.
 * @module
 */
import { assert } from "../base/assert.ts";
import { InvalidArgumentError } from "../base/errors.ts";
import { plural } from "../base/text.ts";
import { describeType } from "./describe.ts";
import { formatMemberPath, parseMemberPath, type PathStep } from "./member-path.ts";
import { compositeOf, walkPath, type BtfField, type Walk } from "./member-walk.ts";
import { resolveType } from "./resolve.ts";
import type { TypeSource } from "./type-source.ts";
import type { BtfTypeId } from "./type.ts";

export type { BtfField } from "./member-walk.ts";

/**
 * The field of `struct`, a name or id of a struct, union or typedef of one, that `path` leads to.
 * @throws InvalidArgumentError when there is no such member, or when the way to it goes through a pointer.
 */
export function fieldOf(types: TypeSource, struct: string | BtfTypeId, path: string): BtfField {
  const start = compositeOf(types, struct);
  const steps = parseMemberPath(path);
  const end = walkPath(types, start, steps);
  if (end.rest.length > 0) throw crossesPointer(types, end, steps);
  return end.field;
}

/**
 * The fields to read one after the other to get to where `path` leads: one, and one more for each pointer on the way.
 * Each lies in what the one before it points to.
 *
 * ```ts
 * fieldChain(btf, "task_struct", "real_parent.tgid"); // real_parent in the task, then tgid in its parent
 * ```
 * @throws InvalidArgumentError when there is no such member.
 */
export function fieldChain(
  types: TypeSource,
  struct: string | BtfTypeId,
  path: string,
): readonly BtfField[] {
  const fields: BtfField[] = [];
  let start = compositeOf(types, struct);
  let steps = parseMemberPath(path);
  while (steps.length > 0) {
    const { field, rest } = walkPath(types, start, steps);
    fields.push(field);
    if (rest.length > 0) start = compositeOf(types, pointee(types, field));
    steps = rest;
  }
  return fields;
}

/**
 * Bytes from the start of `struct` to the member at `path`: the offset to give to a load instruction.
 *
 * ```ts
 * fieldOffset(btf, "task_struct", "tgid");
 * ```
 * @throws InvalidArgumentError when there is no such member, when it is a bit-field, or when the way to it goes through
 * a pointer: that takes a load of its own, and the message says where to split the path.
 */
export function fieldOffset(types: TypeSource, struct: string | BtfTypeId, path: string): number {
  const { bitfieldSize, bitOffset, offset } = fieldOf(types, struct, path);
  if (bitfieldSize === 0) return offset;
  throw new InvalidArgumentError(
    `"${path}" is a bit-field: ${plural(bitfieldSize, "bit")} from bit ${bitOffset} on`,
    {
      hint: "take the place of its bits from member(), load the bytes they are in, shift and mask",
    },
  );
}

/** What the pointer in `field` points to. */
function pointee(types: TypeSource, field: BtfField): BtfTypeId {
  const type = resolveType(types, field.type);
  assert(type.kind === "ptr", "a walk stopped at what is no pointer");
  return type.type;
}

function crossesPointer(
  types: TypeSource,
  { field, rest }: Walk,
  steps: readonly PathStep[],
): InvalidArgumentError {
  const pointer = formatMemberPath(steps.slice(0, steps.length - rest.length));
  const target = describeType(types, pointee(types, field));
  return new InvalidArgumentError(
    `"${pointer}" is a pointer (${describeType(types, field.type)}), and what it points to is another place in memory`,
    {
      hint: `split the path there: load "${pointer}", then "${formatMemberPath(rest)}" of ${target}`,
    },
  );
}
