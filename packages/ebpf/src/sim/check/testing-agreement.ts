/**
 * Small programs on which the checker and the verifier of the running kernel must agree, as lines of text.
 *
 * A line is instructions in the kernel's notation with semicolons between; the kernel decides whether it is right, so
 * that nobody writes down a verdict that is wrong. Ours must be the same: refused too early is as much a failure as taken.
 * @module
 */
import assert from "node:assert/strict";
import { env } from "node:process";
import { after, before, describe, it } from "node:test";
import { parseBtf } from "../../btf/btf.ts";
import { MalformedError } from "../../base/errors.ts";
import { decode } from "../../isa/decode.ts";
import { format } from "../../isa/format.ts";
import { slotCount } from "../../isa/instruction.ts";
import type { MapCreate, RecordTable } from "../../kernel/commands.ts";
import { SyscallError } from "../../kernel/errors.ts";
import type { Handle } from "../../kernel/handle.ts";
import type { Kernel } from "../../kernel/kernel.ts";
import { kernelBtf } from "../../program/kernel-btf.ts";
import { openNativeKernel } from "../../sys/native-kernel.ts";
import { allOf, needsLinux } from "../../testing/needs-linux.ts";
import { needs } from "../../testing/needs.ts";
import { checkProgram, type CheckResult } from "./check-program.ts";
import { kfuncNames } from "./kfunc/rules.ts";
import type { CheckedFunction, CheckedMap, CheckedProgram } from "./program.ts";
import { mutate, seeded } from "./testing-mutation.ts";
import { checkedMaps, functionsOf, programOf } from "./testing-lines.ts";

/** Lines by family. */
export type Families = Readonly<Record<string, readonly string[]>>;

/** A line for each value. */
export function each(
  values: readonly (number | string)[],
  make: (value: number | string) => string,
): readonly string[] {
  return values.map(make);
}

/** The kernel that the checker follows; others judge some lines otherwise. */
const followed = needsLinux(6, 18);

/** Types that go along with every program. */
export interface ProgramTypes {
  /** As BTF. */
  readonly bytes: Uint8Array;
  /** Types of the functions of a program, in order; the last one is that of all that follow. */
  readonly functions: readonly number[];
  /** Whether the last function is one that nobody in the program calls. */
  readonly lastIsEntry?: true;
  /** Maps beside those of all lines, with values of these types; what is in a map of maps comes before it. */
  readonly maps?: readonly CheckedMap[];
}

/** What a family of lines is judged with. */
interface Judging {
  readonly kernel: Kernel;
  readonly maps: readonly Handle[];
  readonly types: ProgramTypes | undefined;
}

/** Tests that both agree on every line. */
export function describeAgreement(name: string, families: Families, types?: ProgramTypes): void {
  const usable = allOf(needs("root", "bpf", "ringbuf", "btf"), followed);
  describe(name, usable, () => {
    if (usable.skip !== false) return;
    const kernel = openNativeKernel();
    const maps: Handle[] = [];
    before(() => {
      using btf = types && kernel.bpf("btfLoad", { btf: types.bytes });
      const all = [...checkedMaps, ...(types?.maps ?? [])];
      for (const map of all) {
        const { type: mapType, flags: mapFlags = [], valueType, inner, ...shape } = map;
        const described = valueType === undefined ? {} : describedBy(btf, valueType);
        const within = inner && {
          innerMap: maps[all.findIndex(({ name: it }) => it === inner.name)]!,
        };
        const more = { ...described, ...moreOf(mapType), ...within };
        maps.push(kernel.bpf("mapCreate", { ...shape, mapType, mapFlags, ...more }));
      }
    });
    after(() => {
      for (const map of maps) map.close();
    });
    for (const [family, lines] of Object.entries(families)) {
      it(`judges as the kernel does: ${family}`, () => {
        assert.deepEqual(disagreements({ kernel, maps, types }, lines), []);
      });
      if (mutations === 0) continue;
      it(`takes nothing that the kernel refuses, changed at random: ${family}`, () => {
        assert.deepEqual(takenWrongly({ kernel, maps, types }, lines), []);
      });
    }
  });
}

/** Arenas say where user space has them. */
function moreOf(type: string): { readonly mapExtra?: bigint } {
  return type === "arena" ? { mapExtra: 1n << 44n } : {};
}

function describedBy(btf: Handle | undefined, valueType: number): Partial<MapCreate> {
  assert(btf !== undefined);
  return { btf, btfKeyTypeId: numberType, btfValueTypeId: valueType };
}

/** Types of maps with values of types have a number of four bytes at first, which is that of keys. */
const numberType = 1;

/** The lines on which both differ, with the reasons. */
function disagreements(judging: Judging, lines: readonly string[]): readonly string[] {
  return lines.flatMap((line) => {
    const program = typed(untyped(judging, line), judging.types);
    const log = kernelLog(judging, program);
    const ours = checkProgram(program);
    const same = ours.verdict === (log === undefined ? "accepted" : "refused");
    return same ? [] : [`${line}\n  kernel: ${lastOf(log)}\n  ours: ${wordOf(ours)}`];
  });
}

/** How often each line is changed at random, for long runs: `EBPF_CHECKER_MUTATIONS=100`, `=100:7` with another seed. */
const [mutations = 0, seed = 1] = (env["EBPF_CHECKER_MUTATIONS"] ?? "0").split(":").map(Number);

/** Programs like those of the lines, but for an instruction or two, that the kernel refuses and the checker does not. */
function takenWrongly(judging: Judging, lines: readonly string[]): readonly string[] {
  const random = seeded(seed);
  const kernelTypes = kernelBtf(judging.kernel);
  const kfuncs = kfuncNames().flatMap((name) => kernelTypes.findByName(name, "func")?.id ?? []);
  const helpers = Array.from({ length: 211 }, (_, id) => id + 1);
  const choices = { kfuncs, helpers, maps: judging.maps.length };
  return lines.flatMap((line) => {
    const base = untyped(judging, line);
    return Array.from({ length: mutations }, () =>
      mutate(base.instructions, random, choices),
    ).flatMap((instructions) => complaintOf(judging, { ...base, instructions }));
  });
}

function complaintOf(judging: Judging, program: CheckedProgram): readonly string[] {
  try {
    const whole = typed(program, judging.types);
    const ours = checkProgram(whole);
    const log = ours.verdict === "accepted" ? kernelLog(judging, whole) : undefined;
    if (log === undefined) return [];
    return [`${format(decode(program.instructions))}\n  kernel: ${lastOf(log)}\n  ours: accepted`];
  } catch (error) {
    if (error instanceof MalformedError) return [];
    throw error;
  }
}

/** The program of a line, without types of its functions. */
function untyped({ kernel, types }: Judging, line: string): CheckedProgram {
  const own = types && parseBtf(types.bytes);
  const more: CheckedMap[] = [];
  for (const map of types?.maps ?? []) {
    const inner = map.inner && more.find(({ name }) => name === map.inner?.name);
    more.push({ ...map, inner, types: own });
  }
  return programOf(line, kernelBtf(kernel), more);
}

function typed(program: CheckedProgram, types: ProgramTypes | undefined): CheckedProgram {
  if (types === undefined) return program;
  const { instructions } = program;
  const entries = types.lastIsEntry === true ? [lastFunction(instructions)] : [];
  const functions = functionsOf(instructions, types.functions, entries);
  return { ...program, types: parseBtf(types.bytes), functions };
}

/** Slot behind the last exit but one. */
function lastFunction(instructions: Uint8Array): number {
  const exits: number[] = [];
  let slot = 0;
  for (const instruction of decode(instructions)) {
    slot += slotCount(instruction);
    if (instruction.kind === "exit") exits.push(slot);
  }
  return exits.at(-2) ?? 0;
}

const logBuffer = new Uint8Array(1 << 20);

/** What the kernel says when it refuses a program. */
function kernelLog(
  { kernel, maps, types }: Judging,
  { type, instructions: insns, flags: progFlags = [], functions = [], ...program }: CheckedProgram,
): string | undefined {
  const { expectedAttachType, attachBtfId, structOpsMember } = program;
  const log = { level: 1, buffer: logBuffer };
  logBuffer[0] = 0;
  using btf = types && kernel.bpf("btfLoad", { btf: types.bytes });
  const described = btf && { progBtf: btf, funcInfo: tableOf(functions) };
  try {
    const shared = { maps, license: "GPL", log, expectedAttachType, progFlags };
    const target = { attachBtfId, structOpsMember };
    kernel.bpf("progLoad", { progType: type, insns, ...shared, ...target, ...described }).close();
    return undefined;
  } catch (error) {
    if (!(error instanceof SyscallError)) throw error;
    const text = new TextDecoder().decode(logBuffer.subarray(0, logBuffer.indexOf(0)));
    assert.notEqual(text, "", error.message);
    return text;
  }
}

/** `struct bpf_func_info` of include/uapi/linux/bpf.h for each function. */
function tableOf(functions: readonly CheckedFunction[]): RecordTable {
  const words = functions.flatMap(({ slot, type }) => [slot, type]);
  return { recordSize: 8, bytes: new Uint8Array(Uint32Array.from(words).buffer) };
}

function wordOf(ours: CheckResult): string {
  if (ours.verdict === "accepted") return "accepted";
  return ours.verdict === "undecided" ? `undecided: ${ours.reason}` : lastOf(ours.log);
}

function lastOf(log: string | undefined): string {
  if (log === undefined) return "accepted";
  const lines = log.split("\n").filter((line) => line !== "" && !line.startsWith("processed "));
  return lines.slice(-2).join(" | ");
}
