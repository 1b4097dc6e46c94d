/**
 * Helper functions of the kernel: their numbers and names.
 *
 * Programs call helpers by number. The table is generated from a kernel's BTF and the numbers never change, so it
 * holds on every kernel that has the helper. Which kernel and which programs have it is not told here.
 * @module
 */
import { InvalidArgumentError } from "../base/errors.ts";
import { once } from "../base/once.ts";
import { didYouMean } from "../base/text.ts";
import { helperIds } from "./generated/helper-ids.ts";

/** Name of a helper as the kernel has it, without prefix: `map_lookup_elem`. */
export type HelperName = keyof typeof helperIds;

/** The same in camel case: `mapLookupElem`. */
export type CamelHelperName = CamelCase<HelperName>;

type CamelCase<Name extends string> = Name extends `${infer Head}_${infer Tail}`
  ? `${Head}${Capitalize<CamelCase<Tail>>}`
  : Name;

/**
 * Number of a helper, by its name as the kernel has it (`map_lookup_elem`), as it prints it
 * (`bpf_map_lookup_elem`), or in camel case (`mapLookupElem`).
 * @throws {InvalidArgumentError} when there is no such helper.
 */
export function helperId(
  name: HelperName | CamelHelperName | (string & Record<never, never>),
): number {
  const id = findHelperId(name);
  if (id !== undefined) return id;
  const hint = didYouMean(name, name.includes("_") ? Object.keys(helperIds) : camelNames().keys());
  throw new InvalidArgumentError(`no helper "${name}"`, {
    hint: hint ?? "a helper newer than this table is called by its number",
  });
}

/** The same, or `undefined` when there is no such helper. */
export function findHelperId(name: string): number | undefined {
  const plain = name.startsWith("bpf_") ? name.slice("bpf_".length) : name;
  if (Object.hasOwn(helperIds, plain)) return helperIds[plain as HelperName];
  return camelNames().get(name);
}

/** Name of the helper with this number, `map_lookup_elem` for 1; `undefined` when there is none. */
export function helperName(id: number): HelperName | undefined {
  return names().get(id);
}

/** Name of the helper with this number as the kernel prints it, `bpf_map_lookup_elem` for 1. */
export function helperSymbol(id: number): string | undefined {
  const name = names().get(id);
  return name === undefined ? undefined : `bpf_${name}`;
}

/** Every helper of the table, in the order of their numbers. */
export function helperNames(): readonly HelperName[] {
  return [...names().values()];
}

const names = once(
  () => new Map(Object.entries(helperIds).map(([name, id]) => [id as number, name as HelperName])),
);

const camelNames = once(
  () => new Map(Object.entries(helperIds).map(([name, id]) => [camelCase(name), id as number])),
);

function camelCase(name: string): string {
  return name.replaceAll(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
}
