/**
 * References to elements of maps and to variables.
 * @module
 */
import { assertOptions, type Checks, isAnything, isListOf } from "../base/checks.ts";
import { InvalidArgumentError } from "../base/errors.ts";
import { assertLive, kindOf } from "../base/given.ts";
import type { LookupMode } from "../kernel/kernel.ts";
import { GlobalVariable } from "../map/global-variable.ts";
import { MapCell, type ReferableMap } from "./map-cell.ts";
import { Reference, type ReferenceOptions } from "./reference.ts";
import { VariableCell } from "./variable-cell.ts";

/** Options of {@link entry}. */
export interface EntryOptions<Value> extends ReferenceOptions<Value> {
  /**
   * `locked` takes the value's spin lock to read and to write, so that neither side ever sees a value half written;
   * the value's layout then has a `spinLock`. Replacing still is two steps. Minimum kernel 5.1.
   */
  readonly lock?: LookupMode | undefined;
}

/**
 * A reference to the element of `map` under `key`, which need not be there. Of per-CPU maps the value is an array with
 * one for each possible CPU. The map is lent; closing the reference does not close it.
 *
 * Updates are one step towards programs for elements of 4 or 8 bytes of arrays with flag `mmapable`.
 */
export function entry<Key, Value>(
  map: ReferableMap<Key, Value>,
  key: Key,
  entryOptions: EntryOptions<Value> = {},
): Reference<Value> {
  assertLive(map, "set", "the map of a reference", "give a loaded map of elements");
  assertOptions(entryOptions, entryChecks, "a reference");
  const { lock = "plain", ...options } = entryOptions;
  return new Reference(new MapCell(map, key, lock), options);
}

/**
 * A reference to a variable, which always has a value. The variable is lent. Updates are one step towards programs for
 * values of 4 or 8 bytes.
 */
export function variableEntry<Value>(
  variable: GlobalVariable<Value>,
  options: ReferenceOptions<Value> = {},
): Reference<Value> {
  if (!(variable instanceof GlobalVariable)) {
    throw new InvalidArgumentError(`the variable of a reference is ${kindOf(variable)}`, {
      hint: "give a loaded variable, of global(…) or config(…)",
    });
  }
  assertOptions(options, referenceChecks, "a reference");
  return new Reference(new VariableCell(variable), options);
}

const referenceChecks: Checks<ReferenceOptions<unknown>> = {
  validators: isListOf(isAnything),
  intervalMs: isAnything,
};
const entryChecks: Checks<EntryOptions<unknown>> = { ...referenceChecks, lock: isAnything };
