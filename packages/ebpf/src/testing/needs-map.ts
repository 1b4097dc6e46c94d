/**
 * Skips tests where the kernel lacks a kind of map, with the reason.
 * @module
 */
import { mapFeatures } from "../sys/feature/map-features.ts";
import type { MapType } from "../spec/words.ts";
import { kernelUnderTest } from "./kernel-under-test.ts";
import { needs, type NeedsOptions } from "./needs.ts";

/** Options for a test or suite that needs maps of `type`, and root. A map is made to find out. */
export function needsMap(type: MapType): NeedsOptions {
  const usable = needs("root", "bpf");
  return usable.skip === false ? { skip: whyNoMap(type) } : usable;
}

function whyNoMap(type: MapType): string | false {
  try {
    using made = mapFeatures.find(({ name }) => name === type)!.probe(kernelUnderTest())!;
    return made === undefined && `${type} cannot be made`;
  } catch (error) {
    return `needs maps of type ${type}: ${(error as Error).message}`;
  }
}
