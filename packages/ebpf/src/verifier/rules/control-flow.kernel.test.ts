import { add, mov } from "../../asm/alu.ts";
import { label } from "../../asm/assemble.ts";
import { call, callLocal, exit } from "../../asm/call.ts";
import { ja, jeq, jlt, jne } from "../../asm/jump.ts";
import { ldx } from "../../asm/memory.ts";
import { r0, r1, r6 } from "../../isa/register.ts";
import { describeRejections, finish, raw, rejected } from "../../testing/provoke-rejection.ts";
import { controlFlowRules } from "./control-flow.ts";

const returnZero = ["b700000000000000", "9500000000000000"];

describeRejections("rejections of a program's shape", {
  rules: controlFlowRules(),
  elsewhere: { "back-edge": "only kernels before 5.3 print it: explain.test.ts" },
  provocations: () => [
    [
      "infinite-loop",
      rejected("xdp", [mov(r0, 0), label("again"), jeq(r0, 0, "again"), exit()]),
      /comes back to instruction 1 /,
      1,
    ],
    [
      "infinite-loop",
      rejected("xdp", [
        [call("get_prandom_u32"), mov(r6, r0), label("again")],
        [add(r6, 1), jne(r6, 0, "again"), finish],
      ]),
      /comes back to instruction /,
    ],
    ["infinite-loop", rejected("xdp", [mov(r0, 0), label("a"), ja("a")]), /instruction 1 /],
    [
      "too-many-instructions",
      rejected("xdp", [mov(r6, 0), label("again"), add(r6, 1), jlt(r6, 1e7, "again"), finish]),
      /after following 1000001 instructions/,
    ],
    [
      "too-many-branches",
      rejected("raw_tracepoint", [
        ldx("u64", r6, r1, 0),
        Array.from({ length: 9000 }, (_, value) => jeq(r6, value, 0)),
        finish,
      ]),
      /^8193 branches/,
    ],
    ["unreachable-code", rejected("xdp", [finish, finish]), /^instruction 2 can never/, 2],
    ["jump-out-of-range", rejected("xdp", [ja(5), finish]), /^a jump goes out of the program/, 0],
    [
      "jump-out-of-range",
      raw("1501010000000000", "1800000000000000", "0000000000000000", ...returnZero),
      /middle of a wide load/,
    ],
    ["falls-off-the-end", rejected("xdp", mov(r0, 0)), /behind its last instruction/],
    [
      "falls-off-the-end",
      rejected("xdp", [callLocal("f"), exit(), label("f"), mov(r0, 0)]),
      /one of its functions/,
    ],
    ["unknown-instruction", raw("ff00000000000000", ...returnZero), /does not know/],
    ["unknown-instruction", raw("9500000005000000"), /must be 0/, 0],
    ["unknown-instruction", raw("1801000000000000", ...returnZero), /does not know/],
  ],
});
