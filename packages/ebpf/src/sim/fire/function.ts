/**
 * Calls of functions: of the kernel, of user space, and system calls.
 *
 * What is attached at the start runs before what is attached at the return, with the arguments in registers, or in words
 * for programs that know their types. A program may decide what the call returns.
 * @module
 */
import type { Attachment } from "../attach/attachments.ts";
import { place } from "../attach/place.ts";
import type { Core } from "../core.ts";
import type { Given } from "../typed/given.ts";
import {
  argumentRegisters,
  encodeRegisters,
  type Registers,
  syscallRegisters,
} from "./registers.ts";
import { type Ran, runAttached, type Run, toldOf } from "./run.ts";
import { Scope } from "./scope.ts";

/** A call, as programs see it. */
export interface Call {
  /** Arguments: by their types where BTF knows them, so that an object becomes one of the kernel's. */
  readonly args?: readonly Given[];
  /** What it returns; 0 when left out. */
  readonly result?: bigint | number;
  /** Further registers, by the kernel's names: `{ ip: 0x1000n, sp: … }`. */
  readonly registers?: Registers;
}

/** What came of a call. */
export interface Called {
  readonly runs: readonly Run[];
  /** What it returns, programs' say included. */
  readonly result: bigint;
}

/** Where the parts of a function are attached to. */
interface FunctionPlaces {
  readonly entry: readonly Attachment[];
  readonly exit: readonly Attachment[];
  readonly fentry?: readonly Attachment[];
  readonly modify?: readonly Attachment[];
  readonly fexit?: readonly Attachment[];
}

/** Runs the programs at a function of the kernel. @throws {InvalidArgumentError} when there is none of this name. */
export function fireKernelFunction(core: Core, name: string, call: Call): Called {
  core.names.assertFunction(name);
  using scope = new Scope(core);
  const { attachments } = core;
  const at = (event: "kprobe" | "kretprobe" | "fentry" | "fexit" | "fmod_ret") =>
    attachments.at(place.kernelFunction(event, name));
  const words = scope.arguments(call.args ?? [], core.types.functionParameters(name));
  return callFunction(scope, words, {
    call: { ...call, registers: { ip: core.symbols.addressOf(name), ...call.registers } },
    places: {
      entry: at("kprobe"),
      exit: at("kretprobe"),
      fentry: at("fentry"),
      modify: at("fmod_ret"),
      fexit: at("fexit"),
    },
  });
}

interface CallSite {
  readonly call: Call;
  readonly places: FunctionPlaces;
}

/** Room for what a function finds above its stack pointer. */
const stackBytes = 256;

/** Runs what is attached to a call whose arguments are these words. */
export function callFunction(
  scope: Scope,
  words: readonly bigint[],
  { call, places }: CallSite,
): Called {
  const { core } = scope;
  const stack = scope.placement.allocate("stack of the function", new Uint8Array(stackBytes));
  const registers = { sp: stack, ...argumentRegisters(words), ...call.registers };
  const entry = scope.placement.allocate("context", encodeRegisters(registers));
  const atEntry = runAttached(core, places.entry, entry);
  const given = { argumentCount: words.length };
  const traced = runAttached(core, places.fentry ?? [], scope.words([...words, 0n]), { given });
  const before = [...atEntry, ...traced];
  const overridden = before.find(({ invocation }) => invocation.overridden !== undefined);
  const modified = runModifying(scope, words, places.modify ?? []);
  const said = overridden?.invocation.overridden ?? modified.result;
  const result = said ?? BigInt.asUintN(64, BigInt(call.result ?? 0));
  const atReturn = encodeRegisters({ ...registers, ax: result });
  const exit = scope.placement.allocate("context", atReturn);
  const after = [
    ...runAttached(core, withoutEnded(places, atEntry), exit),
    ...runAttached(core, places.fexit ?? [], scope.words([...words, result]), { given }),
  ];
  return { runs: toldOf([...before, ...modified.runs, ...after]), result };
}

/** Programs at the return, without those of sessions that ended at the start. */
function withoutEnded(
  { entry, exit }: FunctionPlaces,
  runs: readonly Ran[],
): readonly Attachment[] {
  const ended = entry.filter((it, index) => it.session === true && runs[index]?.value !== 0);
  return exit.filter((it) => !ended.some(({ linkId }) => linkId === it.linkId));
}

/** Programs that may return in the function's stead: the first that does not return 0 decides. */
function runModifying(
  scope: Scope,
  words: readonly bigint[],
  attached: readonly Attachment[],
): { readonly runs: readonly Ran[]; readonly result: bigint | undefined } {
  const given = { argumentCount: words.length };
  const runs = runAttached(scope.core, attached, scope.words([...words, 0n]), {
    given,
    each: ({ value }) => value === 0,
  });
  const last = runs.at(-1);
  return {
    runs,
    result:
      last === undefined || last.value === 0 ? undefined : BigInt.asUintN(64, BigInt(last.value)),
  };
}

/** A system call, as programs see it. */
export interface SystemCall extends Omit<Call, "registers"> {
  /** Its number, for programs that look at it; 0 when left out. */
  readonly number?: number;
}

/** Runs the programs at a system call: at its tracepoints, raw and by name, and at the kernel's function for it. */
export function fireSystemCall(core: Core, name: string, call: SystemCall): Called {
  using scope = new Scope(core);
  const { args = [], number = 0 } = call;
  const words = scope.arguments(args, core.types.functionParameters(`__do_sys_${name}`));
  const registers = encodeRegisters(syscallRegisters(number, words));
  const address = scope.placement.allocate("registers of the process", registers);
  const entered = fireSystemEvent(scope, "enter", { name, number, address, words });
  const inner = fireKernelFunction(core, `__x64_sys_${name}`, { ...call, args: [address] });
  const left = fireSystemEvent(scope, "exit", { name, number, address, words: [inner.result] });
  return { runs: [...entered, ...inner.runs, ...left], result: inner.result };
}

interface SystemEvent {
  readonly name: string;
  readonly number: number;
  /** Registers of the process. */
  readonly address: bigint;
  readonly words: readonly bigint[];
}

/** Runs the programs at the start or end of system calls. */
function fireSystemEvent(
  scope: Scope,
  when: "enter" | "exit",
  { name, number, address, words }: SystemEvent,
): readonly Run[] {
  const { core } = scope;
  const raw = core.attachments.at(place.rawTracepoint(`sys_${when}`));
  const second = when === "enter" ? BigInt(number) : (words[0] ?? 0n);
  const context = scope.words([address, second, ...Array.from({ length: 10 }, () => 0n)]);
  const runs = runAttached(core, raw, context, { given: { argumentCount: 2 } });
  const record = scope.placement.allocate("context", systemRecord(number, words));
  const both = [
    place.tracepoint("syscalls", `sys_${when}_${name}`),
    place.tracepoint("raw_syscalls", `sys_${when}`),
  ];
  return toldOf([
    ...runs,
    ...both.flatMap((at) => runAttached(core, core.attachments.at(at), record)),
  ]);
}

/** `struct trace_event_raw_sys_enter`, and `sys_exit` which is as long as its first word: include/trace/events/syscalls.h. */
function systemRecord(number: number, words: readonly bigint[]): Uint8Array {
  const bytes = new Uint8Array(64);
  const view = new DataView(bytes.buffer);
  view.setBigInt64(8, BigInt(number), true);
  for (const [index, word] of words.entries())
    view.setBigUint64(16 + 8 * index, BigInt.asUintN(64, word), true);
  return bytes;
}
