import { add, add32, and, div, lsh, mov, mul, sub } from "../../asm/alu.ts";
import { label } from "../../asm/assemble.ts";
import { call, callLocal, exit } from "../../asm/call.ts";
import { ldx } from "../../asm/memory.ts";
import { loadFunction } from "../../asm/wide.ts";
import { r0, r1, r10, r2, r3, r4, r7 } from "../../isa/register.ts";
import {
  described,
  describeRejections,
  finish,
  lookup,
  type LoadedWith,
  rejected,
  since,
  unlessNull,
} from "../../testing/provoke-rejection.ts";
import { registerRules } from "./registers.ts";
import type { Item } from "../../asm/assemble.ts";

/** A program that has a callback called with the given body. */
function callback(body: Item): LoadedWith {
  const begin = [mov(r1, 5), loadFunction(r2, "callback"), mov(r3, 0), mov(r4, 0)];
  const spec = rejected("raw_tracepoint", [begin, call("loop"), finish, label("callback"), body]);
  return { spec, attributes: described([0, "main"], [8, "callback"]) };
}

describeRejections("rejections of what is done with registers", {
  rules: registerRules(),
  elsewhere: {
    "pointer-leak": "needs a process without CAP_PERFMON: unprivileged.kernel.test.ts",
    "pointer-arithmetic-unprivileged": "needs a process without CAP_PERFMON as well",
  },
  provocations: () => [
    ["result-not-set", rejected("xdp", exit()), /ends without a value in r0/, 0],
    ["register-uninitialised", rejected("xdp", [mov(r1, r0), finish]), /^r0 is read without/, 0],
    ["register-uninitialised", rejected("xdp", [mov(r0, r3), exit()]), /^r3 is read without/, 0],
    [
      "register-uninitialised",
      rejected("xdp", [mov(r3, 1), call("ktime_get_ns"), mov(r0, r3), exit()]),
      /^r3 .*clears r1 to r5/,
      2,
    ],
    [
      "register-uninitialised",
      rejected("xdp", [callLocal("f"), exit(), label("f"), mov(r0, r7), exit()]),
      /^r7 is read/,
      2,
    ],
    ["frame-pointer-write", rejected("xdp", [mov(r10, 1), finish]), /^r10 is written/],
    ["pointer-operator", rejected("xdp", [mul(r1, 8), finish]), /^\*= is applied to r1/],
    ["pointer-operator", rejected("xdp", [mov(r2, r10), and(r2, 8), finish]), /^&= .* r2/],
    ["pointer-subtracted", rejected("xdp", [mov(r2, 0), sub(r2, r10), finish]), /from a number/],
    ["pointer-32-bit", rejected("xdp", [mov(r2, r10), add32(r2, 1), finish]), /pointer in r2/],
    ["pointer-plus-pointer", rejected("xdp", [mov(r2, r10), add(r2, r1), finish]), /in r2$/],
    [
      "pointer-arithmetic-kind",
      rejected("sched_cls", [ldx("u64", r2, r1, 168), unlessNull(r2), add(r2, 8), finish]),
      /^r2 holds a socket/,
    ],
    [
      "return-range",
      rejected("cgroup_skb", [mov(r0, 17), exit()]),
      /^the program returns 17, .*\[0, 1\]/,
    ],
    [
      "return-range",
      rejected("cgroup_skb", [ldx("u32", r0, r1, 0), exit()]),
      /^the program returns a number from 0 to 4294967295, /,
    ],
    [
      "return-range",
      rejected("sk_lookup", [mov(r0, 5), exit()], { expectedAttachType: "sk_lookup" }),
      /^the program returns 5, /,
    ],
    ["return-not-number", rejected("cgroup_device", [mov(r0, r1), exit()]), /not a number/],
    ...since(
      5,
      17,
      ["return-not-number", () => callback(exit()), /not a number/],
      [
        "callback-return-range",
        () => callback([mov(r0, 7), exit()]),
        /^the callback returns 7, .*\[0, 1\]/,
      ],
    ),
    ["division-by-zero", rejected("xdp", [mov(r0, 1), div(r0, 0), exit()]), /constant 0/],
    ["shift-range", rejected("xdp", [mov(r0, 1), lsh(r0, 70), exit()]), /shifted by 70 bits/],
    [
      "pointer-operator",
      rejected("xdp", [lookup("array"), unlessNull(), lsh(r0, 2), finish]),
      /r0/,
    ],
  ],
});
