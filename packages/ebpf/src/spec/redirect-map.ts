/**
 * Specifications of maps that XDP programs send packets through: to interfaces, to other CPUs, to AF_XDP sockets.
 * @module
 */
import { u32 } from "../layout/integer.ts";
import { struct } from "../layout/struct.ts";
import type { FieldLayouts, StructLayout } from "../layout/layout.ts";
import { keyedMapSpec, type KernelMapSpec, type MapSize } from "./map-spec.ts";

/** `struct bpf_devmap_val`: an interface, and the number of the program that runs before sending (0: none). */
export interface DevmapValue {
  readonly ifindex: number;
  readonly programId: number;
}

/** `struct bpf_cpumap_val`: room for packets in the queue of the CPU, and the number of the program that runs there. */
export interface CpumapValue {
  readonly queueSize: number;
  readonly programId: number;
}

const devmapValue: StructLayout<Words<DevmapValue>> = struct("bpf_devmap_val", {
  ifindex: u32,
  programId: u32,
});
const cpumapValue: StructLayout<Words<CpumapValue>> = struct("bpf_cpumap_val", {
  queueSize: u32,
  programId: u32,
});

type Words<Value> = { readonly [Name in keyof Value]: typeof u32 } & FieldLayouts;

/** Network interfaces by index. Minimum kernel 4.14 (5.8 for programs in it). */
export function devmap(name: string, size: MapSize): KernelMapSpec<"devmap", number, DevmapValue> {
  return keyedMapSpec("devmap", name, { key: u32, value: devmapValue }, size);
}

/** Network interfaces by any number. Minimum kernel 5.4. */
export function devmapHash(
  name: string,
  size: MapSize,
): KernelMapSpec<"devmap_hash", number, DevmapValue> {
  return keyedMapSpec("devmap_hash", name, { key: u32, value: devmapValue }, size);
}

/** CPUs by number: packets go on there. Minimum kernel 4.15 (5.9 for programs in it). */
export function cpumap(name: string, size: MapSize): KernelMapSpec<"cpumap", number, CpumapValue> {
  return keyedMapSpec("cpumap", name, { key: u32, value: cpumapValue }, size);
}

/** AF_XDP sockets by index, mostly the number of the receive queue. Minimum kernel 4.18. */
export function xskmap(name: string, size: MapSize): KernelMapSpec<"xskmap", number, number> {
  return keyedMapSpec("xskmap", name, { key: u32, value: u32 }, size);
}
