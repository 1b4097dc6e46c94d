/**
 * Assembling: from what people write to a list of instructions.
 *
 * Instructions, labels and lists of them nest as deep as one likes, so that a function can return a piece of a
 * program. Assembling flattens them and ties each label to the instruction behind it; bytes are made by `encode`.
 * @module
 */
import { InvalidArgumentError } from "../base/errors.ts";
import { slotCount, type Instruction, type Target } from "../isa/instruction.ts";

/** A piece of a program. */
export type Item = Instruction | Label | readonly Item[];

/** A name for the place where it stands. */
export interface Label {
  readonly kind: "label";
  readonly name: string;
}

/**
 * Gives the place where it stands a name, for jumps and calls to go to.
 * @throws {InvalidArgumentError} when the name is not made of letters, digits, `_`, `.` and `$`.
 */
export function label(name: string): Label {
  if (/^[A-Za-z_.$][\w.$]*$/.test(name)) return Object.freeze({ kind: "label", name });
  throw new InvalidArgumentError(`"${name}" cannot be the name of a label`, {
    hint: "use letters, digits, _, . and $, and no digit first",
  });
}

/**
 * The instructions of the pieces in order, frozen. Several labels in one place become one, and what goes to the others
 * goes to that one.
 *
 * ```ts
 * assemble(mov(r0, 0), jeq(r1, 0, "out"), mov(r0, 1), label("out"), exit());
 * ```
 * @throws {InvalidArgumentError} when a label stands twice, or behind the last instruction.
 */
export function assemble(...items: readonly Item[]): readonly Instruction[] {
  const program: Program = { instructions: [], waiting: [], aliases: new Map() };
  add(program, items);
  const left = program.waiting[0];
  if (left !== undefined) {
    throw new InvalidArgumentError(`label "${left}" stands behind the last instruction`, {
      hint: "put the instruction that it names behind it",
    });
  }
  if (program.aliases.size === 0) return Object.freeze(program.instructions);
  return Object.freeze(program.instructions.map((one) => withoutAlias(one, program.aliases)));
}

/** Slots that the instructions of a piece take: 1 each, 2 for wide loads. */
export function slotsOf(item: Item): number {
  if (isList(item)) return item.reduce((sum, part) => sum + slotsOf(part), 0);
  return item.kind === "label" ? 0 : slotCount(item);
}

/**
 * The piece with a jump before it that passes it over.
 *
 * ```ts
 * skip((over) => jne(r0, 0, over), [mov(r0, 0), exit()]); // leave when r0 is 0
 * ```
 */
export function skip(jump: (target: number) => Instruction, passedOver: Item): Item {
  return [jump(slotsOf(passedOver)), passedOver];
}

interface Program {
  readonly instructions: Instruction[];
  /** Labels since the last instruction. */
  waiting: string[];
  /** Labels that were given up for the one before them. */
  readonly aliases: Map<string, string>;
}

function isList(item: Item): item is readonly Item[] {
  return Array.isArray(item);
}

function add(program: Program, items: readonly Item[]): void {
  for (const item of items) {
    if (isList(item)) add(program, item);
    else if (item.kind === "label") program.waiting.push(item.name);
    else program.instructions.push(labelled(program, item));
  }
}

/** The instruction with the labels that wait for one. */
function labelled(program: Program, instruction: Instruction): Instruction {
  if (program.waiting.length === 0) return Object.freeze(instruction);
  const own = instruction.label === undefined ? [] : [instruction.label];
  const [first, ...others] = [...program.waiting, ...own];
  for (const other of others) setAlias(program.aliases, other, first!);
  program.waiting = [];
  return Object.freeze({ ...instruction, label: first! });
}

function setAlias(aliases: Map<string, string>, name: string, first: string): void {
  if (name === first || aliases.has(name)) {
    throw new InvalidArgumentError(`label "${name}" stands twice`, {
      hint: "give one of them another name",
    });
  }
  aliases.set(name, first);
}

/** The instruction, going to the labels that are left. */
function withoutAlias(instruction: Instruction, aliases: ReadonlyMap<string, string>): Instruction {
  const renamed = (target: Target): Target =>
    (typeof target === "string" ? aliases.get(target) : undefined) ?? target;
  if ("target" in instruction) {
    return Object.freeze({ ...instruction, target: renamed(instruction.target) });
  }
  if (instruction.kind !== "wide-load" || typeof instruction.value === "bigint") return instruction;
  if (instruction.value.kind !== "function") return instruction;
  const value = { ...instruction.value, target: renamed(instruction.value.target) };
  return Object.freeze({ ...instruction, value: Object.freeze(value) });
}
