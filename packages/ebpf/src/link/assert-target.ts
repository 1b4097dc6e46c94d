/**
 * Targets as people may give them to the functions that attach.
 * @module
 */
import { assertWord } from "../base/arguments.ts";
import { isObject } from "../base/checks.ts";
import type { AttachTarget } from "../spec/program-spec.ts";

/**
 * Checks that `target` is one of `kinds`.
 * @throws {InvalidArgumentError} when it is no target, or one of another kind.
 */
export function assertTarget(target: AttachTarget, kinds: readonly AttachTarget["kind"][]): void {
  isObject(target, "the target");
  assertWord(target.kind, kinds, "the kind of target");
}
