/**
 * Types in words for messages.
 * @module
 */
import type { PointerValueType } from "./entity.ts";

/** What a pointer refers to: "a reference to struct task_struct in kernel memory". */
export function describeType({ target, region }: PointerValueType): string {
  return `a reference to ${target.name} in ${region.name}`;
}
