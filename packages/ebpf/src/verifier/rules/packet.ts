/**
 * Rejections of access to packets.
 * @module
 */
import type { Rule } from "../rule.ts";

/** Rules for packets. */
export const packetRules = (): readonly Rule[] => [
  {
    id: "packet-unchecked",
    pattern:
      /invalid access to packet, off=(?<offset>-?\d+) size=(?<length>\d+), (?<register>R\d+)\(id=\d+,off=-?\d+,r=0\)/,
    cause:
      "{bytes} of the packet are accessed at offset {offset} through {register}, but nothing has " +
      "shown that the packet is that long",
    typescript:
      "get headers with packet(ctx).next(layout) and check the result: if (!header) return …",
    c: "check before reading: if ((void *)(header + 1) > data_end) return …; a check of another pointer does not count",
    assembler:
      "compare before reading: copy {register}, add offset plus size, and jgt(copy, data_end, …) " +
      "out; a check on another pointer does not count",
  },
  {
    id: "packet-bounds",
    pattern:
      /invalid access to packet, off=(?<offset>-?\d+) size=(?<length>\d+), (?<register>R\d+)\(.{1,60},r=(?<checked>\d+)\)/,
    cause:
      "{bytes} are accessed at offset {offset} of the packet, but only {checked} bytes behind " +
      "{register} were checked to be there",
    typescript:
      "check for the whole of what you read: packet(ctx).next(…) with a layout that has it all",
    c: "check for the whole of what you read: if ((void *)(header + 1) > data_end) return …",
    assembler:
      "check one byte more than you read last: offset plus size must not be above data_end",
  },
  {
    id: "packet-end-arithmetic",
    pattern: /(?<register>R\d+) pointer arithmetic on pkt_end prohibited/,
    cause: "{register} is the end of the packet, which can only be compared with",
    typescript: "use packet(ctx).length and next(…) instead of counting from the end",
    c: "add to a copy of data, and compare that with data_end",
    assembler: "add to a copy of the packet's start, and compare that with the end",
  },
  {
    id: "packet-load-type",
    pattern: /BPF_LD_\[ABS\|IND\] instructions not allowed for this program type/,
    cause: "the old packet loads are only for socket filters and traffic control",
    typescript: "use packet(ctx) here",
    c: "read through ctx->data and ctx->data_end",
    assembler: "read through data and data_end of the context",
  },
];
