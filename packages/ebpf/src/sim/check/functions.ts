/**
 * The functions of a program: which are checked by themselves, what they take, and how deep their stacks are.
 *
 * A global function is checked once, for all that its types allow, and a call of it only has to fit those types:
 * `btf_prepare_func_args` and `btf_check_func_arg_match` of the kernel. Static functions are followed at every call.
 * @module
 */
import type { Surroundings } from "./access.ts";
import { checkGlobalCall } from "./global-function.ts";
import type { CheckedMap, CheckedProgram } from "./program.ts";
import { findHelper } from "../../helper/helper-signature.ts";
import { helperSymbol } from "../../helper/helper-id.ts";
import { movesPacket, movesPacketByKfunc } from "./changes-packet.ts";
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

/** Slots at which functions start. */
export interface Entries {
  readonly starts: readonly number[];
  readonly exceptionCallback?: number | undefined;
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
  /** Functions that somebody else calls. */
  readonly callbacks: Set<number> = new Set();
  /** The function for exceptions, where there is one. */
  readonly exceptionCallback: number | undefined;
  /** Whether an instruction names an arena. */
  readonly usesArena: boolean;
  readonly #program: CheckedProgram;
  readonly #slots: Slots;
  readonly #starts: readonly number[];
  readonly #usage = new Map<number, { deepest: number }>();

  constructor(program: CheckedProgram, slots: Slots, { starts, exceptionCallback }: Entries) {
    this.#program = program;
    this.#slots = slots;
    this.#starts = starts;
    this.byStart = new Map(starts.map((start) => [start, describe(program, start)]));
    for (const [slot, it] of slots.entries()) if (goesRound(program, it)) this.loops.add(slot);
    this.usesArena = slots.some((it) => mapOf(program, it)?.type === "arena");
    this.exceptionCallback = exceptionCallback;
    if (exceptionCallback === undefined) return;
    this.called.add(exceptionCallback);
    this.callbacks.add(exceptionCallback);
  }

  /** Name of the function of the kernel that an instruction calls. */
  kfuncAt(slot: number): string | undefined {
    return kfuncName(this.#program, this.#slots[slot]);
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
      if (movesPacketByKfunc.has(this.kfuncAt(start + index) ?? "")) return true;
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

function goesRound(program: CheckedProgram, it: Slots[number]): boolean {
  if (it?.kind === "call-helper") {
    return callsBack.has(findHelper(helperSymbol(it.id) ?? "")?.name ?? "");
  }
  const name = kfuncName(program, it);
  if (name === undefined) return it?.kind === "may-goto";
  return /^bpf_(iter_\w+_next|rbtree_add_impl)$/.test(name);
}

/** The map that an instruction names. */
function mapOf({ maps = [] }: CheckedProgram, it: Slots[number]): CheckedMap | undefined {
  const value = it?.kind === "wide-load" ? it.value : undefined;
  if (typeof value !== "object") return undefined;
  return value.kind === "map-index" || value.kind === "map-index-value"
    ? maps[value.index]
    : undefined;
}

function kfuncName({ kernelTypes }: CheckedProgram, it: Slots[number]): string | undefined {
  if (it?.kind !== "call-kfunc" || typeof it.function === "string") return undefined;
  return it.module === undefined ? kernelTypes?.typeById(it.function).name : undefined;
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
