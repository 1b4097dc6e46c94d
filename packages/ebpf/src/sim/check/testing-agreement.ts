/**
 * Small programs on which the checker and the verifier of the running kernel must agree, as lines of text.
 *
 * A line is instructions in the kernel's notation with semicolons between; the kernel decides whether it is right, so
 * that nobody writes down a verdict that is wrong. Ours must be the same: refused too early is as much a failure as taken.
 * @module
 */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { parseBtf } from "../../btf/btf.ts";
import { decode } from "../../isa/decode.ts";
import { slotCount } from "../../isa/instruction.ts";
import type { RecordTable } from "../../kernel/commands.ts";
import { SyscallError } from "../../kernel/errors.ts";
import type { Handle } from "../../kernel/handle.ts";
import type { Kernel } from "../../kernel/kernel.ts";
import { kernelBtf } from "../../program/kernel-btf.ts";
import { checkProgram, type CheckResult } from "./check-program.ts";
import type { CheckedFunction, CheckedProgram } from "./program.ts";
import { checkedMaps, functionsOf, programOf } from "./testing-lines.ts";
import { openNativeKernel } from "../../sys/native-kernel.ts";
import { allOf, needsLinux } from "../../testing/needs-linux.ts";
import { needs } from "../../testing/needs.ts";

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
      for (const { type: mapType, flags: mapFlags = [], ...shape } of checkedMaps)
        maps.push(kernel.bpf("mapCreate", { ...shape, mapType, mapFlags, ...moreOf(mapType) }));
    });
    after(() => {
      for (const map of maps) map.close();
    });
    for (const [family, lines] of Object.entries(families)) {
      it(`judges as the kernel does: ${family}`, () => {
        assert.deepEqual(disagreements({ kernel, maps, types }, lines), []);
      });
    }
  });
}

/** Arenas say where user space has them. */
function moreOf(type: string): { readonly mapExtra?: bigint } {
  return type === "arena" ? { mapExtra: 1n << 44n } : {};
}

/** The lines on which both differ, with the reasons. */
function disagreements(judging: Judging, lines: readonly string[]): readonly string[] {
  const { kernel, types } = judging;
  return lines.flatMap((line) => {
    const program = typed(programOf(line, kernelBtf(kernel)), types);
    const log = kernelLog(judging, program);
    const ours = checkProgram(program);
    const same = ours.verdict === (log === undefined ? "accepted" : "refused");
    return same ? [] : [`${line}\n  kernel: ${lastOf(log)}\n  ours: ${wordOf(ours)}`];
  });
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
