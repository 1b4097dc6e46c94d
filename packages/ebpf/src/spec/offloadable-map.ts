/**
 * Specifications of maps that can be on a network card, beside the programs that run there.
 * @module
 */
import { type Checks, isName } from "../base/checks.ts";
import type { Layout } from "../layout/layout.ts";
import { withKernelMethods } from "./kernel-methods.ts";
import { keyedMapData, type KernelMapSpec, type MapOptions, mapOptions } from "./map-spec.ts";

/** Options of maps that can be on a network card. */
export interface OffloadableMapOptions extends MapOptions {
  /**
   * Name of the network interface whose card the map is on, for programs that run there (`device: "offload"`). Few cards can.
   * User space reads and writes it as any other. Minimum kernel 4.16; privileges: CAP_SYS_ADMIN.
   */
  readonly offloadTo?: string;
}

/**
 * A frozen specification of such a map.
 * @throws {InvalidArgumentError} when the name, the number of elements or an option cannot be meant.
 */
export function offloadableMapSpec<Type extends "hash" | "array", Key, Value>(
  type: Type,
  name: string,
  layouts: { readonly key: Layout<Key>; readonly value: Layout<Value> },
  size: number | OffloadableMapOptions,
): KernelMapSpec<Type, Key, Value> {
  const { offloadTo, ...options }: OffloadableMapOptions = mapOptions(name, size, ownChecks);
  const data = keyedMapData(type, name, layouts, options);
  const spec = offloadTo === undefined ? data : { ...data, offloadTo };
  return withKernelMethods(spec) as KernelMapSpec<Type, Key, Value>;
}

const ownChecks: Checks<Pick<OffloadableMapOptions, "offloadTo">> = { offloadTo: isName };
