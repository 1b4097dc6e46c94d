import { add, mov } from "../../asm/alu.ts";
import { label } from "../../asm/assemble.ts";
import { exit } from "../../asm/call.ts";
import { jgt } from "../../asm/jump.ts";
import { ldabs, ldx } from "../../asm/memory.ts";
import { r0, r1, r2, r3, r4, r5, r6 } from "../../isa/register.ts";
import {
  describeRejections,
  finish,
  packet,
  packetEnd,
  rejected,
} from "../../testing/provoke-rejection.ts";
import { packetRules } from "./packet.ts";

describeRejections("rejections of access to packets", {
  rules: packetRules(),
  provocations: () => [
    [
      "packet-unchecked",
      rejected("xdp", [packet, ldx("u8", r0, r2, 0), exit()]),
      /^1 byte of the packet .* at offset 0 through r2/,
      2,
    ],
    [
      "packet-unchecked", // the check is of another variable part than the access
      rejected("xdp", [
        [packet, ldx("u32", r5, r1, 16), add(r2, r5), packetEnd(14), jgt(r4, r3, "out")],
        [ldx("u8", r0, r2, 12), label("out"), finish],
      ]),
      /at offset 12 through r2/,
    ],
    [
      "packet-bounds",
      rejected("xdp", [
        [packet, packetEnd(14), jgt(r4, r3, "out")],
        [ldx("u32", r0, r2, 12), label("out"), finish],
      ]),
      /^4 bytes are accessed at offset 12 .*only 14 bytes behind r2/,
      5,
    ],
    [
      "packet-end-arithmetic",
      rejected("xdp", [packet, add(r3, 1), finish]),
      /^r3 is the end of the packet/,
    ],
    [
      "packet-load-type",
      rejected("xdp", [mov(r6, r1), ldabs("u8", 0), finish]),
      /only for socket filters/,
    ],
  ],
});
