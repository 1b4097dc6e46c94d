/**
 * The checker: says whether the kernel would load a program, and if not, why, as a log that reads like the kernel's.
 *
 * The log is the common form: what explains rejections of the kernel explains those of the checker. Programs that need
 * what only a running kernel knows, its functions and types, are told apart and not guessed about. The
 * reference is the verifier of Linux 6.18 for programs loaded with all privileges.
 * @module
 */
import { MalformedError } from "../../base/errors.ts";
import { helperSymbol } from "../../helper/helper-id.ts";
import { decode } from "../../isa/decode.ts";
import { format } from "../../isa/format.ts";
import { type Instruction, slotCount } from "../../isa/instruction.ts";
import { memberName } from "./context/function-arguments.ts";
import { checkFlow } from "./flow/control-flow.ts";
import type { Slots } from "./flow/live.ts";
import { emptyState, type Trail, Walker } from "./flow/walk.ts";
import { findExceptionCallback } from "./function/exception.ts";
import { globalStart } from "./function/global.ts";
import { assertFunctionInfo } from "./function/info.ts";
import { assertStack } from "./function/stack-depth.ts";
import { FunctionTable } from "./function/table.ts";
import { isGpl } from "./helper/call.ts";
import { fieldsOfMap } from "./memory/special-fields.ts";
import type { CheckedMap, CheckedProgram } from "./program.ts";
import { Refusal, type RefusalErrno, Undecided } from "./refusal.ts";
import { formatState } from "./state/format.ts";
import { newFrame, type State } from "./state/state.ts";
import { pointer } from "./state/value.ts";

/** What the checker says of a program. */
export type CheckResult =
  | { readonly verdict: "accepted"; readonly looked: number; readonly log: string }
  | {
      readonly verdict: "refused";
      readonly errno: RefusalErrno;
      /** In the words of the kernel; `parseRejection` of the verifier's folder reads them. */
      readonly log: string;
    }
  /** It needs knowledge that only a running kernel has. Nothing wrong was found on the way. */
  | { readonly verdict: "undecided"; readonly reason: string; readonly log: string };

/** How to check. */
export interface CheckOptions {
  /** `states`: what is known before every instruction that is looked at. Left out, only the way to a refusal. */
  readonly listing?: "states";
  /**
   * Instructions looked at, over all paths, before a program is left undecided: 200 000 when left out, which take some
   * seconds. With 1 million, the limit of the kernel, such programs are refused as the kernel refuses them.
   */
  readonly budget?: number;
}

/** Checks a program. */
export function checkProgram(program: CheckedProgram, options: CheckOptions = {}): CheckResult {
  const lines: string[] = [];
  let walker: Walker | undefined;
  let slots: Slots = [];
  try {
    slots = slotsOf(program.instructions);
    const exceptionCallback = findExceptionCallback(program);
    const starts = checkFlow(slots, exceptionCallback === undefined ? [] : [exceptionCallback]);
    const functions = new FunctionTable(program, slots, { starts, exceptionCallback });
    assertFunctionInfo(program, slots, functions);
    const list = (slot: number, state: State): void => {
      lines.push(`${slot}: ${formatState(state)}`, line(slots, slot));
    };
    assertLoadable(program, functions);
    const observe = options.listing === undefined ? undefined : list;
    walker = new Walker(
      program,
      { slots, functions },
      { observe, budget: options.budget ?? defaultBudget },
    );
    walkAll(walker, program, functions);
    assertStack(slots, starts, functions);
    const { looked } = walker.progress;
    lines.push(`processed ${looked} insns (limit 1000000)`);
    return { verdict: "accepted", looked, log: lines.join("\n") };
  } catch (error) {
    if (options.listing === undefined) lines.push(...wayTo(walker, slots));
    return ended(error, lines);
  }
}

/** Walks over the program, then over the functions it calls that are checked by themselves. */
function walkAll(walker: Walker, program: CheckedProgram, functions: FunctionTable): void {
  const state = emptyState(program);
  const frame = newFrame({ start: 0, returnTo: -1, depth: 0 }, functions.usageOf(0));
  frame.registers[1] = pointer("ctx");
  walker.run({ ...state, frames: [frame] });
  for (const start of functions.called) {
    const empty = emptyState(program);
    const { newId } = walker.around(empty);
    const usage = functions.usageOf(start);
    const isForExceptions = start === functions.exceptionCallback;
    const given = { empty, newId, usage, isForExceptions };
    walker.run(globalStart(program, functions.byStart.get(start)!, given));
  }
}

const defaultBudget = 200_000;

/** Types whose programs are made for one function or structure of the kernel, which says what they are given. */
const madeForTarget: ReadonlySet<string> = new Set(["tracing", "lsm", "struct_ops", "ext"]);

/** Types of which programs may sleep (`can_be_sleepable`); kprobes only as uprobes. */
const maySleep: ReadonlySet<string> = new Set([...madeForTarget, "kprobe", "syscall"]);

function assertLoadable(program: CheckedProgram, { maps }: FunctionTable): void {
  const { type, license, flags = [] } = program;
  if (type === "struct_ops" && !isGpl(license)) {
    throw new Refusal("struct ops programs must have a GPL compatible license", "EINVAL");
  }
  for (const map of maps) assertMayUse(type, map);
  const sleepable = flags.includes("sleepable");
  if (sleepable && !maySleep.has(type)) {
    throw new Refusal(
      "Only fentry/fexit/fmod_ret, lsm, iter, uprobe, and struct_ops programs can be sleepable",
      "EINVAL",
    );
  }
  if (sleepable && [...maps].some((map) => !usableAsleep.has(map.type))) {
    throw new Refusal(
      "Sleepable programs can only use array, hash, ringbuf and local storage maps",
      "EINVAL",
    );
  }
  const member = memberName(program) ?? "";
  if (sleepable && /^bpf_dummy_ops\.(?!test_sleepable$)/.test(member)) {
    const [struct, name] = member.split(".");
    throw new Refusal(`attach to unsupported member ${name} of struct ${struct}`, "EINVAL");
  }
  if (!sleepable && type === "syscall") {
    throw new Refusal("Syscall programs can only be sleepable", "EINVAL");
  }
}

/** Maps of programs that may sleep: `check_map_prog_compatibility`. */
const usableAsleep: ReadonlySet<string> = new Set([
  "hash",
  "lru_hash",
  "array",
  "percpu_hash",
  "percpu_array",
  "lru_percpu_hash",
  "array_of_maps",
  "hash_of_maps",
  "ringbuf",
  "user_ringbuf",
  "inode_storage",
  "sk_storage",
  "task_storage",
  "cgrp_storage",
  "queue",
  "stack",
  "arena",
]);

const withoutProcess: ReadonlySet<string> = new Set([
  "kprobe",
  "tracepoint",
  "perf_event",
  "raw_tracepoint",
  "raw_tracepoint_writable",
]);

/** Fields that programs must not use which may interrupt whoever uses them: `check_map_prog_compatibility`. */
function assertMayUse(type: string, map: CheckedMap): void {
  const interrupts = withoutProcess.has(type);
  for (const { kind } of fieldsOfMap(map)) {
    const word =
      kind === "bpf_list_head" || kind === "bpf_rb_root" ? "bpf_{list_head,rb_root}" : kind;
    if (interrupts && inProcess.has(kind)) {
      throw new Refusal(`tracing progs cannot use ${word} yet`, "EINVAL");
    }
    if (type === "socket_filter" && kind.endsWith("spin_lock")) {
      throw new Refusal("socket filter progs cannot use bpf_spin_lock yet", "EINVAL");
    }
  }
}

const inProcess: ReadonlySet<string> = new Set([
  "bpf_spin_lock",
  "bpf_res_spin_lock",
  "bpf_timer",
  "bpf_wq",
  "bpf_list_head",
  "bpf_rb_root",
]);

function ended(error: unknown, lines: readonly string[]): CheckResult {
  if (error instanceof Undecided) {
    return { verdict: "undecided", reason: error.reason, log: lines.join("\n") };
  }
  if (error instanceof MalformedError) {
    return { verdict: "refused", errno: "EINVAL", log: error.message };
  }
  if (!(error instanceof Refusal)) throw error;
  const log = [...lines, error.message].join("\n");
  return { verdict: "refused", errno: error.errno, log };
}

/** Instructions at their slots. */
function slotsOf(bytes: Uint8Array): Slots {
  const slots: (Instruction | undefined)[] = [];
  for (const instruction of decode(bytes)) {
    slots.push(instruction);
    if (slotCount(instruction) === 2) slots.push(undefined);
  }
  return slots;
}

/** At most so many instructions are shown of the way to a refusal. */
const maxShown = 1000;

function wayTo(walker: Walker | undefined, slots: Slots): readonly string[] {
  if (walker === undefined) return [];
  const { state, trail } = walker.progress;
  if (trail === undefined) return [];
  const way: string[] = [`${trail.slot}: ${formatState(state)}`, line(slots, trail.slot)];
  let at: Trail | undefined = trail.before;
  const before: string[] = [];
  for (; at !== undefined && before.length < maxShown; at = at.before) {
    before.push(line(slots, at.slot));
  }
  return [...before.toReversed(), ...way];
}

function line(slots: Slots, slot: number): string {
  const text = format(slots[slot]!, { helperSymbol });
  return `${slot}: (${opcodeText(slots[slot]!)}) ${text}`;
}

/** Opcode as the listing of a program of one instruction shows it. */
function opcodeText(instruction: Instruction): string {
  return /\((\w\w)\)/.exec(format([instruction], { source: "none" }))?.[1] ?? "00";
}
