/**
 * The vectors once more, against the disassembler of the running kernel.
 *
 * The verifier prints each instruction into its log before it judges it, so most of them can be tried in a program
 * of their own whether that makes sense or not. What the checks before that refuse cannot be seen this way.
 * @module
 */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { cString } from "../base/bytes.ts";
import { helperSymbol } from "../helper/helper-id.ts";
import { SyscallError } from "../kernel/errors.ts";
import { isAtLeast } from "../kernel/feature.ts";
import { openNativeKernel } from "../sys/native-kernel.ts";
import { needs } from "../testing/needs.ts";
import { encode } from "./encode.ts";
import { format, formatLine } from "./format.ts";
import type { Instruction } from "./instruction.ts";
import { parse } from "./parse.ts";
import { sinceOf } from "./since.ts";

const usable = needs("bpf");
const kernel = openNativeKernel();
const file = new URL("../../test/vectors/instructions.txt", import.meta.url);
const vectors = readFileSync(file, "utf8")
  .split("\n")
  .filter((line) => line !== "" && !line.startsWith("#"))
  .map((line) => line.slice(line.indexOf(" | ") + 3, line.lastIndexOf(" | ")));

const zero: Instruction = { kind: "alu", op: "mov", width: 64, dst: "r0", src: 0 };
const one: Instruction = { ...zero, src: 1 };
const exit: Instruction = { kind: "exit" };

/** A program around the instruction in which it may stand as far as jumps go, and the slot it gets there. */
function around(instruction: Instruction): { program: Instruction[]; slot: number } {
  const target = "target" in instruction ? Number(instruction.target) : 0;
  if (target < 0) {
    const before = Array.from({ length: -target }, () => one);
    return { program: [...before, instruction, zero, exit], slot: before.length };
  }
  const behind = Array.from({ length: target }, () => zero);
  return { program: [instruction, ...behind, zero, exit], slot: 0 };
}

/** What the verifier says about the program, whether it accepts it or not. */
function verifierLog(program: readonly Instruction[]): string {
  const buffer = new Uint8Array(1 << 20);
  try {
    using loaded = kernel.bpf("progLoad", {
      progType: "socket_filter",
      insns: encode(program),
      license: "GPL",
      log: { level: 2, buffer },
    });
    assert.ok(!loaded.closed);
  } catch (error) {
    if (!(error instanceof SyscallError)) throw error;
  }
  return cString(buffer);
}

/** Neither judged nor printed alone: what is refused before, or leaves the rest of the program out of reach. */
const unseen = /^goto pc|^gotol|^call (?:pc|kernel)|^exit|nospec|map\[|btf\[|subprog/;

describe("notation of this kernel", usable, () => {
  const seen = vectors.filter((text) => !unseen.test(text));

  it("covers most instructions", () => assert.ok(seen.length >= 180, `only ${seen.length}`));

  for (const text of seen) {
    const [instruction] = parse(text);
    const since = sinceOf(instruction!) ?? [6, 18];
    const old = !isAtLeast(kernel.version, since) && `since Linux ${since.join(".")}`;
    it(`is ours for ${format(instruction!)}`, { skip: old }, () => {
      const { program, slot } = around(instruction!);
      const log = verifierLog(program);
      const expected = formatLine(instruction!, slot, { helperSymbol }).trimStart();
      const lines = log.split("\n").map((line) => line.replace(/ *;.*$/, ""));
      assert.ok(lines.includes(expected), `${expected} is not in\n${log.slice(0, 2000)}`);
    });
  }
});
