/**
 * BTF as JSON, for programs that have no reader of BTF.
 *
 * Names and nesting are those of `bpftool -j btf dump`; a type is one object, with the list of its parts in it. What
 * JSON numbers cannot hold exactly is written as a string.
 * @module
 */
import type { Btf } from "../btf.ts";
import { recordOf, type Fields } from "./record.ts";

/**
 * An object with the one property `types`: the types of `btf`, those of its base not among them, in the order of their
 * ids. Values of enumerators beyond 2^53 are strings of decimal digits.
 * @throws MalformedError when a type is damaged.
 */
export function printJson(btf: Btf): string {
  const types: string[] = [];
  for (const type of btf.types()) {
    const { id, kind, name, fields, list } = recordOf(type);
    const parts = list === undefined ? {} : { [list.key]: list.items.map(exactly) };
    types.push(JSON.stringify({ id, kind, name, ...exactly(fields), ...parts }));
  }
  return `{"types":[${types.join(",")}]}`;
}

function exactly(fields: Fields): Record<string, number | string> {
  const entries = Object.entries(fields).map(([key, value]) => [key, exact(value)] as const);
  return Object.fromEntries(entries);
}

function exact(value: number | bigint | string): number | string {
  if (typeof value !== "bigint") return value;
  return BigInt.asIntN(54, value) === value ? Number(value) : String(value);
}
