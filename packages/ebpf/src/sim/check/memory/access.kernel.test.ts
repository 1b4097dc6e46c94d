/**
 * What may be read and written, judged by the checker and by the kernel: a line is a program.
 * @module
 */
import { describeAgreement, each } from "../testing-agreement.ts";

const end = "r0 = 0; exit";
/** `r0` leads to 64 bytes, `r6` is any number of 32 bits. */
const value = `r6 = *(u32 *)(r1 + 16); *(u32 *)(r10 - 4) = 0; r1 = map[array]; r2 = r10; r2 += -4;
  call bpf_map_lookup_elem; if r0 != 0 goto there; ${end}; there: r7 = r0`;
/** `r6` is any number of 32 bits. */
const number = "r6 = *(u32 *)(r1 + 16)";
const packet = "r2 = *(u32 *)(r1 + 0); r3 = *(u32 *)(r1 + 4)";

describeAgreement("memory, by the checker and by the kernel", {
  "the stack at a variable place": [
    ...each([1, 2, 4, 8], (size) => {
      const bits = Number(size) * 8;
      return `${number}; r6 &= 7; r2 = r10; r2 += -16; r2 += r6; r0 = *(u${bits} *)(r2 + 0); ${end}`;
    }),
    `${number}; r6 &= 8; r2 = r10; r2 += -16; r2 += r6; r0 = *(u64 *)(r2 + 0); ${end}`,
    `${number}; r6 &= 8; r2 = r10; r2 += -16; r2 += r6; *(u64 *)(r2 + 0) = 1; ${end}`,
    `${number}; r6 &= 8; r2 = r10; r2 += -12; r2 += r6; *(u64 *)(r2 + 0) = 1; ${end}`,
    `${number}; r6 &= 4; r2 = r10; r2 += -16; r2 += r6; *(u64 *)(r2 + 0) = 1; ${end}`,
    `${number}; r6 &= 8; r2 = r10; r2 += -8; r2 += r6; r0 = *(u64 *)(r2 + 0); ${end}`,
    `${number}; r6 &= 8; r2 = r10; r2 += -512; r2 += r6; r0 = *(u64 *)(r2 + 0); ${end}`,
    `${number}; r6 &= 8; r2 = r10; r2 += -520; r2 += r6; r0 = *(u64 *)(r2 + 0); ${end}`,
    `${number}; r6 &= 8; *(u64 *)(r10 - 16) = r1; r2 = r10; r2 += -16; r2 += r6; r0 = *(u64 *)(r2 + 0); ${end}`,
    `${number}; r6 &= 8; *(u64 *)(r10 - 16) = r1; r2 = r10; r2 += -16; r2 += r6; *(u64 *)(r2 + 0) = 0;
      r1 = *(u64 *)(r10 - 16); r0 = *(u32 *)(r1 + 0); ${end}`,
    `${number}; r6 &= 8; r2 = r10; r2 += -16; r2 += r6; *(u64 *)(r2 + 0) = r1; ${end}`,
  ],
  "spilled addresses": [
    `*(u64 *)(r10 - 8) = r1; *(u8 *)(r10 - 8) = 0; r1 = *(u64 *)(r10 - 8); r0 = *(u32 *)(r1 + 0); ${end}`,
    `*(u64 *)(r10 - 8) = r1; *(u8 *)(r10 - 1) = 0; r1 = *(u64 *)(r10 - 8); r0 = *(u32 *)(r1 + 0); ${end}`,
    `*(u64 *)(r10 - 8) = r1; *(u32 *)(r10 - 4) = 0; r0 = *(u32 *)(r10 - 8); ${end}`,
    `*(u64 *)(r10 - 8) = r1; r0 = *(u32 *)(r10 - 8); ${end}`,
    `*(u64 *)(r10 - 8) = r1; r0 = *(u8 *)(r10 - 3); ${end}`,
    `*(u32 *)(r10 - 8) = r1; ${end}`,
    `*(u64 *)(r10 - 12) = r1; ${end}`,
    `*(u64 *)(r10 - 8) = r10; r2 = 1; lock *(u64 *)(r10 - 8) += r2; r1 = *(u64 *)(r10 - 8); r0 = *(u64 *)(r1 - 8); ${end}`,
    `*(u64 *)(r10 - 8) = r10; r2 = 1; r2 = atomic64_xchg((u64 *)(r10 - 8), r2); r0 = *(u64 *)(r2 - 8); ${end}`,
    `*(u64 *)(r10 - 8) = 0; r2 = r10; r2 += -8; r2 = atomic64_xchg((u64 *)(r2 + 0), r2); ${end}`,
    `*(u64 *)(r10 - 8) = 0; r2 = r10; r2 += -8; lock *(u64 *)(r2 + 0) += r2; ${end}`,
    `*(u64 *)(r10 - 8) = 0; r0 = r10; r2 = 1; r0 = atomic64_cmpxchg((u64 *)(r0 - 8), r0, r2); ${end}`,
    `*(u64 *)(r10 - 8) = 0; r0 = 1; r2 = r10; r0 = atomic64_cmpxchg((u64 *)(r2 - 8), r0, r2); ${end}`,
  ],
  "spilled numbers": [
    ...each([8, 16, 32, 64], (bits) => {
      return `${value}; r6 &= 63; *(u64 *)(r10 - 16) = r6; r8 = *(u${bits} *)(r10 - 16); r7 += r8;
      r0 = *(u8 *)(r7 + 0); ${end}`;
    }),
    ...each([8, 16, 32], (bits) => {
      return `${value}; *(u${bits} *)(r10 - 16) = r6; r8 = *(u${bits} *)(r10 - 16); r8 &= 63; r7 += r8;
      r0 = *(u8 *)(r7 + 0); ${end}`;
    }),
    `${value}; *(u64 *)(r10 - 16) = 0; *(u32 *)(r10 - 16) = r6; r8 = *(u32 *)(r10 - 12); r7 += r8;
      r0 = *(u8 *)(r7 + 63); ${end}`,
    `${value}; *(u64 *)(r10 - 16) = 0; *(u32 *)(r10 - 16) = r6; r8 = *(u64 *)(r10 - 16); r8 &= 63; r7 += r8;
      r0 = *(u8 *)(r7 + 0); ${end}`,
    `${value}; *(u64 *)(r10 - 16) = 0; *(u8 *)(r10 - 15) = 7; r8 = *(u8 *)(r10 - 16); r7 += r8; r0 = *(u8 *)(r7 + 63);
      ${end}`,
    `${value}; *(u64 *)(r10 - 16) = 0; *(u8 *)(r10 - 16) = 7; r8 = *(u8 *)(r10 - 15); r7 += r8; r0 = *(u8 *)(r7 + 63);
      ${end}`,
    `${value}; *(u64 *)(r10 - 16) = 5; r8 = *(u32 *)(r10 - 12); r7 += r8; r0 = *(u8 *)(r7 + 63); ${end}`,
  ],
  "values behind a key that is known": [
    ...each([0, 1, 3, 4], (key) => {
      return `*(u32 *)(r10 - 4) = ${key}; r1 = map[four]; r2 = r10; r2 += -4; call bpf_map_lookup_elem;
      r0 = *(u64 *)(r0 + 0); ${end}`;
    }),
    ...each([0, 1, 3, 4], (key) => {
      return `*(u32 *)(r10 - 8) = ${key}; r1 = map[four]; r2 = r10; r2 += -8; call bpf_map_lookup_elem;
      r0 = *(u64 *)(r0 + 0); ${end}`;
    }),
    ...each([0, 1], (key) => {
      return `*(u64 *)(r10 - 8) = ${key}; r1 = map[four]; r2 = r10; r2 += -8; call bpf_map_lookup_elem;
      r0 = *(u64 *)(r0 + 0); ${end}`;
    }),
    ...each([0, 1], (key) => {
      return `r3 = ${key}; *(u64 *)(r10 - 8) = r3; r1 = map[four]; r2 = r10; r2 += -8; call bpf_map_lookup_elem;
      r0 = *(u64 *)(r0 + 0); ${end}`;
    }),
    ...each([0, 1], (key) => {
      return `r3 = ${key}; *(u32 *)(r10 - 8) = r3; r1 = map[four]; r2 = r10; r2 += -8; call bpf_map_lookup_elem;
      r0 = *(u64 *)(r0 + 0); ${end}`;
    }),
    `*(u32 *)(r10 - 4) = 0; r1 = map[counts]; r2 = r10; r2 += -4; call bpf_map_lookup_elem; r0 = *(u64 *)(r0 + 0); ${end}`,
  ],
  "null, compared in other ways": [
    `${value.replace("if r0 != 0", "r2 = 0; if r0 != r2")}; r0 = *(u8 *)(r7 + 0); ${end}`,
    ...["if r0 != r2", "if r2 != r0"].flatMap((test) => [
      `${value.replace("= 0", "= 7").replace("if r0 != 0", `r2 = 0; ${test}`)}; r0 = *(u8 *)(r7 + 0); ${end}`,
      `r0 = map[array][0]+0; r2 = 0; ${test} goto there; r0 = *(u8 *)(r9 + 0); there: ${end}`,
    ]),
    `${value.replace("if r0 != 0", "r2 = 0; if r2 != r0")}; r0 = *(u8 *)(r7 + 0); ${end}`,
    `${value.replace("if r0 != 0", "if w0 != 0")}; r0 = *(u8 *)(r7 + 0); ${end}`,
    `${value.replace("if r0 != 0", "if r0 s> 0")}; r0 = *(u8 *)(r7 + 0); ${end}`,
    `${value.replace("if r0 != 0", "r8 = r0; if r0 != 0")}; r0 = *(u8 *)(r8 + 0); ${end}`,
    `${value.replace("if r0 != 0", "r0 += 4; if r0 != 0")}; r0 = *(u8 *)(r7 + 0); ${end}`,
    `${value}; r1 = map[array]; r2 = r10; r2 += -4; call bpf_map_lookup_elem; if r0 == r7 goto same; ${end};
      same: r0 = *(u8 *)(r0 + 0); ${end}`,
    `*(u32 *)(r10 - 4) = 1; r1 = map[counts]; r2 = r10; r2 += -4; call bpf_map_lookup_elem; r7 = r0; r8 = r0;
      if r7 == r10 goto same; ${end}; same: r0 = *(u8 *)(r7 + 0); ${end}`,
    `*(u32 *)(r10 - 4) = 1; r1 = map[counts]; r2 = r10; r2 += -4; call bpf_map_lookup_elem; r7 = r0; r8 = r0;
      r6 = map[array][0]+0; if r7 == r6 goto same; ${end}; same: r0 = *(u8 *)(r7 + 0); ${end}`,
    `*(u32 *)(r10 - 4) = 1; r1 = map[counts]; r2 = r10; r2 += -4; call bpf_map_lookup_elem; r7 = r0; r8 = r0;
      r6 = map[array][0]+0; if r7 == r6 goto same; ${end}; same: r0 = *(u8 *)(r8 + 0); ${end}`,
  ],
  "addresses of map values": [
    ...each(
      [0, 60, 63, 64],
      (offset) => `r1 = map[array][0]+${offset}; r0 = *(u8 *)(r1 + 0); ${end}`,
    ),
    ...each(["devices", "processors"], (map) => {
      return `*(u32 *)(r10 - 4) = 1; r1 = map[${map}]; r2 = r10; r2 += -4; call bpf_map_lookup_elem;
      if r0 == 0 goto out; *(u32 *)(r0 + 0) = 1; out: ${end}`;
    }),
    `r1 = map[array]; r0 = *(u8 *)(r1 + 0); ${end}`,
    `r1 = map[array]; r1 += 4; r0 = *(u8 *)(r1 + 0); ${end}`,
  ],
  "far away and back": [
    ...each([0x10000000, 0x1fffffff, 0x20000000, -0x1fffffff, -0x20000000], (far) => {
      return `${value}; r8 = ${far}; r7 += r8; r7 -= r8; r0 = *(u8 *)(r7 + 0); ${end}`;
    }),
    `${value}; r8 = 536870911; r7 += r8; r7 += r8; r7 -= r8; r7 -= r8; r0 = *(u8 *)(r7 + 0); ${end}`,
    `${value}; r7 += r6; r7 -= r6; r0 = *(u8 *)(r7 + 0); ${end}`,
    `${value}; r6 &= 15; r7 -= r6; r0 = *(u8 *)(r7 + 16); ${end}`,
    `${value}; r6 &= 15; r7 += 16; r7 -= r6; r0 = *(u8 *)(r7 + 0); ${end}`,
    `${value}; r6 &= 15; r7 += r6; r7 -= r6; r0 = *(u8 *)(r7 + 15); ${end}`,
    `${value}; r6 <<= 32; r7 += r6; ${end}`,
    `${value}; r6 <<= 20; r7 -= r6; ${end}`,
    `${value}; r6 = -r6; r7 -= r6; ${end}`,
  ],
  "the packet": [
    `${packet}; r4 = r2; r4 += 8; if r4 > r3 goto out; r2 -= 1; r0 = *(u8 *)(r2 + 0); out: ${end}`,
    `${packet}; r4 = r2; r4 += 8; if r4 > r3 goto out; r4 -= 1; r0 = *(u8 *)(r4 + 0); out: ${end}`,
    `${packet}; r4 = r2; r4 += 8; if r4 > r3 goto out; r0 = *(u8 *)(r4 + 0); out: ${end}`,
    `${packet}; r4 = r2; r4 += 8; if r4 == r3 goto in; ${end}; in: r0 = *(u8 *)(r2 + 7); ${end}`,
    `${packet}; r4 = r2; r4 += 8; if w4 > w3 goto out; r0 = *(u8 *)(r2 + 0); out: ${end}`,
    `${packet}; r4 = r2; r4 += 8; if r4 s> r3 goto out; r0 = *(u8 *)(r2 + 0); out: ${end}`,
    `${packet}; r4 = r2; r4 += 8; if r4 > r3 goto out; r0 = *(u8 *)(r3 + 0); out: ${end}`,
    `${packet}; r4 = r2; r4 += 8; if r4 > r3 goto out; r3 += 1; out: ${end}`,
    `${packet}; r4 = r2; r4 += 8; if r4 > r3 goto out; r5 = *(u8 *)(r2 + 0); r2 += r5; r0 = *(u8 *)(r2 + 0); out: ${end}`,
    `${packet}; r4 = r2; r4 += 65535; if r4 > r3 goto out; r0 = *(u8 *)(r2 + 30000); out: ${end}`,
    `${packet}; r4 = r2; r4 += 65536; if r4 > r3 goto out; r0 = *(u8 *)(r2 + 30000); out: ${end}`,
    `${packet}; r5 = r2; r5 += 14; if r5 > r3 goto out; r6 = *(u16 *)(r2 + 12); r2 += r6; r4 = r2; r4 += 4;
      if r4 > r3 goto out; r0 = *(u32 *)(r2 + 0); out: ${end}`,
    `${packet}; r5 = r2; r5 += 14; if r5 > r3 goto out; r6 = *(u16 *)(r2 + 12); r6 &= 255; r2 += r6; r4 = r2; r4 += 4;
      if r4 > r3 goto out; r0 = *(u32 *)(r2 + 0); out: ${end}`,
    `${packet}; r5 = r2; r5 += 14; if r5 > r3 goto out; r6 = *(u16 *)(r2 + 12); r6 &= 255; r2 += r6; r4 = r2; r4 += 4;
      if r4 > r3 goto out; r2 -= r6; r0 = *(u32 *)(r2 + 0); out: ${end}`,
    `${packet}; r7 = r1; r4 = r2; r4 += 8; if r4 > r3 goto out; r6 = r2; r1 = r7; r2 = 0; call bpf_xdp_adjust_head;
      r0 = *(u8 *)(r6 + 0); out: ${end}`,
    `${packet}; r7 = r1; r4 = r2; r4 += 8; if r4 > r3 goto out; *(u64 *)(r10 - 8) = r2; r1 = r7; r2 = 0;
      call bpf_xdp_adjust_tail; r6 = *(u64 *)(r10 - 8); r0 = *(u8 *)(r6 + 0); out: ${end}`,
    `${packet}; r7 = r1; r4 = r2; r4 += 8; if r4 > r3 goto out; r6 = r2; r1 = r7; r2 = map[programs]; r3 = 0;
      call bpf_tail_call; r0 = *(u8 *)(r6 + 0); out: ${end}`,
    `${packet}; r7 = r1; r4 = r2; r4 += 8; if r4 > r3 goto out; r6 = r2; r1 = r7; call sub; r0 = *(u8 *)(r6 + 0);
      out: ${end}; sub: r2 = 0; call bpf_xdp_adjust_head; ${end}`,
    `r2 = *(u32 *)(r1 + 8); r3 = *(u32 *)(r1 + 0); r4 = r2; r4 += 8; if r4 > r3 goto out; r0 = *(u64 *)(r2 + 0);
      out: ${end}`,
    `r2 = *(u32 *)(r1 + 8); r3 = *(u32 *)(r1 + 0); r4 = r2; r4 += 8; if r4 > r3 goto out; r0 = *(u64 *)(r3 + 0);
      out: ${end}`,
    `r2 = *(u32 *)(r1 + 8); r3 = *(u32 *)(r1 + 0); r3 += 8; r4 = r2; r4 += 8; if r4 > r3 goto out;
      r0 = *(u64 *)(r2 + 0); out: ${end}`,
    `${packet}; r4 = r2; r4 += 8; if r4 > r3 goto out; r1 = map[counts]; r3 = r2; r3 += 4; call bpf_map_lookup_elem;
      out: ${end}`,
    `${packet}; r4 = r2; r4 += 8; if r4 > r3 goto out; r1 = map[counts]; r2 += 5; call bpf_map_lookup_elem; out: ${end}`,
    `${packet}; r4 = r2; r4 += 8; if r4 > r3 goto out; r1 = 1; lock *(u64 *)(r2 + 0) += r1; out: ${end}`,
    `${packet}; r4 = r2; r4 += 8; if r4 < r3 goto in; ${end}; in: r0 = *(u8 *)(r2 + 8); ${end}`,
    `${packet}; r4 = r2; r4 += 8; if r4 < r3 goto in; ${end}; in: r0 = *(u8 *)(r2 + 9); ${end}`,
  ],
  "memory given to helpers": [
    ...each([0, 1, 63, 64, 65], (size) => {
      return `raw_tracepoint: r1 = map[array][0]+0; r2 = ${size}; r3 = 0; call bpf_probe_read_kernel; ${end}`;
    }),
    ...each([0, 1, 63, 64], (offset) => {
      return `raw_tracepoint: r1 = map[array][0]+0; r1 += ${offset}; r2 = 0; r3 = 0; call bpf_probe_read_kernel; ${end}`;
    }),
    ...each([-1, 63, 64, 127], (most) => {
      return `raw_tracepoint: r2 = *(u64 *)(r1 + 0); r2 &= ${most}; r1 = map[array][0]+0; r3 = 0;
      call bpf_probe_read_kernel; ${end}`;
    }),
    ...each(["r2", "w2"], (register) => {
      return `raw_tracepoint: r2 = *(u64 *)(r1 + 0); if ${register} > 64 goto out; r1 = map[array][0]+0; r3 = 0;
      call bpf_probe_read_kernel; out: ${end}`;
    }),
    ...each(["r2", "w2"], (register) => {
      return `raw_tracepoint: r2 = *(u64 *)(r1 + 0); if ${register} s> 64 goto out; r1 = map[array][0]+0; r3 = 0;
      call bpf_probe_read_kernel; out: ${end}`;
    }),
    `raw_tracepoint: r1 = map[array]; r2 = 8; r3 = 0; call bpf_probe_read_kernel; ${end}`,
    `raw_tracepoint: r2 = 8; r3 = 0; call bpf_probe_read_kernel; ${end}`,
    `raw_tracepoint: *(u64 *)(r10 - 8) = r1; r1 = r10; r1 += -8; r2 = 8; r3 = 0; call bpf_probe_read_kernel;
      r1 = *(u64 *)(r10 - 8); r0 = *(u64 *)(r1 + 0); ${end}`,
    `raw_tracepoint: r6 = *(u64 *)(r1 + 0); r6 &= 8; *(u64 *)(r10 - 8) = r1; r1 = r10; r1 += -16; r1 += r6; r2 = 8;
      r3 = 0; call bpf_probe_read_kernel; r1 = *(u64 *)(r10 - 8); r0 = *(u64 *)(r1 + 0); ${end}`,
    `raw_tracepoint: *(u64 *)(r10 - 8) = r1; r7 = r1; r2 = map[array]; r4 = r10; r4 += -8; r5 = 8; r3 = 0;
      call bpf_perf_event_output; ${end}`,
    `${number}; r1 = map[ring]; r2 = r6; r3 = 0; call bpf_ringbuf_reserve; ${end}`,
    `r1 = map[ring]; r2 = 8; r3 = 0; call bpf_ringbuf_reserve; if r0 == 0 goto out; r0 += 8; r1 = r0; r2 = 0;
      call bpf_ringbuf_submit; out: ${end}`,
    `r1 = map[ring]; r2 = 8; r3 = 0; call bpf_ringbuf_reserve; if r0 == 0 goto out; r6 = r0; r1 = r0; r2 = 0;
      call bpf_ringbuf_submit; r0 = *(u64 *)(r6 + 0); out: ${end}`,
  ],
  "addresses with 32 bits": [
    `w2 = w10; r0 = *(u8 *)(r2 - 1); ${end}`,
    `r2 = r10; w2 += 1; ${end}`,
    `r2 = r10; w2 -= 1; ${end}`,
    `r2 = r10; r2 *= 2; ${end}`,
    `r2 = r10; r2 ^= r1; ${end}`,
    `r2 = r10; r2 -= r1; ${end}`,
    `r2 = 8; r2 -= r10; ${end}`,
    `r2 = r10; r2 = -r2; ${end}`,
    `r2 = r10; r2 = be64 r2; r0 = *(u8 *)(r2 + 0); ${end}`,
    `r2 = -8; r2 += r10; *(u64 *)(r2 + 0) = 1; ${end}`,
    `r2 = (s8)r10; r0 = *(u8 *)(r2 + 0); ${end}`,
    `r10 += 1; ${end}`,
    `r2 = r10; r2 >>= 3; ${end}`,
    `r2 = r10; r2 &= -8; r0 = *(u8 *)(r2 - 8); ${end}`,
  ],
  "functions and their stacks": [
    `r1 = r10; r1 += -8; call sub; r0 = *(u64 *)(r10 - 8); ${end}; sub: *(u64 *)(r1 + 0) = 1; ${end}`,
    `r1 = r10; r1 += -8; call sub; r1 = *(u64 *)(r10 - 8); r0 = *(u64 *)(r1 - 8); ${end}; sub: *(u64 *)(r10 - 8) = 1;
      *(u64 *)(r1 + 0) = r10; ${end}`,
    `r1 = r10; r1 += -8; call sub; r1 = *(u64 *)(r10 - 8); r0 = *(u64 *)(r1 - 16); ${end}; sub: *(u64 *)(r1 + 0) = r1;
      ${end}`,
    `r1 = r10; call sub; r0 = *(u64 *)(r0 + 0); ${end}; sub: r0 = r10; exit`,
    `r1 = r10; call sub; r0 = *(u64 *)(r0 - 8); ${end}; sub: r0 = r1; exit`,
    `r6 = r1; call sub; r0 = *(u32 *)(r6 + 0); ${end}; sub: r6 = 5; ${end}`,
    `call sub; r0 = r1; ${end}; sub: r6 = 5; ${end}`,
    `call sub; ${end}; sub: r0 = r6; exit`,
    `call sub; ${end}; sub: r0 = *(u64 *)(r10 + 8); exit`,
    `r6 = 0; call sub; ${end}; sub: call sub; ${end}`,
    `call sub; ${end}; sub: exit`,
  ],
});
