import { add, mov } from "../../asm/alu.ts";
import { type Item, label } from "../../asm/assemble.ts";
import { call, callLocal, exit } from "../../asm/call.ts";
import { ldx, st, stx } from "../../asm/memory.ts";
import { r0, r1, r10, r2, r3 } from "../../isa/register.ts";
import {
  describeRejections,
  finish,
  isSince,
  rejected,
  stackAddress,
} from "../../testing/provoke-rejection.ts";
import { stackRules } from "./stack.ts";

/** Functions that call each other in a row, with so many bytes of stack each. */
function nested(functions: number, bytes: number): Item {
  return Array.from({ length: functions }, (_, index) => [
    [label(`f${index}`), st("u64", r10, -bytes, 0)],
    index + 1 < functions ? callLocal(`f${index + 1}`) : [],
    finish,
  ]);
}

describeRejections("rejections of the use of the stack", {
  rules: stackRules(),
  elsewhere: {
    "stack-uninitialised": "needs a process without CAP_PERFMON: unprivileged.kernel.test.ts",
  },
  provocations: () => [
    [
      "stack-bounds",
      rejected("xdp", [st("u64", r10, -520, 1), finish]),
      /^8 bytes are accessed at offset -520/,
      0,
    ],
    ["stack-bounds", rejected("xdp", [st("u64", r10, 8, 1), finish]), /at offset 8 from the top/],
    [
      "stack-bounds",
      rejected("raw_tracepoint", [
        stackAddress(r1, -8),
        [mov(r2, 64), call("get_current_comm"), finish],
      ]),
      /^64 bytes are accessed at offset -8/,
    ],
    [
      "stack-variable-offset",
      rejected("xdp", [
        [ldx("u32", r2, r1, 16), mov(r3, r10), add(r3, r2)],
        [ldx("u8", r0, r3, 0), finish],
      ]),
      /not known when the program is loaded/,
    ],
    [
      "stack-partial-fill",
      rejected("xdp", [stx("u64", r10, -8, r1), ldx("u32", r0, r10, -8), finish]),
      /read back in part/,
    ],
    [
      "stack-combined",
      rejected("xdp", nested(3, 256)),
      /^3 functions that call each other need 768 bytes/,
    ],
    ["call-depth", rejected("xdp", nested(9, 8)), /more than 8 deep/],
    [
      isSince(6, 4) ? "call-depth" : "back-edge",
      rejected("xdp", [
        [callLocal("f"), exit()],
        [label("f"), callLocal("f"), finish],
      ]),
      /recursion/,
    ],
  ],
});
