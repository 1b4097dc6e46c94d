/**
 * The functions of a program: which are checked by themselves, what they take, and how deep their stacks are.
 *
 * A global function is checked once, for all that its types allow, and a call of it only has to fit those types:
 * `btf_prepare_func_args` and `btf_check_func_arg_match` of the kernel. Static functions are followed at every call.
 * @module
 */
import type { Surroundings } from "./access.ts";
import { checkGlobalCall } from "./global-function.ts";
import type { CheckedProgram } from "./program.ts";
import { findHelper } from "../../helper/helper-signature.ts";
import { helperSymbol } from "../../helper/helper-id.ts";
import { movesPacket } from "./changes-packet.ts";
import { calledFunction } from "./flow.ts";
import type { Slots } from "./live.ts";

/** A function of a program. */
export interface ProgramFunction {
  readonly start: number;
  readonly name: string;
  /** Whether it is checked by itself. */
  readonly global: boolean;
  readonly returnsNothing: boolean;
  /** Its type among the program's, where it is known. */
  readonly type: number | undefined;
}

/** The functions of one program. */
export class FunctionTable {
  readonly byStart: ReadonlyMap<number, ProgramFunction>;
  /** Slots of instructions that are gone round to as often as need be: calls of callbacks, of iterators, `may_goto`. */
  readonly loops: Set<number> = new Set();
  /** Global functions that were called and are to be checked, in the order of their calls. */
  readonly called: Set<number> = new Set();
  /** Functions that are called at another time, with a stack of their own. */
  readonly later: Set<number> = new Set();
  readonly #slots: Slots;
  readonly #starts: readonly number[];
  readonly #usage = new Map<number, { deepest: number }>();

  constructor(program: CheckedProgram, slots: Slots, starts: readonly number[]) {
    this.#slots = slots;
    this.#starts = starts;
    this.byStart = new Map(starts.map((start) => [start, describe(program, start)]));
    for (const [slot, it] of slots.entries()) if (goesRound(program, it)) this.loops.add(slot);
  }

  /** How deep the stack of a function is, as far as was seen. */
  usageOf(start: number): { deepest: number } {
    const known = this.#usage.get(start) ?? { deepest: 0 };
    this.#usage.set(start, known);
    return known;
  }

  /** Whether the function at `start`, or one that it calls, may move the packet. */
  movesPacket(start: number, seen: Set<number> = new Set()): boolean {
    if (seen.has(start)) return false;
    seen.add(start);
    const end = this.#starts[this.#starts.indexOf(start) + 1] ?? this.#slots.length;
    return this.#slots.slice(start, end).some((it, index) => {
      if (it?.kind === "call-helper") {
        const helper = findHelper(helperSymbol(it.id) ?? "");
        return helper !== undefined && (movesPacket.has(helper.name) || helper.id === tailCall);
      }
      const called = it === undefined ? undefined : calledFunction(it, start + index);
      return called !== undefined && this.movesPacket(called, seen);
    });
  }

  /** Checks the call of a global function, which is not followed. */
  call(around: Surroundings, called: ProgramFunction): void {
    checkGlobalCall(around, called);
    this.called.add(called.start);
  }
}

/** Number of the helper that goes on with another program, which may move the packet. */
export const tailCall = 12;

/** Helpers that call a function of the program as often as need be. */
const callsBack: ReadonlySet<string> = new Set([
  "loop",
  "for_each_map_elem",
  "find_vma",
  "user_ringbuf_drain",
]);

function goesRound({ kernelTypes }: CheckedProgram, it: Slots[number]): boolean {
  if (it?.kind === "call-helper") {
    return callsBack.has(findHelper(helperSymbol(it.id) ?? "")?.name ?? "");
  }
  if (it?.kind !== "call-kfunc" || typeof it.function === "string") return it?.kind === "may-goto";
  const name = it.module === undefined ? kernelTypes?.typeById(it.function).name : undefined;
  return name !== undefined && /^bpf_(iter_\w+_next|rbtree_add_impl)$/.test(name);
}

function describe({ types, functions = [] }: CheckedProgram, start: number): ProgramFunction {
  const entry = functions.find(({ slot }) => slot === start);
  const func = entry === undefined || types === undefined ? undefined : types.typeById(entry.type);
  if (func?.kind !== "func") {
    return { start, name: `func#${start}`, global: false, returnsNothing: false, type: undefined };
  }
  const proto = types!.typeById(func.type);
  const nothing = proto.kind === "func_proto" && types!.resolve(proto.type).kind === "void";
  const global = func.linkage === "global" && start !== 0;
  return { start, name: func.name, global, returnsNothing: nothing, type: func.id };
}
