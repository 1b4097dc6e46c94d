/**
 * Which registers a program can still read, at each instruction.
 *
 * Two states that differ only in registers that nobody reads are the same, which is what lets checking end soon. The
 * sets are worked out backwards until nothing changes, each a mask with one bit for each register.
 * @module
 */
import type { Instruction, InstructionKind, InstructionOf } from "../../../isa/instruction.ts";
import { registerNumber, type Operand, type Register } from "../../../isa/register.ts";
import { successors } from "./control-flow.ts";

/** Instructions by their slots; nothing at second halves of wide loads. */
export type Slots = readonly (Instruction | undefined)[];

/** How many arguments the function takes that an instruction calls; `undefined` where that is not known. */
export type ParametersOf = (it: Instruction) => number | undefined;

/** Masks of the registers read at or behind each slot before they are written. */
export function liveRegisters(slots: Slots, parametersOf: ParametersOf): Uint16Array {
  const live = new Uint16Array(slots.length);
  const uses = slots.map((it) => {
    if (it === undefined) return { read: 0, written: 0 };
    const parameters = parametersOf(it);
    return parameters === undefined ? effectOf(it) : called(parameters);
  });
  for (let changed = true; changed;) {
    changed = false;
    for (let slot = slots.length - 1; slot >= 0; slot--) {
      const instruction = slots[slot];
      if (instruction === undefined) continue;
      let after = 0;
      for (const next of successors(instruction, slot)) after |= live[next] ?? 0;
      const { read, written } = uses[slot]!;
      const before = (after & ~written) | read;
      changed ||= before !== live[slot];
      live[slot] = before;
    }
  }
  return live;
}

interface Effect {
  readonly read: number;
  readonly written: number;
}

const bit = (operand: Operand | undefined): number =>
  typeof operand === "string" ? 1 << registerNumber(operand) : 0;

/** Registers an instruction reads and writes; a register it does both with counts as read. */
function effectOf(it: Instruction): Effect {
  return (effects[it.kind] as (it: Instruction) => Effect)(it);
}

const nothing = (): Effect => ({ read: 0, written: 0 });
const called = (parameters = 5): Effect => ({
  read: (1 << (parameters + 1)) - 2,
  written: 0b111111,
});
const changed = (it: { readonly dst: Register }): Effect => ({
  read: bit(it.dst),
  written: bit(it.dst),
});
const moved = (it: { readonly src: Register; readonly dst: Register }): Effect => ({
  read: bit(it.src),
  written: bit(it.dst),
});
const loaded = (it: { readonly base: Register; readonly dst: Register }): Effect => ({
  read: bit(it.base),
  written: bit(it.dst),
});
const stored = (it: { readonly base: Register; readonly src: Operand }): Effect => ({
  read: bit(it.base) | bit(it.src),
  written: 0,
});

const effects: { readonly [Kind in InstructionKind]: (it: InstructionOf<Kind>) => Effect } = {
  alu: (it) => ({
    read: bit(it.src) | (it.op === "mov" ? 0 : bit(it.dst)),
    written: bit(it.dst),
  }),
  negate: changed,
  "byte-swap": changed,
  movsx: moved,
  "addr-space-cast": moved,
  load: loaded,
  "load-acquire": loaded,
  store: stored,
  "store-release": stored,
  atomic: (it) => ({
    read: bit(it.base) | bit(it.src) | (it.op === "cmpxchg" ? 1 : 0),
    written: 0,
  }),
  "wide-load": (it) => ({ read: 0, written: bit(it.dst) }),
  "packet-load": (it) => ({ read: bit("r6") | bit(it.index), written: 0b111111 }),
  "jump-if": (it) => ({ read: bit(it.dst) | bit(it.src), written: 0 }),
  "call-helper": () => called(),
  "call-kfunc": () => called(),
  "call-local": () => called(),
  exit: () => ({ read: 1, written: 0 }),
  jump: nothing,
  "long-jump": nothing,
  "may-goto": nothing,
  nospec: nothing,
  "percpu-address": nothing,
};
