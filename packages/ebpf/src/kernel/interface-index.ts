/**
 * Network interfaces as they are given by callers: by name or number.
 * @module
 */
import { assertText, assertWhole } from "../base/arguments.ts";
import type { Kernel } from "./kernel.ts";

/** Numbers of interfaces are positive and have 31 bits (`dev_new_index` of net/core/dev.c). */
const mostInterfaces = 2 ** 31 - 1;

/**
 * The number of an interface of this process's network namespace.
 * @throws {NotFoundError} when there is none of that name, with the one that may have been meant.
 * @throws {InvalidArgumentError} when it is neither a name nor a number that an interface can have.
 */
export function interfaceIndexOf(kernel: Kernel, target: string | number): number {
  if (typeof target === "number") {
    assertWhole(target, "the number of an interface", { least: 1, most: mostInterfaces });
    return target;
  }
  assertText(target, "the name of an interface");
  return kernel.interfaceIndex(target);
}
