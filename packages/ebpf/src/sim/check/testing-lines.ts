/**
 * Programs as lines of text, for tests of the checker: instructions in the kernel's notation with semicolons between.
 *
 * A line `sched_cls: r0 = 0; exit` says its type, xdp when left out, `cgroup_sockopt/cgroup_getsockopt:` its place too;
 * `tracing/trace_iter(task):` and `struct_ops/tcp_congestion_ops.init:` what it is made for; programs of type syscall may sleep.
 * `map[ring]` is one of {@link checkedMaps}, `call kernel:NAME` a function of the kernel.
 * @module
 */
import assert from "node:assert/strict";
import type { Btf } from "../../btf/btf.ts";
import { findHelperId } from "../../helper/helper-id.ts";
import { decode } from "../../isa/decode.ts";
import { encode } from "../../isa/encode.ts";
import { slotCount } from "../../isa/instruction.ts";
import { parse } from "../../isa/parse.ts";
import { checkProgram, type CheckResult } from "./check-program.ts";
import { calledFunction } from "./flow/control-flow.ts";
import type { CheckedFunction, CheckedMap, CheckedProgram } from "./program.ts";

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
  { name: "arena", type: "arena", keySize: 0, valueSize: 0, maxEntries: 1, flags: ["mmapable"] },
];

/** The program of a line. */
export function programOf(
  line: string,
  kernelTypes?: Btf,
  more: readonly CheckedMap[] = [],
): CheckedProgram {
  const maps = [...checkedMaps, ...more];
  const parts = /^(?:(\w+)(?:\/([\w.]+)(?:\((\w+)\))?)?:\s)?\s*([^]*)$/.exec(line)!;
  const [, type = "xdp", place, target, code = ""] = parts;
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
    instructions: encode(parse(text, { findHelperId }), {
      map: (name) => maps.findIndex((map) => map.name === name),
    }),
    maps,
    license: "GPL",
    flags: type === "syscall" ? ["sleepable"] : [],
    kernelTypes,
    ...(kernelTypes === undefined ? {} : madeFor(kernelTypes, { type, place, target })),
  };
}

/** What a program is made for: `struct_ops/tcp_congestion_ops.init:`, `tracing/trace_iter(task):`. */
function madeFor(
  types: Btf,
  {
    type,
    place = "",
    target,
  }: {
    readonly type: string;
    readonly place?: string | undefined;
    readonly target?: string | undefined;
  },
): Partial<CheckedProgram> {
  if (type === "struct_ops") {
    const [name = "", member = ""] = place.split(".");
    const struct = types.typeByName(name, "struct");
    const structOpsMember = struct.members.findIndex((it) => it.name === member);
    return { expectedAttachType: undefined, attachBtfId: struct.id, structOpsMember };
  }
  if (target === undefined) return {};
  const isIterator = place === "trace_iter";
  const { id } = isIterator
    ? types.typeByName(`bpf_iter_${target}`, "func")
    : types.typeByName(`btf_trace_${target}`, "typedef");
  return { attachBtfId: id };
}

/** What becomes of a line: `accepted`, or what the log of its refusal has. */
export type Expected = "accepted" | RegExp;

/** The table of functions of a program: their types in order, the last one for all that follow; `entries` nobody calls. */
export function functionsOf(
  instructions: Uint8Array,
  types: readonly number[],
  entries: readonly number[] = [],
): readonly CheckedFunction[] {
  const starts = new Set([0, ...entries]);
  let slot = 0;
  for (const instruction of decode(instructions)) {
    const called = calledFunction(instruction, slot);
    if (called !== undefined) starts.add(called);
    slot += slotCount(instruction);
  }
  return [...starts]
    .toSorted((a, b) => a - b)
    .map((start, index) => ({ slot: start, type: types[index] ?? types.at(-1)! }));
}

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
