/**
 * Specification of arrays of control groups.
 * @module
 */
import { u32 } from "../layout/integer.ts";
import { keyedMapSpec, type KernelMapSpec, type MapSize } from "./map-spec.ts";

/** Control groups by index, against which programs check sockets and tasks. Minimum kernel 4.8. */
export function cgroupArray(
  name: string,
  size: MapSize,
): KernelMapSpec<"cgroup_array", number, number> {
  return keyedMapSpec("cgroup_array", name, { key: u32, value: u32 }, size);
}
