import { add, mov } from "../../asm/alu.ts";
import { call } from "../../asm/call.ts";
import { ldx, st, stx } from "../../asm/memory.ts";
import { r0, r1, r2, r3, r4 } from "../../isa/register.ts";
import {
  describeRejections,
  finish,
  isSince,
  rejected,
  stackAddress,
  tracing,
} from "../../testing/provoke-rejection.ts";
import { contextRules } from "./context.ts";

describeRejections("rejections of access to the context", {
  rules: contextRules(),
  elsewhere: { "context-constant-store": "only kernels before 6.4 print it" },
  provocations: () => [
    [
      "tracepoint-argument",
      tracing([ldx("u64", r2, r1, 80), finish]),
      /^sched_process_exec has fewer than \d+ arguments/,
      0,
    ],
    [
      "context-access",
      rejected("xdp", [ldx("u32", r0, r1, 100), finish]),
      /no field of 4 bytes at offset 100/,
      0,
    ],
    [
      "context-access",
      rejected("xdp", [mov(r2, 1), stx("u32", r1, 0, r2), finish]),
      /may not be accessed/,
    ],
    [
      "context-access",
      rejected("perf_event", [mov(r2, 1), stx("u64", r1, 0, r2), finish]),
      /8 bytes at offset 0/,
    ],
    isSince(6, 4)
      ? ["context-access", rejected("xdp", [st("u32", r1, 0, 1), finish]), /may not be accessed/]
      : ["context-constant-store", rejected("xdp", [st("u32", r1, 0, 1), finish]), /out of reg/],
    [
      "context-modified",
      rejected("sched_cls", [
        [add(r1, 4), mov(r2, 0), stackAddress(r3, -8), mov(r4, 8)],
        [call("skb_load_bytes"), finish],
      ]),
      /^r1 is the context with 4 added/,
    ],
    [
      "context-variable-offset",
      rejected("xdp", [ldx("u32", r2, r1, 16), add(r1, r2), ldx("u32", r0, r1, 0), finish]),
      /only known at run time/,
    ],
  ],
});
