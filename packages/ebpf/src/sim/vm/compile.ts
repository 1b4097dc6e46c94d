/**
 * The fast engine: a program becomes JavaScript functions, one for each function it has.
 *
 * Registers are int32 locals, basic blocks the cases of one `switch` in a loop, and the budget is taken block by block.
 * It optimises nothing itself; that is left to the JavaScript engine.
 * @module
 */
import type { Instruction } from "../../isa/instruction.ts";
import { castAddress, conditionOf, high, low, sizes, statementOf } from "./emit.ts";
import { type Execution, maxLoops } from "./execution.ts";
import { type FaultKind, MachineFault } from "./fault.ts";
import { tailCallHelper } from "./interpret.ts";
import type { Machine } from "./machine.ts";
import { type CompiledFunction, type PreparedProgram, upperHalf } from "./prepare.ts";
import { swap32, Wide } from "./wide.ts";

/** In the place of a first slot: the program itself, whatever wraps it. Tail calls go there, as in the kernel. */
const pastWrapper = -1;

/** Whether this process may make functions from text; a content security policy can forbid it. */
export function canCompile(): boolean {
  try {
    // oxlint-disable-next-line no-new-func, no-implied-eval -- making functions is what this engine is
    return new Function("return true")() === true;
  } catch {
    return false;
  }
}

/** The functions of `program`, by first slot. */
export function compile(
  program: PreparedProgram,
  execution: Execution,
  machine: Machine,
): ReadonlyMap<number, CompiledFunction> {
  const entries = entriesOf(program);
  const text = entries.map((entry) => functionsText(program, entry, execution)).join("\n");
  const wrapped = (entry: number, plain: CompiledFunction): void =>
    program.wrappers.get(entry)!(plain);
  const main = program.wrappers.has(0) ? "p0" : "f0";
  const table = `return [[${pastWrapper},${main}],${entries.map((entry) => `[${entry},f${entry}]`).join()}];`;
  const call = (slot: number): void => {
    execution.slot = slot;
    execution.callHelper(execution.calleeOf(program.slots[slot]!, slot), machine);
  };
  // oxlint-disable-next-line no-new-func, no-implied-eval -- making functions is what this engine is
  const make = new Function("M", "H", "X", "W", "S", "C", "F", "A", `"use strict";${text}${table}`);
  return new Map(
    make(execution.memory, execution.halves, execution, new Wide(), swap32, call, fault, wrapped),
  );
}

function entriesOf({ slots, targets }: PreparedProgram): number[] {
  const calls = [...targets].filter((target, slot) => target >= 0 && !jumps(slots[slot]!));
  return [...new Set([0, ...calls])];
}

function jumps({ kind }: Instruction): boolean {
  return kind === "jump" || kind === "long-jump" || kind === "jump-if" || kind === "may-goto";
}

const locals = Array.from({ length: 10 }, (_, register) => `l${register}=0,h${register}=0`).join();
const takeArguments = [1, 2, 3, 4, 5]
  .map((n) => `l${n}=H[${2 * n}];h${n}=H[${2 * n + 1}];`)
  .join("");
const giveArguments = [1, 2, 3, 4, 5]
  .map((n) => `H[${2 * n}]=l${n};H[${2 * n + 1}]=h${n};`)
  .join("");
const takeResult = "l0=H[0];h0=H[1];";

/** A function, or what runs in its place and behind it the function. */
function functionsText(program: PreparedProgram, entry: number, execution: Execution): string {
  if (!program.wrappers.has(entry)) return functionText(program, entry, { execution, prefix: "f" });
  const plain = functionText(program, entry, { execution, prefix: "p" });
  return `function f${entry}(){A(${entry},p${entry});}${plain}`;
}

/** How a function is made text of. */
interface Naming {
  readonly execution: Execution;
  readonly prefix: "f" | "p";
}

function functionText(
  program: PreparedProgram,
  entry: number,
  { execution, prefix }: Naming,
): string {
  const { reached, leaders } = flowOf(program, entry);
  const order = [...reached].toSorted((a, b) => a - b);
  let text =
    `function ${prefix}${entry}(){let ${locals},l10=${execution.frameTop},h10=X.frames[X.depth-1],` +
    `t=0,u=0,v=0,w=0,x=0,p,g=${maxLoops},b=${entry};${takeArguments}for(;;)switch(b){`;
  for (const [index, slot] of order.entries()) {
    if (leaders.has(slot)) text += caseText(slot, blockLength(order, index, leaders));
    text += textOf(program, slot, execution);
    const next = slot + (program.slots[slot]?.kind === "wide-load" ? 2 : 1);
    if (goesOn(program.slots[slot]) && order[index + 1] !== next) text += `b=${next};continue;`;
  }
  return `${text}}}`;
}

/** Start of a block of so many instructions. */
function caseText(slot: number, length: number): string {
  const why = "the budget of instructions is used up";
  return `\ncase ${slot}:if((X.budget-=${length})<0)F("budget","${why}",${slot});`;
}

function blockLength(
  order: readonly number[],
  index: number,
  leaders: ReadonlySet<number>,
): number {
  let end = index + 1;
  while (end < order.length && !leaders.has(order[end]!)) end++;
  return end - index;
}

function goesOn(instruction: Instruction | undefined): boolean {
  return instruction !== undefined && !["exit", "jump", "long-jump"].includes(instruction.kind);
}

/** Slots a function can reach without calls, and those that start a block. */
function flowOf(
  { slots, targets }: PreparedProgram,
  entry: number,
): { reached: Set<number>; leaders: Set<number> } {
  const reached = new Set<number>();
  const leaders = new Set([entry]);
  const open = [entry];
  for (let slot = open.pop(); slot !== undefined; slot = open.pop()) {
    if (reached.has(slot)) continue;
    reached.add(slot);
    const instruction = slots[slot];
    if (instruction === undefined) continue;
    const next = slot + (instruction.kind === "wide-load" ? 2 : 1);
    if (goesOn(instruction)) open.push(next);
    if (!jumps(instruction)) continue;
    open.push(targets[slot]!);
    leaders.add(targets[slot]!).add(next);
  }
  return { reached, leaders };
}

function textOf(program: PreparedProgram, slot: number, execution: Execution): string {
  const instruction = program.slots[slot];
  if (instruction === undefined)
    return `F("jump","the program goes on where no instruction is",${slot});`;
  return statementOf(instruction, slot) ?? controlOf(instruction, slot, program, execution);
}

function controlOf(
  instruction: Instruction,
  slot: number,
  program: PreparedProgram,
  execution: Execution,
): string {
  const target = program.targets[slot];
  const jump = `b=${target};continue;`;
  // oxlint-disable-next-line switch-exhaustiveness-check -- the others are statements
  switch (instruction.kind) {
    case "jump":
    case "long-jump":
      return jump;
    case "jump-if":
      return `if(${conditionOf(instruction)}){${jump}}`;
    case "may-goto":
      return `if(g===0){${jump}}g--;`;
    case "exit":
      return "H[0]=l0;H[1]=h0;return;";
    case "call-local":
      return `${giveArguments}X.enter(${slot});f${target}();X.depth--;${takeResult}`;
    case "call-helper":
      if (instruction.id === tailCallHelper)
        return (
          `${giveArguments}t=X.tailTarget(${slot});if(t!==undefined){p=X.program;X.go(t);` +
          `t.functions.get(${pastWrapper})();X.go(p);return;}t=0;${takeResult}`
        );
      return `${giveArguments}C(${slot});${takeResult}`;
    case "call-kfunc":
      return `${giveArguments}C(${slot});${takeResult}`;
    case "addr-space-cast":
      return castAddress(instruction, upperHalf(program, instruction.to));
    case "wide-load": {
      const value = execution.wideValue(instruction, slot, program);
      return (
        `${low(instruction.dst)}=${Number(BigInt.asIntN(32, value))};` +
        `${high(instruction.dst)}=${Number(BigInt.asIntN(32, value >> 32n))};`
      );
    }
    case "packet-load": {
      const index = instruction.index === undefined ? "0" : low(instruction.index);
      return (
        `H[12]=l6;H[13]=h6;` +
        `t=X.packet(X.registers[6],(${instruction.offset}+${index})|0,${sizes[instruction.size]},${slot});` +
        `if(t<0){H[0]=H[1]=0;return;}l0=t|0;h0=0;`
      );
    }
    default:
      return `F("instruction","${instruction.kind} is an instruction that only a kernel makes",${slot});`;
  }
}

/** For compiled text, which cannot say `throw new MachineFault`. */
function fault(kind: FaultKind, why: string, slot: number): never {
  throw new MachineFault(kind, why, slot);
}
