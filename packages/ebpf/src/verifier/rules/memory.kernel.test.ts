import { add, and, mov, sub } from "../../asm/alu.ts";
import { atomicAdd } from "../../asm/atomic.ts";
import { call } from "../../asm/call.ts";
import { jgt } from "../../asm/jump.ts";
import { label } from "../../asm/assemble.ts";
import { ldx, st } from "../../asm/memory.ts";
import { loadImm64 } from "../../asm/wide.ts";
import { r0, r1, r10, r2, r3, r6, r7, r8 } from "../../isa/register.ts";
import {
  describeRejections,
  finish,
  isSince,
  lookup,
  mapWords,
  rejected,
  reserve,
  tracing,
  unlessNull,
} from "../../testing/provoke-rejection.ts";
import { memoryRules } from "./memory.ts";

const found = [lookup("array"), unlessNull()];
/** Before, kernels have one word for all memory. */
const record = isSince(5, 18) ? "a record reserved in a ring buffer" : "an address of memory";
const index = ldx("u32", r6, r1, 16); // any number of 32 bits to the verifier

describeRejections("rejections of loads and stores", {
  rules: memoryRules(),
  elsewhere: { "use-after-release": "before 5.17 the log does not show what was copied" },
  provocations: () => [
    [
      "null-dereference",
      rejected("xdp", [lookup("counts"), ldx("u64", r1, r0, 0), finish]),
      new RegExp(`^r0 holds the result of a lookup in ${mapWords("counts")}, which may be nothing`),
      6,
    ],
    [
      "null-dereference",
      rejected("raw_tracepoint", [reserve, st("u64", r0, 0, 1), finish]),
      new RegExp(`^r0 holds ${record}, which may be nothing`),
      5,
    ],
    [
      "null-dereference",
      rejected("sched_cls", [ldx("u64", r2, r1, 168), ldx("u32", r0, r2, 4), finish]),
      /^r2 holds a socket, which may be nothing/,
      1,
    ],
    [
      "null-arithmetic",
      rejected("xdp", [lookup("counts"), add(r0, 4), finish]),
      new RegExp(`^r0 holds the result of a lookup in ${mapWords("counts")}.*a number was added`),
    ],
    [
      "packet-pointer-void",
      rejected("sched_cls", [
        [mov(r6, r1), ldx("u32", r7, r6, 76), ldx("u32", r8, r6, 80)],
        [mov(r2, r7), add(r2, 14), jgt(r2, r8, "out")],
        call("skb_pull_data", r6, 100),
        ldx("u8", r0, r7, 0),
        label("out"),
        finish,
      ]),
      /^r7 was an address in the packet until/,
    ],
    [
      // Before, kernels show registers at branches only, and not what was copied behind them.
      isSince(5, 17) ? "use-after-release" : "scalar-dereference",
      rejected("raw_tracepoint", [
        [reserve, unlessNull(), mov(r6, r0)],
        [call("ringbuf_submit", r6, 0), st("u64", r6, 0, 1), finish],
      ]),
      isSince(5, 17) ? new RegExp(`^r6 was ${record} until`) : /^r6 is used as an address/,
    ],
    [
      "scalar-dereference",
      rejected("xdp", [mov(r1, 5), ldx("u64", r1, r1, 0), finish]),
      /^r1 is used as an address, but to the kernel it is only a number/,
      1,
    ],
    [
      "scalar-dereference",
      rejected("raw_tracepoint", [ldx("u64", r2, r1, 0), ldx("u64", r0, r2, 0), finish]),
      /^r2 is used/,
    ],
    [
      "pointer-not-memory",
      rejected("xdp", [ldx("u32", r3, r1, 4), ldx("u8", r0, r3, 0), finish]),
      /^r3 holds the end of the packet/,
    ],
    [
      "map-value-bounds",
      rejected("xdp", [found, ldx("u64", r0, r0, 60), finish]),
      /^8 bytes at offset 60 .*bytes 0 to 64/,
    ],
    [
      "map-value-bounds",
      rejected("xdp", [found, ldx("u8", r0, r0, -1), finish]),
      /^1 byte at offset -1 /,
    ],
    [
      "map-value-bounds",
      rejected("xdp", [index, and(r6, 127), found, add(r0, r6), ldx("u8", r0, r0, 0), finish]),
      /^1 byte at offset 127 /,
    ],
    [
      "memory-bounds",
      rejected("raw_tracepoint", [reserve, unlessNull(), st("u64", r0, 16, 1), finish]),
      /^8 bytes at offset 16 .*bytes 0 to 16/,
    ],
    [
      "unbounded-access",
      rejected("xdp", [index, found, add(r0, r6), ldx("u8", r0, r0, 0), finish]),
      /^the offset in r0 can be so large/,
    ],
    [
      "negative-index",
      rejected("xdp", [
        [index, and(r6, 7), sub(r6, 4), found],
        [add(r0, r6), ldx("u8", r0, r0, 0), finish],
      ]),
      /^the offset in r0 may be negative/,
    ],
    [
      "pointer-offset-range",
      rejected("raw_tracepoint", [ldx("u64", r6, r1, 0), found, add(r0, r6), finish]),
      /a number without limits/,
    ],
    [
      "pointer-offset-range",
      rejected("xdp", [found, loadImm64(r2, 1n << 40n), add(r0, r2), finish]),
      /or one too large/,
    ],
    [
      "read-only-map",
      rejected("xdp", [lookup("constants"), unlessNull(), st("u64", r0, 0, 1), finish]),
      /read-only to programs/,
    ],
    [
      "write-only-map",
      rejected("xdp", [lookup("sink"), unlessNull(), ldx("u64", r0, r0, 0), finish]),
      /only write to this map/,
    ],
    [
      "read-only-memory",
      rejected("sched_cls", [
        [ldx("u64", r2, r1, 168), unlessNull(r2)],
        [st("u32", r2, 4, 1), finish],
      ]),
      /^r2 points to memory that programs may only read/,
    ],
    [
      "kernel-memory-write",
      tracing([ldx("u64", r2, r1, 0), st("u64", r2, 0, 1), finish]),
      /structure of the kernel is written/,
    ],
    [
      "kernel-struct-bounds",
      tracing([ldx("u64", r2, r1, 0), ldx("u64", r2, r2, 32000), finish]),
      /^struct task_struct .*before offset 32000/,
    ],
    [
      "kernel-struct-offset",
      tracing([ldx("u64", r2, r1, 0), ldx("u64", r2, r2, -8), finish]),
      /^r2 points to struct task_struct .*negative/,
    ],
    [
      "kernel-struct-offset",
      tracing([
        [ldx("u64", r2, r1, 0), ldx("u64", r3, r1, 8), and(r3, 8)],
        [add(r2, r3), ldx("u64", r2, r2, 0), finish],
      ]),
      /^r2 points to struct task_struct /,
    ],
    [
      "misaligned-access",
      rejected("xdp", [found, mov(r1, 1), atomicAdd("u64", r0, 4, r1), finish]),
      /^an access of 8 bytes/,
    ],
    [
      "misaligned-access",
      rejected("xdp", [st("u64", r10, -12, 1), finish]),
      /^an access of 8 bytes/,
      0,
    ],
    [
      "atomic-target",
      rejected("xdp", [mov(r2, 1), atomicAdd("u32", r1, 0, r2), finish]),
      /works on r1, which holds the context/,
    ],
    [
      "special-field-access",
      rejected("xdp", [lookup("locked"), unlessNull(), st("u32", r0, 0, 1), finish]),
      /^the field of type bpf_spin_lock/,
    ],
  ],
});
