/**
 * Calls: of helpers, of kernel functions, of functions of the same program; and the return.
 *
 * A call takes its arguments from r1 to r5 and overwrites r0 to r5. Arguments can be given with the call; they are
 * moved to their registers in an order that loses none of them. RFC 9669 §4.3.
 * @module
 */
import { InvalidArgumentError } from "../base/errors.ts";
import { type CamelHelperName, helperId, type HelperName } from "../helper/helper-id.ts";
import type { Instruction, Target } from "../isa/instruction.ts";
import { isRegister, r1, r2, r3, r4, r5, type Register } from "../isa/register.ts";
import { mov } from "./alu.ts";
import { addressOf, type Place } from "./place.ts";
import { loadImm64, loadMap } from "./wide.ts";

/**
 * An argument of a call: a register's value, a number, the address of a place, or a map (an object with a name, such as
 * its spec).
 */
export type Argument = Register | number | bigint | Place | { readonly name: string };

/**
 * Calls a helper, by name or number: `call("map_lookup_elem", counts, at(r10, -4))`. Without arguments they must be in
 * their registers already. The result is in r0.
 * @throws {InvalidArgumentError} when there is no such helper, there are more than five arguments, or their registers
 * would have to be exchanged.
 */
export function call(
  helper: HelperName | CamelHelperName | number,
  ...args: readonly Argument[]
): readonly Instruction[] {
  const id = typeof helper === "number" ? helper : helperId(helper);
  return [...passed(args), Object.freeze({ kind: "call-helper", id })];
}

/**
 * Calls a function of the kernel that is open to programs, by name or BTF id. Minimum kernel 5.13.
 * @throws {InvalidArgumentError} as {@link call} does for its arguments.
 */
export function callKfunc(
  kfunc: string | number,
  ...args: readonly Argument[]
): readonly Instruction[] {
  return [...passed(args), Object.freeze({ kind: "call-kfunc", function: kfunc })];
}

/**
 * Calls the function of this program that starts at `target`. It gets a stack of its own; stacks of all functions that
 * are running together may be 512 bytes. Minimum kernel 4.16.
 * @throws {InvalidArgumentError} as {@link call} does for its arguments.
 */
export function callLocal(target: Target, ...args: readonly Argument[]): readonly Instruction[] {
  return [...passed(args), Object.freeze({ kind: "call-local", target })];
}

/** Returns r0 to the caller, or ends the program. */
export function exit(): Instruction {
  return Object.freeze({ kind: "exit" });
}

const argumentRegisters = [r1, r2, r3, r4, r5] as const;

interface Passing {
  readonly to: Register;
  readonly argument: Argument;
}

/** Moves arguments to their registers, each before the register it comes from is overwritten. */
function passed(args: readonly Argument[]): readonly Instruction[] {
  if (args.length > argumentRegisters.length) {
    throw new InvalidArgumentError(`a call takes at most 5 arguments, not ${args.length}`, {
      hint: "pass the address of a struct",
    });
  }
  let left: readonly Passing[] = args.map((argument, index) => ({
    to: argumentRegisters[index]!,
    argument,
  }));
  const instructions: Instruction[] = [];
  while (left.length > 0) {
    const next = left.find(({ to }) => !isNeeded(to, left));
    if (next === undefined) throw circle(left);
    instructions.push(...moved(next));
    left = left.filter((passing) => passing !== next);
  }
  return instructions;
}

/** Whether an argument for another register still comes from this one. */
function isNeeded(register: Register, left: readonly Passing[]): boolean {
  return left.some(({ to, argument }) => to !== register && originOf(argument) === register);
}

function originOf(argument: Argument): Register | undefined {
  if (isRegister(argument)) return argument;
  return typeof argument === "object" && "base" in argument ? argument.base : undefined;
}

function moved({ to, argument }: Passing): readonly Instruction[] {
  if (isRegister(argument)) return addressOf(to, argument);
  if (typeof argument === "number") return [loadNumber(to, argument)];
  if (typeof argument === "bigint") return [loadImm64(to, argument)];
  return "base" in argument ? addressOf(to, argument) : [loadMap(to, argument)];
}

/** A number that 32 bits with a sign cannot hold is loaded whole. */
function loadNumber(to: Register, value: number): Instruction {
  const narrow = (value | 0) === value || !Number.isSafeInteger(value);
  return narrow ? mov(to, value) : loadImm64(to, BigInt(value));
}

function circle(left: readonly Passing[]): InvalidArgumentError {
  const names = left.map(({ argument }) => originOf(argument)).join(" and ");
  return new InvalidArgumentError(`arguments in ${names} would overwrite each other`, {
    hint: "move one of them to another register before",
  });
}
