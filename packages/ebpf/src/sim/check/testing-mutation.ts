/**
 * Programs that are almost right: an instruction or two of a program changed, at random but the same for the same seed.
 *
 * Most are refused, each for a reason of its own, and whoever takes one that the kernel refuses has a rule too few. What
 * names maps by descriptors is never made, so that a program names no map of somebody else.
 * @module
 */

/** Numbers from 0 to below `limit`, at random. */
export type Random = (limit: number) => number;

/** The same numbers for the same seed (a linear congruential generator). */
export function seeded(seed: number): Random {
  let state = (seed * 2654435761) >>> 0;
  return (limit) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
}

/** What may be put in place of the numbers of functions and maps. */
export interface Choices {
  readonly kfuncs: readonly number[];
  readonly helpers: readonly number[];
  readonly maps: number;
}

/** The instructions with one to three changes. */
export function mutate(instructions: Uint8Array, random: Random, choices: Choices): Uint8Array {
  const bytes = instructions.slice();
  const view = new DataView(bytes.buffer);
  const slots = slotsIn(bytes);
  for (let changes = 1 + random(3); changes > 0; changes--) {
    const slot = slots[random(slots.length)]!;
    changeOne({ view, slot, random, choices });
  }
  return bytes;
}

/** Bytes at which instructions begin. */
function slotsIn(bytes: Uint8Array): readonly number[] {
  const slots: number[] = [];
  for (let at = 0; at < bytes.length; at += isWide(bytes[at]!) ? 16 : 8) slots.push(at);
  return slots;
}

const isWide = (opcode: number): boolean => opcode === 0x18;
const call = 0x85;

interface Change {
  readonly view: DataView;
  readonly slot: number;
  readonly random: Random;
  readonly choices: Choices;
}

function changeOne(change: Change): void {
  const { view, slot, random } = change;
  const opcode = view.getUint8(slot);
  if (isWide(opcode)) changeWide(change);
  else if (opcode === call) changeCall(change);
  else changes[random(changes.length)]!(change);
}

const deltas = [1, -1, 2, 4, -4, 8, -8, 16, -16, 64];

const changes: readonly ((change: Change) => void)[] = [
  ({ view, slot, random }) => {
    view.setUint8(slot + 1, (view.getUint8(slot + 1) & 0xf0) | random(11));
  },
  ({ view, slot, random }) => {
    view.setUint8(slot + 1, (view.getUint8(slot + 1) & 0x0f) | (random(11) << 4));
  },
  ({ view, slot, random }) => {
    view.setInt16(slot + 2, view.getInt16(slot + 2, true) + deltas[random(deltas.length)]!, true);
  },
  ({ view, slot, random }) => {
    view.setInt32(slot + 4, view.getInt32(slot + 4, true) + deltas[random(deltas.length)]!, true);
  },
  ({ view, slot, random }) => {
    const opcode = view.getUint8(slot);
    const other =
      (opcode & 7) < 4 ? (opcode & 0xe7) | (random(4) << 3) : (opcode & 0x0f) | (random(16) << 4);
    if (!isWide(other)) view.setUint8(slot, other);
  },
  ({ view, slot }) => {
    view.setBigUint64(slot, jumpNowhere, true);
  },
];

const jumpNowhere = 0x05n;

/** Another map, or another place in its value. */
function changeWide({ view, slot, random, choices }: Change): void {
  const source = view.getUint8(slot + 1) >> 4;
  if (source === 5 || source === 6) {
    if (random(2) === 0) view.setInt32(slot + 4, random(choices.maps), true);
    else if (source === 6) view.setInt32(slot + 12, Math.max(0, random(80) - 8), true);
  } else if (source === 0) view.setInt32(slot + 4, random(100), true);
}

/** Another function, or none. */
function changeCall({ view, slot, random, choices }: Change): void {
  const source = view.getUint8(slot + 1) >> 4;
  const pool = source === 2 ? choices.kfuncs : source === 0 ? choices.helpers : [];
  if (pool.length === 0 || random(3) === 0) view.setBigUint64(slot, jumpNowhere, true);
  else view.setInt32(slot + 4, pool[random(pool.length)]!, true);
}
