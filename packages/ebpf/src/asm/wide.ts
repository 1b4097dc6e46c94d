/**
 * Wide loads: numbers of 64 bits, and addresses that the kernel fills in.
 *
 * Maps, kernel variables and functions are named; the names become numbers when the program is loaded. Each of
 * these instructions is two slots long. RFC 9669 §5.4.
 * @module
 */
import type { Address, Instruction, Target } from "../isa/instruction.ts";
import type { Register } from "../isa/register.ts";

/** A map by its name, or anything that has one, such as its spec. */
export type MapReference = string | { readonly name: string };

/** `dst = value`, -2^63 to 2^64 - 1. */
export function loadImm64(dst: Register, value: bigint): Instruction {
  return Object.freeze({ kind: "wide-load", dst, value });
}

/** `dst = map`, which is what helpers take as a map. */
export function loadMap(dst: Register, map: MapReference): Instruction {
  return loadAddress(dst, { kind: "map", name: mapName(map) });
}

/**
 * `dst = address of the map's first value + offset`, for arrays; how global variables are reached. Minimum kernel 5.2.
 */
export function loadMapValue(dst: Register, map: MapReference, offset = 0): Instruction {
  return loadAddress(dst, { kind: "map-value", name: mapName(map), offset });
}

/** `dst = address of the kernel's variable`. Minimum kernel 5.10. */
export function loadVariable(dst: Register, name: string): Instruction {
  return loadAddress(dst, { kind: "variable", name });
}

/**
 * `dst = address of the function` of this program, for helpers that call back. The kernel takes it only in programs
 * that come with BTF for their functions. Minimum kernel 5.13.
 */
export function loadFunction(dst: Register, target: Target): Instruction {
  return loadAddress(dst, { kind: "function", target });
}

function loadAddress(dst: Register, value: Address): Instruction {
  return Object.freeze({ kind: "wide-load", dst, value: Object.freeze(value) });
}

function mapName(map: MapReference): string {
  return typeof map === "string" ? map : map.name;
}
