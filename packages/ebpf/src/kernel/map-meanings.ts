/**
 * What errors of operations on maps mean, on every kernel.
 * @module
 */
import type { Meanings } from "./failure.ts";
import type { MapCreate } from "./commands.ts";
import { creationHint } from "./map-rules.ts";
import { mapOffloadMeanings } from "./offload-meanings.ts";

/** What errors of element operations mean, whichever way they are made. */
export const elementMeanings: Meanings = {
  ENOENT: { reason: "there is no such element" },
  EEXIST: { reason: "the element is there already" },
  E2BIG: { reason: "the map is full, or the index is outside of it" },
  ENOMEM: { reason: "out of memory for another element" },
  EBUSY: { reason: "a program is working on the same bucket", kind: "transient" },
  EPERM: {
    reason: "the map is frozen, or open only for reading or only for writing",
    hint: "a frozen map takes no changes from user space; rdonly and wronly maps take one direction",
  },
  EINVAL: { reason: "this kind of map does not take these flags, or not this operation" },
  ENOTSUPP: { feature: "this operation on this kind of map" },
  EOPNOTSUPP: { feature: "this operation on this kind of map" },
};

/** The same where the value is an object of the kernel. */
export const objectMeanings: Meanings = {
  ...elementMeanings,
  EBUSY: { reason: "the object is in such a map already" },
  EBADF: { reason: "there is no such descriptor, or it is of something else" },
  EINVAL: { reason: "this map does not take such an object, or not with these flags" },
};

/** What errors of creating a map mean. */
export function createMeanings(attributes: MapCreate): Meanings {
  const hint = creationHint(attributes.mapType, attributes.mapFlags);
  const reason = "this kind of map does not take these sizes or flags";
  return {
    EINVAL: { reason, ...(hint === undefined ? {} : { hint }) },
    E2BIG: { reason: "keys, values or the map are larger than the kernel takes" },
    ...mapOffloadMeanings(attributes),
  };
}

/** What errors of freezing a map mean. */
export const freezeMeanings: Meanings = {
  EBUSY: { reason: "somebody has it mapped for writing, or it is frozen already" },
  EPERM: { reason: "it is frozen already, or open only for reading" },
};

/** What errors of giving a program a struct of functions mean (`prog_assoc_struct_ops` of kernel/bpf/syscall.c). */
export const associateMeanings: Meanings = {
  EINVAL: {
    reason: "the map holds no struct of functions, or the program is itself a function of one",
    hint: "give what load made of structOps(…), to a program of another type than struct_ops",
  },
  EBUSY: {
    reason: "the program has another struct of functions, which it keeps",
    hint: "load the program once more for this one",
  },
};

/** What errors of test runs mean. */
export const testRunMeanings: Meanings = {
  ENOTSUPP: { feature: "running programs of this type" },
  EOPNOTSUPP: { feature: "running programs of this type" },
  EINVAL: {
    reason: "the program's type does not take this input",
    hint: "packets need at least 14 bytes, and each type takes only some of the attributes",
  },
};
