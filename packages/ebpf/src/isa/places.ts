/**
 * Places: where each instruction and label of a program lies, counted in slots.
 *
 * Jumps count slots, and wide loads take two of them; so places are counted once for the whole program and then
 * asked for. A number as target is only checked for not hitting the second half of a wide load: a list can be a
 * part of a program, so that a place outside of it can be meant.
 * @module
 */
import { InvalidArgumentError } from "../base/errors.ts";
import { didYouMean } from "../base/text.ts";
import { slotCount, type Instruction, type Target } from "./instruction.ts";

/** Where the instructions of a program lie. */
export interface Places {
  /** Slots of the whole program. */
  readonly slots: number;
  /** Slot in which each instruction starts. */
  readonly starts: readonly number[];
  /** Slot that each label stands before. */
  readonly labels: ReadonlyMap<string, number>;
  /** Slots that are second halves of wide loads. */
  readonly halves: ReadonlySet<number>;
}

/**
 * Counts the slots of a program.
 * @throws {InvalidArgumentError} when two instructions have the same label.
 */
export function placesOf(instructions: readonly Instruction[]): Places {
  const starts: number[] = [];
  const labels = new Map<string, number>();
  const halves = new Set<number>();
  let slot = 0;
  for (const instruction of instructions) {
    starts.push(slot);
    if (instruction.label !== undefined) addLabel(labels, instruction.label, slot);
    if (slotCount(instruction) === 2) halves.add(slot + 1);
    slot += slotCount(instruction);
  }
  return { slots: slot, starts, labels, halves };
}

function addLabel(labels: Map<string, number>, label: string, slot: number): void {
  const other = labels.get(label);
  if (other !== undefined) {
    throw new InvalidArgumentError(
      `instruction ${slot}: label "${label}" stands before instruction ${other} already`,
      { hint: "give one of them another name" },
    );
  }
  labels.set(label, slot);
}

/**
 * Slots from the instruction after `slot` to `target`.
 * @throws {InvalidArgumentError} when there is no such label.
 */
export function distanceTo(places: Places, target: Target, slot: number): number {
  if (typeof target === "number") return target;
  const place = places.labels.get(target);
  if (place !== undefined) return place - (slot + 1);
  const hint =
    didYouMean(target, places.labels.keys()) ?? "put the label before the instruction to go to";
  throw new InvalidArgumentError(`no label "${target}"`, { hint });
}

/**
 * The same for a jump, which may not land inside of an instruction.
 * @throws {InvalidArgumentError} when there is no such label, or when it does.
 */
export function jumpDistance(places: Places, target: Target, slot: number): number {
  const distance = distanceTo(places, target, slot);
  if (!places.halves.has(slot + 1 + distance)) return distance;
  throw new InvalidArgumentError(
    `jumps into the middle of the wide load at instruction ${slot + distance}`,
    { hint: "a wide load counts as two; use a label" },
  );
}
