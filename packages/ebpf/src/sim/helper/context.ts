/**
 * What helpers work on, and how they read their arguments.
 * @module
 */
import { helperId, type HelperName } from "../../helper/helper-id.ts";
import type { SimulatedMap } from "../map/simulated-map.ts";
import type { Packet } from "../packet.ts";
import type { Helper, Machine } from "../vm/machine.ts";
import type { World } from "../world.ts";

/** The parts of the kernel that helpers use. */
export interface HelperContext {
  readonly world: World;
  readonly packet: Packet;
  /** The map a program names by this address. */
  readonly mapAt: (address: bigint) => SimulatedMap;
}

/** A helper with the context it works on. */
export type ContextHelper = (machine: Machine, context: HelperContext) => number | bigint;

/** Helpers by name. */
export type HelperGroup = { readonly [Name in HelperName]?: ContextHelper };

/** The helpers of all groups by number, for a machine. */
export function bindHelpers(
  groups: readonly HelperGroup[],
  context: HelperContext,
): Map<number, Helper> {
  const bound = new Map<number, Helper>();
  for (const group of groups) {
    for (const [name, helper] of Object.entries(group)) {
      bound.set(helperId(name), (machine) => helper(machine, context));
    }
  }
  return bound;
}

/** Argument `index`, from 1 up, as a number of 32 bits without sign. */
export function u32Of(machine: Machine, index: number): number {
  return machine.halves[2 * index]! >>> 0;
}

/** The same with its sign. */
export function s32Of(machine: Machine, index: number): number {
  return machine.halves[2 * index]!;
}

/** Argument `index` whole, such as an address. */
export function u64Of(machine: Machine, index: number): bigint {
  return machine.registers[index]!;
}

/** The memory that argument `index` points to. */
export function readable(machine: Machine, index: number, length: number): Uint8Array {
  return machine.memory.bytes(u64Of(machine, index), length, "read");
}

/** The same for writing. */
export function writable(machine: Machine, index: number, length: number): Uint8Array {
  return machine.memory.bytes(u64Of(machine, index), length, "write");
}
