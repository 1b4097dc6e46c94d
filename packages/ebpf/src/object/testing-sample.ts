/**
 * A collection for tests of object files: programs that share functions, maps of several kinds, variables of all kinds.
 * @module
 */
import { parse } from "../isa/parse.ts";
import { chars } from "../layout/chars.ts";
import { u32, u64 } from "../layout/integer.ts";
import { struct } from "../layout/struct.ts";
import type { CollectionSpec } from "../spec/collection-spec.ts";
import { config, global } from "../spec/global-spec.ts";
import { hashMap } from "../spec/hash-map.ts";
import { arrayOfMaps } from "../spec/map-of-maps.ts";
import { programSpec, type ProgramSpec } from "../spec/program-spec.ts";
import { ringbuf } from "../spec/ringbuf.ts";

const Event = struct("event", { pid: u32, comm: chars(16) });

/** Adds `start`, `limit` and the second argument of a callback up, and calls functions in every way. */
const code = parse(`
  r6 = r1
  r1 = 0
  *(u32 *)(r10 -4) = r1
  r1 = map[counts]
  r2 = r10
  r2 += -4
  call bpf_map_lookup_elem#1
  r1 = 10
  r2 = subprog[step]
  r3 = 0
  r4 = 0
  call bpf_loop#181
  r6 = map[limit][0]+0
  r1 = *(u32 *)(r6 +0)
  r6 = map[total][0]+0
  r7 = map[start][0]+0
  r2 = *(u64 *)(r7 +0)
  r2 += r1
  *(u64 *)(r6 +0) = r2
  r1 = r2
  call half
  exit
step:
  r0 = 0
  exit
half:
  r6 = r1
  call same
  r0 >>= 1
  exit
same:
  r0 = r1
  exit
`).map((instruction, index) => {
  const source = { file: "src/sample.ts", line: index + 1, column: 3, text: `line ${index + 1}` };
  return { ...instruction, source };
});

const parameters = [{ name: "ctx", type: "pointer" }] as const;
const functions = [
  { name: "main", index: 0, parameters },
  {
    name: "step",
    index: code.findIndex(({ label }) => label === "step"),
    parameters: [{ name: "index", type: "u64" }, ...parameters],
  },
  { name: "half", index: code.findIndex(({ label }) => label === "half"), parameters: [] },
  { name: "same", index: code.findIndex(({ label }) => label === "same"), parameters: [] },
] as const;

function sample(program: ProgramSpec): ProgramSpec {
  return { ...program, functions };
}

const counts = hashMap("counts", u32, Event, 16);

/** The collection. */
export const sampleCollection: CollectionSpec = {
  counts,
  events: ringbuf("events", Event, 4096),
  outer: arrayOfMaps("outer", counts, 4),
  limit: config("limit", u32, 7),
  total: global("total", u64, 0n),
  start: global("start", u64, 5n),
  first: sample(programSpec({ type: "xdp", target: { kind: "none" } }, code)),
  second: sample(programSpec({ type: "xdp", target: { kind: "none" } }, code)),
  onExec: sample(
    programSpec(
      {
        type: "tracing",
        expectedAttachType: "trace_raw_tp",
        target: { kind: "tp_btf", name: "sched_process_exec" },
      },
      code,
    ),
  ),
};
