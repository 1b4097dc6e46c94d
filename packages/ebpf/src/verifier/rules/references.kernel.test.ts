import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { add, mov } from "../../asm/alu.ts";
import type { Item } from "../../asm/assemble.ts";
import { call, callKfunc } from "../../asm/call.ts";
import { ldx, st } from "../../asm/memory.ts";
import { loadMap } from "../../asm/wide.ts";
import { r0, r1, r10, r2, r3, r4, r5, r6 } from "../../isa/register.ts";
import { needs } from "../../testing/needs.ts";
import {
  describeRejections,
  finish,
  kfunc,
  provoke,
  rejected,
  reserve,
  since,
  stackAddress,
  tracing,
  unlessNull,
} from "../../testing/provoke-rejection.ts";
import { referenceRules } from "./references.ts";

const newIterator = (): Item => [
  [stackAddress(r1, -8), mov(r2, 0), mov(r3, 5)],
  callKfunc(kfunc("bpf_iter_num_new")),
];
const newDynptr = [
  [loadMap(r1, "ring"), mov(r2, 8), mov(r3, 0), stackAddress(r4, -16)],
  call("ringbuf_reserve_dynptr"),
];

describeRejections("rejections of what is not released, or not acquired", {
  rules: referenceRules(),
  provocations: () => [
    [
      "unreleased-reference",
      rejected("raw_tracepoint", [reserve, finish]),
      /^what was acquired at instruction 4 /,
      6,
    ],
    ...since(6, 4, [
      "unreleased-reference",
      () => rejected("raw_tracepoint", [newIterator(), finish]),
      /^what was acquired at instruction 4 /,
    ]),
    ...since(5, 19, [
      "unreleased-reference",
      rejected("raw_tracepoint", [newDynptr, finish]),
      /^what was acquired at instruction 6 /,
    ]),
    ...since(6, 2, [
      "unreleased-reference",
      () =>
        rejected("syscall", [mov(r1, 1), callKfunc(kfunc("bpf_task_from_pid")), finish], {
          flags: ["sleepable"],
        }),
      /^what was acquired at instruction 1 /,
    ]),
    [
      "unreleased-reference",
      rejected("sched_cls", [
        [mov(r6, r1), reserve, unlessNull(), mov(r1, r6)],
        [loadMap(r2, "programs"), mov(r3, 0), call("tail_call"), finish],
      ]),
      /^what was acquired at instruction 5 .* or tail call/,
    ],
    ...since(5, 18, [
      "release-offset",
      rejected("raw_tracepoint", [
        [reserve, unlessNull(), mov(r1, r0), add(r1, 8)],
        [mov(r2, 0), call("ringbuf_submit"), finish],
      ]),
      /^r1 was moved on/,
    ]),
    ...since(6, 2, [
      "release-unacquired",
      () => tracing([ldx("u64", r1, r1, 0), callKfunc(kfunc("bpf_task_release")), finish]),
      /did not acquire/,
    ]),
    ...since(
      6,
      4,
      [
        "iterator-uninitialised",
        () =>
          rejected("raw_tracepoint", [
            [stackAddress(r1, -8), callKfunc(kfunc("bpf_iter_num_next"))],
            finish,
          ]),
        /before …_new/,
        2,
      ],
      [
        "iterator-initialised-twice",
        () => rejected("raw_tracepoint", [newIterator(), newIterator(), finish]),
        /still in use/,
      ],
    ),
    ...since(5, 19, [
      "dynptr-uninitialised",
      rejected("raw_tracepoint", [
        [st("u64", r10, -16, 0), st("u64", r10, -8, 0)],
        [stackAddress(r1, -8), mov(r2, 8), stackAddress(r3, -32), mov(r4, 0), mov(r5, 0)],
        [call("dynptr_read"), finish],
      ]),
      /never made/,
    ]),
    ...since(6, 3, [
      "dynptr-overwritten",
      rejected("raw_tracepoint", [newDynptr, st("u64", r10, -16, 0), finish]),
      /written over/,
    ]),
  ],
});

describe("an unreleased reference", needs("bpf", "ringbuf"), () => {
  it("names the instruction that acquired it", () =>
    assert.equal(provoke(rejected("raw_tracepoint", [reserve, finish])).rejection.origin, 4));
});
