/**
 * Live arrays of places in a program's code.
 * @module
 */
import type { InstructionPlace } from "../spec/insn-array.ts";
import type { KeyedMapSpec } from "../spec/map-spec.ts";
import type { MapHold } from "./bpf-map.ts";
import { ElementMap } from "./element-map.ts";

/**
 * A live array of places in a program's code. The instructions are set and the map is frozen, then the program that
 * uses it is loaded, which fills in where the instructions got to. One program at a time can use it.
 */
export class InsnArray extends ElementMap<"insn_array", number, InstructionPlace> {
  constructor(hold: MapHold<KeyedMapSpec<"insn_array", number, InstructionPlace>>) {
    super(hold, hold.spec.value);
  }

  /** Says that element `index` is about instruction `original` of the program, in slots of 8 bytes. */
  place(index: number, original: number): void {
    this.set(index, { original, translated: 0, jited: 0 });
  }

  override count(): number {
    return this.spec.maxEntries;
  }
}
