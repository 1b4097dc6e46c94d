/**
 * The functions of a program: which are checked by themselves, what they take, and how deep their stacks are.
 *
 * A global function is checked once, for all that its types allow, and a call of it only has to fit those types:
 * `btf_prepare_func_args` and `btf_check_func_arg_match` of the kernel. Static functions are followed at every call.
 * @module
 */
import { helperSymbol } from "../../../helper/helper-id.ts";
import { findHelper, type HelperSignature } from "../../../helper/helper-signature.ts";
import type { Instruction } from "../../../isa/instruction.ts";
import { calledFunction } from "../flow/control-flow.ts";
import type { Slots } from "../flow/live.ts";
import { movesPacket, movesPacketByKfunc } from "../helper/changes-packet.ts";
import { kfuncRule } from "../kfunc/rules.ts";
import type { Surroundings } from "../memory/access.ts";
import type { CheckedMap, CheckedProgram } from "../program.ts";
import { checkGlobalCall } from "./global.ts";

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
  /** Slots of calls that say what is called at another time. */
  readonly defers: Set<number> = new Set();
  /** Global functions that were called and are to be checked, in the order of their calls. */
  readonly called: Set<number> = new Set();
  /** Functions that are called at another time, with a stack of their own. */
  readonly later: Set<number> = new Set();
  /** Functions that somebody else calls. */
  readonly callbacks: Set<number> = new Set();
  /** The function for exceptions, where there is one. */
  readonly exceptionCallback: number | undefined;
  /** The maps that instructions name. */
  readonly maps: ReadonlySet<CheckedMap>;
  /** Whether one of them is an arena. */
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
    for (const [slot, it] of slots.entries()) {
      const name = nameOfCalled(program, it);
      if (goesRound.test(name) || it?.kind === "may-goto") this.loops.add(slot);
      if (defers.test(name)) this.defers.add(slot);
    }
    this.maps = new Set(slots.flatMap((it) => mapOf(program, it) ?? []));
    this.usesArena = [...this.maps].some(({ type }) => type === "arena");
    this.exceptionCallback = exceptionCallback;
    if (exceptionCallback === undefined) return;
    this.called.add(exceptionCallback);
    this.callbacks.add(exceptionCallback);
  }

  /** Name of the function of the kernel that an instruction calls. */
  kfuncAt(slot: number): string | undefined {
    return kfuncName(this.#program, this.#slots[slot]);
  }

  /** How many arguments the function takes that an instruction calls, of helpers and functions of the kernel. */
  parametersOf(it: Instruction): number | undefined {
    if (it.kind === "call-helper") return findHelper(helperSymbol(it.id) ?? "")?.parameters.length;
    if (it.kind !== "call-kfunc" || typeof it.function === "string" || it.module !== undefined)
      return undefined;
    const types = this.#program.kernelTypes;
    const func = types?.typeById(it.function);
    const proto = func?.kind === "func" ? types!.typeById(func.type) : undefined;
    return proto?.kind === "func_proto" ? proto.parameters.length : undefined;
  }

  /** How deep the stack of a function is, as far as was seen. */
  usageOf(start: number): { deepest: number } {
    const known = this.#usage.get(start) ?? { deepest: 0 };
    this.#usage.set(start, known);
    return known;
  }

  /** Whether the function at `start`, or one that it calls, may move the packet. */
  movesPacket(start: number): boolean {
    return this.#reaches(start, (slot, helper) => {
      if (helper === undefined) return movesPacketByKfunc.has(this.kfuncAt(slot) ?? "");
      return movesPacket.has(helper.name) || helper.id === tailCall;
    });
  }

  /** Whether the function at `start`, or one that it calls, calls what may sleep. */
  maySleep(start: number): boolean {
    return this.#reaches(start, (slot, helper) => {
      if (helper !== undefined) return helper.mightSleep === true;
      return kfuncRule(this.kfuncAt(slot) ?? "")?.flags.has("sleepable") === true;
    });
  }

  /** Whether a function, or one that it calls, has an instruction; `helper` is the one that it calls. */
  #reaches(
    start: number,
    isOne: (slot: number, helper: HelperSignature | undefined) => boolean,
    seen: Set<number> = new Set(),
  ): boolean {
    if (seen.has(start)) return false;
    seen.add(start);
    const end = this.#starts[this.#starts.indexOf(start) + 1] ?? this.#slots.length;
    return this.#slots.slice(start, end).some((it, index) => {
      const slot = start + index;
      const symbol = it?.kind === "call-helper" ? helperSymbol(it.id) : undefined;
      if (isOne(slot, findHelper(symbol ?? ""))) return true;
      const called = it === undefined ? undefined : calledFunction(it, slot);
      return called !== undefined && this.#reaches(called, isOne, seen);
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

/** Functions that call one of the program as often as need be, and those that are called until there is no more. */
const goesRound =
  /^bpf_(loop|for_each_map_elem|find_vma|user_ringbuf_drain|iter_\w+_next|rbtree_add_impl)$/;

/** Functions that say what is called at another time. */
const defers = /^bpf_(timer_set_callback|wq_set_callback_impl|task_work_schedule_\w+_impl)$/;

/** Name of the helper or of the function of the kernel that an instruction calls. */
function nameOfCalled(program: CheckedProgram, it: Slots[number]): string {
  if (it?.kind !== "call-helper") return kfuncName(program, it) ?? "";
  const helper = findHelper(helperSymbol(it.id) ?? "");
  return helper === undefined ? "" : `bpf_${helper.name}`;
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
