/**
 * Dynamic pointers and their slices, judged by the checker and by the kernel.
 * @module
 */
import { describeAgreement, each } from "../testing-agreement.ts";

const end = "r0 = 0; exit";
/** A dynamic pointer at -16, to 64 bytes of a map. */
const local = `r1 = map[array][0]+0; r2 = 64; r3 = 0; r4 = r10; r4 += -16; call bpf_dynptr_from_mem`;
/** One to a record of so many bytes, which must be given back. */
const record = (size: number | string, at = -16): string =>
  `r1 = map[ring]; r2 = ${size}; r3 = 0; r4 = r10; r4 += ${at}; call bpf_ringbuf_reserve_dynptr`;
const give = (how = "submit", at = -16): string =>
  `r1 = r10; r1 += ${at}; r2 = 0; call bpf_ringbuf_${how}_dynptr`;
const data = (size: number | string, at = -16): string =>
  `r1 = r10; r1 += ${at}; r2 = 0; r3 = ${size}; call bpf_dynptr_data`;
const slice = (size: number, how = "", buffer = "r3 = r10; r3 += -64"): string =>
  `r1 = r10; r1 += -16; r2 = 0; ${buffer}; r4 = ${size}; call kernel:bpf_dynptr_slice${how}`;
const from = (what: string): string =>
  `r6 = r1; r2 = 0; r3 = r10; r3 += -16; call kernel:bpf_dynptr_from_${what}`;
const clone = "r1 = r10; r1 += -16; r2 = r10; r2 += -32; call kernel:bpf_dynptr_clone";

describeAgreement("dynamic pointers, by the checker and by the kernel", {
  "made of a map's value": [
    `${local}; ${end}`,
    ...each([-8, -12, -512, -520, 0], (at) => `${local.replace("-16", String(at))}; ${end}`),
    ...each([0, 64, 65], (size) => `${local.replace("r2 = 64", `r2 = ${size}`)}; ${end}`),
    `r6 = *(u32 *)(r1 + 16); ${local.replace("r2 = 64", "r2 = r6")}; ${end}`,
    `r1 = r10; r1 += -64; r2 = 8; r3 = 0; r4 = r10; r4 += -16; call bpf_dynptr_from_mem; ${end}`,
    `${local}; ${local}; ${end}`,
    `${local}; ${local.replace("-16", "-24")}; ${end}`,
    `${local}; r0 = *(u64 *)(r10 - 16); ${end}`,
    `${local}; r0 = *(u64 *)(r10 - 8); ${end}`,
    `${local}; *(u64 *)(r10 - 16) = 0; ${end}`,
    `${local}; *(u8 *)(r10 - 1) = 0; r0 = *(u64 *)(r10 - 16); ${end}`,
    `${local}; r1 = r10; r1 += -24; r2 = 16; r3 = 0; r4 = r10; r4 += -48; r5 = 0; ${end}`,
    `raw_tracepoint: ${local}; r1 = r10; r1 += -24; r2 = 16; r3 = 0; call bpf_probe_read_kernel; ${end}`,
    `raw_tracepoint: r6 = r1; ${local}; r1 = r6; r2 = map[array]; r3 = 0; r4 = r10; r4 += -16; r5 = 8;
      call bpf_perf_event_output; ${end}`,
    `r6 = *(u32 *)(r1 + 16); ${local}; r6 &= 8; r2 = r10; r2 += -24; r2 += r6; *(u64 *)(r2 + 0) = 0; ${end}`,
  ],
  "their memory": [
    ...each([0, 7, 8, -8], (at) => {
      const place = Number(at) < 0 ? `- ${-Number(at)}` : `+ ${at}`;
      return `${local}; ${data(8)}; if r0 == 0 goto out; *(u8 *)(r0 ${place}) = 1; out: ${end}`;
    }),
    `${local}; ${data(8)}; *(u8 *)(r0 + 0) = 1; ${end}`,
    `${local}; ${data(0)}; if r0 == 0 goto out; *(u8 *)(r0 + 0) = 1; out: ${end}`,
    `r6 = *(u32 *)(r1 + 16); ${local}; ${data("r6")}; ${end}`,
    `${local}; ${data(8, -24)}; ${end}`,
    `${local}; ${data(8, -8)}; ${end}`,
    `${data(8)}; ${end}`,
    `r6 = *(u32 *)(r1 + 16); r6 &= 15; ${local}; ${data(16)}; if r0 == 0 goto out; r0 += r6; r0 = *(u8 *)(r0 + 0);
      out: ${end}`,
    `r6 = *(u32 *)(r1 + 16); r6 &= 31; ${local}; ${data(16)}; if r0 == 0 goto out; r0 += r6; r0 = *(u8 *)(r0 + 0);
      out: ${end}`,
    `${local}; ${data(8)}; if r0 == 0 goto out; r7 = r0; *(u64 *)(r10 - 16) = 0; r0 = *(u8 *)(r7 + 0); out: ${end}`,
    `${local}; ${data(8)}; if r0 == 0 goto out; r7 = r0; *(u8 *)(r10 - 3) = 0; r0 = *(u8 *)(r7 + 0); out: ${end}`,
    `${local}; ${data(8)}; if r0 == 0 goto out; r7 = r0; ${local}; r0 = *(u8 *)(r7 + 0); out: ${end}`,
    `${local}; ${data(8)}; if r0 == 0 goto out; r7 = r0; ${local.replace("-16", "-32")}; r0 = *(u8 *)(r7 + 0); out: ${end}`,
    `${local}; ${data(8)}; if r0 == 0 goto out; *(u64 *)(r10 - 24) = r0; *(u64 *)(r10 - 8) = 0;
      r7 = *(u64 *)(r10 - 24); r0 = *(u8 *)(r7 + 0); out: ${end}`,
  ],
  "read and written": [
    `${local}; r1 = r10; r1 += -64; r2 = 8; r3 = r10; r3 += -16; r4 = 0; r5 = 0; call bpf_dynptr_read; ${end}`,
    `${local}; r1 = r10; r1 += -20; r2 = 8; r3 = r10; r3 += -16; r4 = 0; r5 = 0; call bpf_dynptr_read; ${end}`,
    `${local}; r1 = r10; r1 += -4; r2 = 8; r3 = r10; r3 += -16; r4 = 0; r5 = 0; call bpf_dynptr_read; ${end}`,
    `r1 = r10; r1 += -64; r2 = 8; r3 = r10; r3 += -16; r4 = 0; r5 = 0; call bpf_dynptr_read; ${end}`,
    `${local}; r1 = r10; r1 += -16; r2 = 0; r3 = r10; r3 += -64; r4 = 8; r5 = 0; call bpf_dynptr_write; ${end}`,
    `${local}; r1 = r10; r1 += -16; r2 = 0; r3 = r10; r3 += -24; r4 = 16; r5 = 0; call bpf_dynptr_write; ${end}`,
    `${local}; r1 = r10; r1 += -24; r2 = 0; r3 = r10; r3 += -64; r4 = 8; r5 = 0; call bpf_dynptr_write; ${end}`,
  ],
  records: [
    `${record(8)}; ${give()}; ${end}`,
    `${record(8)}; ${give("discard")}; ${end}`,
    `r6 = *(u32 *)(r1 + 16); ${record("r6")}; ${give()}; ${end}`,
    `${record(8)}; ${end}`,
    `${record(8)}; ${give()}; ${give()}; ${end}`,
    `${give()}; ${end}`,
    `${local}; ${give()}; ${end}`,
    `${record(8)}; *(u64 *)(r10 - 16) = 0; ${give()}; ${end}`,
    `${record(8)}; *(u64 *)(r10 - 16) = 0; ${end}`,
    `${record(8)}; ${record(8)}; ${give()}; ${end}`,
    `${record(8)}; ${record(8, -32)}; ${give()}; ${end}`,
    `${record(8)}; ${record(8, -32)}; ${give()}; ${give("submit", -32)}; ${end}`,
    `${record(8)}; ${data(8)}; if r0 == 0 goto out; *(u64 *)(r0 + 0) = 1; out: ${give()}; ${end}`,
    `${record(8)}; ${data(8)}; if r0 == 0 goto out; *(u64 *)(r0 + 8) = 1; out: ${give()}; ${end}`,
    `${record(8)}; ${data(8)}; r7 = r0; ${give()}; if r7 == 0 goto out; *(u64 *)(r7 + 0) = 1; out: ${end}`,
    `${record(8)}; ${data(8)}; if r0 == 0 goto out; r7 = r0; ${give()}; *(u64 *)(r7 + 0) = 1; exit; out: ${give()}; ${end}`,
    `${record(8)}; if r0 != 0 goto out; ${give()}; out: ${end}`,
    `r1 = r10; call sub; ${end}; sub: ${record(8)}; ${end}`,
    `r1 = map[ring]; r2 = 8; r3 = 0; call bpf_ringbuf_reserve; if r0 == 0 goto out; r1 = r0; r2 = 0;
      call bpf_ringbuf_submit_dynptr; out: ${end}`,
  ],
  clones: [
    `${local}; ${clone}; ${end}`,
    `${clone}; ${end}`,
    `${local}; ${clone}; ${data(8, -32)}; if r0 == 0 goto out; r7 = r0; *(u64 *)(r10 - 16) = 0; r0 = *(u8 *)(r7 + 0);
      out: ${end}`,
    `${local}; ${clone}; ${data(8, -16)}; if r0 == 0 goto out; r7 = r0; *(u64 *)(r10 - 16) = 0; r0 = *(u8 *)(r7 + 0);
      out: ${end}`,
    `${record(8)}; ${clone}; ${give()}; ${end}`,
    `${record(8)}; ${clone}; ${give("submit", -32)}; ${end}`,
    `${record(8)}; ${clone}; ${end}`,
    `${record(8)}; ${clone}; ${give()}; ${give("submit", -32)}; ${end}`,
    `${record(8)}; ${clone}; ${give()}; ${data(8, -32)}; ${end}`,
    `${record(8)}; ${clone}; ${data(8, -32)}; r7 = r0; ${give()}; if r7 == 0 goto out; r0 = *(u8 *)(r7 + 0); out: ${end}`,
    `${local}; r1 = r10; r1 += -16; r2 = r10; r2 += -24; call kernel:bpf_dynptr_clone; ${end}`,
  ],
  "slices of packets": [
    ...each([7, 8, 16], (at) => {
      return `sched_cls: ${from("skb")}; ${slice(8)}; if r0 == 0 goto out; r0 = *(u8 *)(r0 + ${at}); out: ${end}`;
    }),
    `sched_cls: ${from("skb")}; ${slice(8)}; if r0 == 0 goto out; *(u8 *)(r0 + 0) = 1; out: ${end}`,
    `sched_cls: ${from("skb")}; ${slice(8, "_rdwr")}; if r0 == 0 goto out; *(u8 *)(r0 + 0) = 1; out: ${end}`,
    `cgroup_skb: ${from("skb")}; ${slice(8, "_rdwr")}; if r0 == 0 goto out; *(u8 *)(r0 + 0) = 1; out: ${end}`,
    `cgroup_skb: ${from("skb")}; ${slice(8)}; if r0 == 0 goto out; r1 = *(u8 *)(r0 + 0); out: ${end}`,
    `socket_filter: ${from("skb")}; ${slice(8)}; if r0 == 0 goto out; r1 = *(u8 *)(r0 + 0); out: ${end}`,
    `${from("skb")}; ${end}`,
    `raw_tracepoint: ${from("skb")}; ${end}`,
    `sched_cls: ${from("xdp")}; ${end}`,
    `sched_cls: ${from("skb_meta")}; ${end}`,
    `cgroup_skb: ${from("skb_meta")}; ${end}`,
    `sched_cls: ${from("skb").replace("r6 = r1", "r6 = r1; r1 = r10")}; ${end}`,
    `${from("xdp")}; ${slice(8)}; r0 = *(u8 *)(r0 + 0); ${end}`,
    `${from("xdp")}; ${slice(8, "", "r3 = 0")}; if r0 == 0 goto out; r0 = *(u8 *)(r0 + 0); out: ${end}`,
    `${from("xdp")}; ${slice(8, "", "r3 = r10; r3 += -4")}; ${end}`,
    `${from("xdp")}; ${slice(8, "", "r3 = r10; r3 += -16")}; ${end}`,
    `${from("xdp")}; ${slice(8, "", "r3 = 7")}; ${end}`,
    `r7 = *(u32 *)(r1 + 16); ${from("xdp")}; ${slice(8).replace("r4 = 8", "r4 = r7")}; ${end}`,
    `${from("xdp")}; ${slice(8)}; if r0 == 0 goto out; r7 = r0; r1 = r6; r2 = 0; call bpf_xdp_adjust_head;
      r0 = *(u8 *)(r7 + 0); out: ${end}`,
    `${from("xdp")}; r1 = r6; r2 = 0; call bpf_xdp_adjust_head; ${slice(8)}; if r0 == 0 goto out;
      r0 = *(u8 *)(r0 + 0); out: ${end}`,
    `sched_cls: ${from("skb")}; ${slice(8)}; if r0 == 0 goto out; r7 = r0; r1 = r10; r1 += -16; r2 = 0; r3 = r10;
      r3 += -64; r4 = 8; r5 = 0; call bpf_dynptr_write; r0 = *(u8 *)(r7 + 0); out: ${end}`,
    `${from("xdp")}; ${slice(8)}; if r0 == 0 goto out; r7 = r0; r1 = r10; r1 += -16; r2 = 0; r3 = r10; r3 += -64;
      r4 = 8; r5 = 0; call bpf_dynptr_write; r0 = *(u8 *)(r7 + 0); out: ${end}`,
    `sched_cls: ${from("skb")}; ${data(8)}; if r0 == 0 goto out; r0 = *(u8 *)(r0 + 0); out: ${end}`,
    `sched_cls: r8 = *(u32 *)(r1 + 76); r9 = *(u32 *)(r1 + 80); r7 = r8; r7 += 8; if r7 > r9 goto out; ${from("skb")};
      r1 = r10; r1 += -16; r2 = 0; r3 = r10; r3 += -64; r4 = 8; r5 = 0; call bpf_dynptr_write; r0 = *(u8 *)(r8 + 0);
      out: ${end}`,
    `${from("xdp")}; r1 = r10; r1 += -16; r2 = 2; r3 = 8; call kernel:bpf_dynptr_adjust; ${end}`,
    `${from("xdp")}; r1 = r10; r1 += -16; call kernel:bpf_dynptr_size; ${end}`,
    `${from("xdp")}; r1 = r10; r1 += -16; call kernel:bpf_dynptr_is_null; ${end}`,
    `${from("xdp")}; r1 = r10; r1 += -8; call kernel:bpf_dynptr_is_null; ${end}`,
    `${from("xdp")}; r1 = r6; call kernel:bpf_dynptr_is_rdonly; ${end}`,
    `${from("xdp")}; ${give()}; ${end}`,
    `raw_tracepoint: ${local}; ${slice(8, "_rdwr")}; ${end}`,
    `raw_tracepoint: ${local}; ${slice(8)}; if r0 == 0 goto out; r0 = *(u8 *)(r0 + 7); out: ${end}`,
  ],
});
