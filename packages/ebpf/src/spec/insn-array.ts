/**
 * Specification of arrays of places in a program's code.
 * @module
 */
import { u32 } from "../layout/integer.ts";
import type { Layout } from "../layout/layout.ts";
import { struct } from "../layout/struct.ts";
import { transform } from "../layout/transform.ts";
import { keyedMapData, type KeyedMapSpec, type MapSize } from "./map-spec.ts";
import { withKernelMethods } from "./kernel-methods.ts";

/** `struct bpf_insn_array_value`: where an instruction is, in three countings. */
export interface InstructionPlace {
  /** Number of the instruction in what is loaded. */
  readonly original: number;
  /** Number after the verifier's changes; 0 before the load, 2^32 - 1 when the instruction was removed. */
  readonly translated: number;
  /** Bytes from the start of the machine code; 0 before the load. */
  readonly jited: number;
}

const layout = struct("bpf_insn_array_value", {
  original: u32,
  translated: u32,
  jited: u32,
  reserved: u32,
});

const place: Layout<InstructionPlace> = transform(layout, {
  name: "bpf_insn_array_value",
  decode: ({ original, translated, jited }) => ({ original, translated, jited }),
  encode: (value) => ({ ...value, reserved: 0 }),
});

/**
 * Instructions of one program, by index: the kernel keeps track of where they get to, and programs jump to them
 * (`gotox`). User space says which instructions before the map is frozen and the program loaded. Minimum kernel 6.19.
 */
export function insnArray(
  name: string,
  size: MapSize,
): KeyedMapSpec<"insn_array", number, InstructionPlace> {
  return withKernelMethods(keyedMapData("insn_array", name, { key: u32, value: place }, size));
}
