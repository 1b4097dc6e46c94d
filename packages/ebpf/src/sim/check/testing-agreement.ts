/**
 * Small programs on which the checker and the verifier of the running kernel must agree, as lines of text.
 *
 * A line is instructions in the kernel's notation with semicolons between; the kernel decides whether it is right, so
 * that nobody writes down a verdict that is wrong. Ours must be the same: refused too early is as much a failure as taken.
 * @module
 */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { SyscallError } from "../../kernel/errors.ts";
import type { Handle } from "../../kernel/handle.ts";
import type { Kernel } from "../../kernel/kernel.ts";
import { kernelBtf } from "../../program/kernel-btf.ts";
import { checkProgram, type CheckResult } from "./check-program.ts";
import type { CheckedProgram } from "./program.ts";
import { checkedMaps, programOf } from "./testing-lines.ts";
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

/** Tests that both agree on every line. */
export function describeAgreement(name: string, families: Families): void {
  const usable = allOf(needs("root", "bpf", "ringbuf", "btf"), followed);
  describe(name, usable, () => {
    if (usable.skip !== false) return;
    const kernel = openNativeKernel();
    const maps: Handle[] = [];
    before(() => {
      for (const { type: mapType, ...shape } of checkedMaps)
        maps.push(kernel.bpf("mapCreate", { ...shape, mapType }));
    });
    after(() => {
      for (const map of maps) map.close();
    });
    for (const [family, lines] of Object.entries(families)) {
      it(`judges as the kernel does: ${family}`, () => {
        assert.deepEqual(disagreements(kernel, maps, lines), []);
      });
    }
  });
}

/** The lines on which both differ, with the reasons. */
function disagreements(
  kernel: Kernel,
  maps: readonly Handle[],
  lines: readonly string[],
): readonly string[] {
  return lines.flatMap((line) => {
    const program = programOf(line, kernelBtf(kernel));
    const log = kernelLog(kernel, maps, program);
    const ours = checkProgram(program);
    const same = ours.verdict === (log === undefined ? "accepted" : "refused");
    return same ? [] : [`${line}\n  kernel: ${lastOf(log)}\n  ours: ${wordOf(ours)}`];
  });
}

const logBuffer = new Uint8Array(1 << 20);

/** What the kernel says when it refuses a program. */
function kernelLog(
  kernel: Kernel,
  maps: readonly Handle[],
  { type, expectedAttachType, instructions: insns }: CheckedProgram,
): string | undefined {
  const log = { level: 1, buffer: logBuffer };
  logBuffer[0] = 0;
  try {
    const shared = { maps, license: "GPL", log, expectedAttachType };
    kernel.bpf("progLoad", { progType: type, insns, ...shared }).close();
    return undefined;
  } catch (error) {
    if (!(error instanceof SyscallError)) throw error;
    const text = new TextDecoder().decode(logBuffer.subarray(0, logBuffer.indexOf(0)));
    assert.notEqual(text, "", error.message);
    return text;
  }
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
