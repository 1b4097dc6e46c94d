/**
 * Programs as lines of text, for tests of the checker: instructions in the kernel's notation with semicolons between.
 *
 * A line `sched_cls: r0 = 0; exit` says its type, xdp when left out, `cgroup_sockopt/cgroup_getsockopt:` its place too;
 * `map[ring]` is one of {@link checkedMaps}, `call kernel:NAME` a function of the kernel.
 * @module
 */
import assert from "node:assert/strict";
import type { Btf } from "../../btf/btf.ts";
import { findHelperId } from "../../helper/helper-id.ts";
import { encode } from "../../isa/encode.ts";
import { parse } from "../../isa/parse.ts";
import { checkProgram, type CheckResult } from "./check-program.ts";
import type { CheckedMap, CheckedProgram } from "./program.ts";

/** The maps that programs may use, by their names. */
export const checkedMaps: readonly CheckedMap[] = [
  { name: "array", type: "array", keySize: 4, valueSize: 64, maxEntries: 1 },
  { name: "counts", type: "hash", keySize: 4, valueSize: 8, maxEntries: 4 },
  { name: "ring", type: "ringbuf", keySize: 0, valueSize: 0, maxEntries: 4096 },
  { name: "sent", type: "user_ringbuf", keySize: 0, valueSize: 0, maxEntries: 4096 },
  { name: "devices", type: "devmap", keySize: 4, valueSize: 4, maxEntries: 2 },
  { name: "processors", type: "cpumap", keySize: 4, valueSize: 4, maxEntries: 2 },
  { name: "four", type: "array", keySize: 4, valueSize: 8, maxEntries: 4 },
  { name: "programs", type: "prog_array", keySize: 4, valueSize: 4, maxEntries: 2 },
];

/** The program of a line. */
export function programOf(line: string, kernelTypes?: Btf): CheckedProgram {
  const [, type = "xdp", place, code = ""] = /^(?:(\w+)(?:\/(\w+))?:\s)?\s*([^]*)$/.exec(line)!;
  const text = code
    .replaceAll(/call kernel:(\w+)/g, (_, name: string) => {
      return `call kernel-function#${kernelTypes?.typeByName(name, "func").id ?? 0}`;
    })
    .split(";")
    .map((part) => part.trim())
    .join("\n");
  return {
    type: type as CheckedProgram["type"],
    expectedAttachType: place as CheckedProgram["expectedAttachType"],
    instructions: encode(parse(text, { findHelperId }), { map: indexOfMap }),
    maps: checkedMaps,
    license: "GPL",
    kernelTypes,
  };
}

function indexOfMap(name: string): number {
  return checkedMaps.findIndex((map) => map.name === name);
}

/** What becomes of a line: `accepted`, or what the log of its refusal has. */
export type Expected = "accepted" | RegExp;

/** Fails when the checker says something else of a line, or of a line in other surroundings. */
export function checkLine(
  line: string,
  expected: Expected,
  more: Partial<CheckedProgram> = {},
): CheckResult {
  const result = checkProgram({ ...programOf(line, more.kernelTypes), ...more });
  if (expected === "accepted") assert.equal(result.verdict, "accepted", `${line}\n${result.log}`);
  else {
    assert.equal(result.verdict, "refused", `${line}\n${result.log}`);
    assert.match(result.log, expected, line);
  }
  return result;
}
