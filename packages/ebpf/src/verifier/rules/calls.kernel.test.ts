import { add, and, mov } from "../../asm/alu.ts";
import { type Item, label } from "../../asm/assemble.ts";
import { call, callKfunc, callLocal, exit } from "../../asm/call.ts";
import { jsgt } from "../../asm/jump.ts";
import { ldx, st } from "../../asm/memory.ts";
import { loadFunction, loadMap } from "../../asm/wide.ts";
import { r0, r1, r10, r2, r3, r4 } from "../../isa/register.ts";
import {
  described,
  describeRejections,
  finish,
  kfunc,
  lookup,
  mapWords,
  rejected,
  reserve,
  since,
  stackAddress,
  tracing,
  unlessNull,
} from "../../testing/provoke-rejection.ts";
import { callRules } from "./calls.ts";

const comm = [stackAddress(r1, -8), call("get_current_comm"), finish];
const argument = ldx("u64", r2, r1, 0); // any number of 64 bits to the verifier
const task = (): Item => [mov(r1, 1), callKfunc(kfunc("bpf_task_from_pid"))];

describeRejections("rejections of calls", {
  rules: callRules(),
  provocations: () => [
    ["helper-unknown", rejected("xdp", [call(9999), finish]), /no helper unknown#9999/, 0],
    ["kernel-lacks", rejected("xdp", [call(0xbad2310), finish]), /^this kernel lacks what/, 0],
    [
      "helper-not-for-type",
      rejected("xdp", [call("override_return", 0, 0), finish]),
      /the helper bpf_override_return/,
    ],
    [
      "helper-needs-gpl",
      rejected(
        "raw_tracepoint",
        [stackAddress(r1, -8), mov(r2, 8), mov(r3, 0), call("probe_read_kernel"), finish],
        { license: "MIT" },
      ),
      /only for programs under the GPL/,
    ],
    ...since(6, 2, [
      "kfunc-needs-gpl",
      () => rejected("raw_tracepoint", [task(), finish], { license: "MIT" }),
      /only for programs under the GPL/,
    ]),
    ...since(5, 13, [
      "kfunc-not-allowed",
      () => rejected("xdp", [callKfunc(kfunc("schedule")), finish]),
      /function schedule is not open/,
    ]),
    ...since(6, 2, [
      "kfunc-not-allowed",
      () => rejected("socket_filter", [task(), finish]),
      /bpf_task_from_pid/,
    ]),
    ...since(5, 13, [
      "kfunc-not-a-function",
      rejected("xdp", [callKfunc(1), finish]),
      /not a function/,
    ]),
    ...since(5, 17, [
      "argument-not-callback",
      rejected("raw_tracepoint", [call("loop", 5, 0, 0, 0), finish]),
      /^the second argument \(r2\) of the call must be a function .*is a number/,
    ]),
    [
      "argument-not-map",
      rejected("xdp", [mov(r1, r10), stackAddress(r2, -4), call("map_lookup_elem"), finish]),
      /^the first argument \(r1\) .*is an address on the stack/,
    ],
    [
      "release-wrong-record",
      rejected("raw_tracepoint", [
        [reserve, unlessNull(), mov("r6", r0)],
        [call("ringbuf_submit", "r6", 0), call("ringbuf_submit", "r6", 0), finish],
      ]),
      /submitted or discarded before/,
    ],
    [
      "release-wrong-record",
      rejected("raw_tracepoint", [
        [lookup("array"), unlessNull()],
        [call("ringbuf_submit", r0, 0), finish],
      ]),
      new RegExp(`is a value of ${mapWords("array")}`),
    ],
    [
      "argument-may-be-null",
      rejected("sched_cls", [
        [st("u64", r10, -8, 0), st("u64", r10, -16, 0), stackAddress(r2, -16)],
        [mov(r3, 12), mov(r4, -1), mov("r5", 0), call("sk_lookup_tcp")],
        [call("sk_release", r0), finish],
      ]),
      /^the first argument \(r1\) of the call may be nothing/,
    ],
    ...since(6, 2, [
      "argument-may-be-null",
      () =>
        rejected("syscall", [task(), mov(r1, r0), callKfunc(kfunc("bpf_task_release")), finish], {
          flags: ["sleepable"],
        }),
      /^an argument of the call may be nothing/,
    ]),
    [
      "argument-type",
      rejected("xdp", [loadMap(r1, "counts"), mov(r2, 0), call("map_lookup_elem"), finish]),
      /^the second argument \(r2\) of the call is a number, but must be one of: fp, /,
    ],
    [
      "argument-type",
      rejected("sched_cls", [
        [mov(r1, r10), mov(r2, 0), stackAddress(r3, -8), mov(r4, 8)],
        [call("skb_load_bytes"), finish],
      ]),
      /is an address on the stack, but must be one of: ctx/,
    ],
    ...since(6, 2, [
      "kfunc-argument",
      () => tracing([mov(r1, 7), callKfunc(kfunc("bpf_task_acquire")), finish]),
      /^argument 0 /,
    ]),
    [
      "function-argument",
      {
        spec: rejected("raw_tracepoint", [
          mov(r1, r10),
          callLocal("f"),
          finish,
          label("f"),
          finish,
        ]),
        attributes: described([0, "main"], [4, "global"]),
      },
      /does not fit its declaration/,
    ],
    [
      "function-result",
      {
        spec: rejected("raw_tracepoint", [mov(r1, 1), callLocal("f"), finish, label("f"), exit()]),
        attributes: described([0, "main"], [4, "nothing"]),
      },
      /^nothing is a global function/,
    ],
    [
      "map-not-for-helper",
      rejected("xdp", [lookup("programs"), finish]),
      /^bpf_map_lookup_elem does not work/,
    ],
    [
      "tail-call-map",
      rejected("xdp", [loadMap(r2, "counts"), mov(r3, 0), call("tail_call"), finish]),
      /not an array of programs/,
    ],
    [
      "size-may-be-zero",
      rejected("raw_tracepoint", [st("u64", r10, -8, 0), argument, and(r2, 8), comm]),
      /is a size that may be 0/,
    ],
    [
      "size-may-be-negative",
      rejected("raw_tracepoint", [mov(r2, -8), comm]),
      /^the size in r2 may be negative/,
    ],
    ["size-may-be-negative", rejected("raw_tracepoint", [argument, comm]), /not bounded at all/],
    [
      "size-unbounded",
      rejected("raw_tracepoint", [
        [argument, jsgt(r2, 0, 2), finish],
        [stackAddress(r1, -8), mov(r3, 0), call("probe_read_kernel"), finish],
      ]),
      /^the size in r2 has no upper limit/,
    ],
    [
      "size-not-constant",
      rejected("raw_tracepoint", [
        [argument, loadMap(r1, "ring"), mov(r3, 0)],
        [call("ringbuf_reserve"), finish],
      ]),
      /^the second argument \(r2\) of the call must be a number known/,
    ],
    ...since(5, 17, [
      "function-info-missing",
      rejected("raw_tracepoint", [
        [mov(r1, 5), loadFunction(r2, "callback"), mov(r3, 0), mov(r4, 0)],
        [call("loop"), finish, label("callback"), finish],
      ]),
      /need BTF that describes/,
    ]),
    [
      "function-info-missing",
      rejected("xdp", [
        [callLocal("f"), exit(), label("f")],
        [loadMap(r2, "programs"), mov(r3, 0), call("tail_call"), finish],
      ]),
      /tail calls from functions/,
    ],
    [
      "sleepable-helper",
      tracing([stackAddress(r1, -8), mov(r2, 8), mov(r3, 0), call("copy_from_user"), finish]),
      /may sleep/,
    ],
    [
      "release-wrong-record",
      rejected("raw_tracepoint", [
        [lookup("array"), unlessNull(), add(r0, 8)],
        [call("ringbuf_discard", r0, 0), finish],
      ]),
      /never reserved/,
    ],
  ],
});
