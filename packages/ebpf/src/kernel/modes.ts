/**
 * The ways in which elements of maps are read and written, checked where they come from a caller.
 * @module
 */
import { assertWord } from "../base/arguments.ts";
import type { LookupMode, UpdateMode } from "./kernel.ts";

const updateModeSet: { readonly [Mode in UpdateMode]: true } = {
  any: true,
  noexist: true,
  exist: true,
  "any-locked": true,
  "noexist-locked": true,
  "exist-locked": true,
};

/** All ways of writing an element. */
export const updateModes: readonly UpdateMode[] = Object.keys(updateModeSet) as UpdateMode[];

const lookupModeSet: { readonly [Mode in LookupMode]: true } = { plain: true, locked: true };

/** All ways of reading an element. */
export const lookupModes: readonly LookupMode[] = Object.keys(lookupModeSet) as LookupMode[];

/** @throws {InvalidArgumentError} when it is none, with the one that may have been meant. */
export function assertUpdateMode(mode: UpdateMode): void {
  assertWord(mode, updateModes, "the mode of an update");
}

/** @throws {InvalidArgumentError} when it is none, with the one that may have been meant. */
export function assertLookupMode(mode: LookupMode): void {
  assertWord(mode, lookupModes, "the lock of a lookup");
}
