/**
 * Calls of functions of the kernel, arenas, and stores into the kernel's objects, judged by the checker and by the kernel.
 * @module
 */
import { describeAgreement, each } from "../testing-agreement.ts";

const end = "r0 = 0; exit";
const kernel = (name: string): string => `call kernel:${name}`;

/** Bits of 8 bytes on the stack, gone over. */
const bits = (body = "", from = "*(u64 *)(r10 - 8) = 5; r2 = r10; r2 += -8"): string =>
  `${from}; r1 = r10; r1 += -32; r3 = 1; ${kernel("bpf_iter_bits_new")};
   again: r1 = r10; r1 += -32; ${kernel("bpf_iter_bits_next")}; if r0 == 0 goto over; ${body} goto again;
   over: r1 = r10; r1 += -32; ${kernel("bpf_iter_bits_destroy")}; ${end}`;
const tuple = "*(u64 *)(r10 - 8) = 0; *(u64 *)(r10 - 16) = 0; *(u64 *)(r10 - 24) = 0";
/** Looks a connection up that a packet belongs to. */
const lookup = (what = "xdp_ct_lookup", sizes = [12, 16]): string =>
  `${tuple}; r2 = r10; r2 += -16; r3 = ${sizes[0]}; r4 = r10; r4 += -24; r5 = ${sizes[1]}; ${kernel(`bpf_${what}`)}`;
const there = "if r0 == 0 goto out; r6 = r0; r1 = r6";
const crypto = `r6 = r1; r1 = r10; r1 += -64; r2 = 64; r3 = r10; r3 += -72; *(u32 *)(r10 - 72) = 0`;
const clear = each([64, 56, 48, 40, 32, 24, 16, 8], (at) => `*(u64 *)(r10 - ${at}) = 0`).join("; ");
/** The first argument of a program that is made for a function. */
const first = "r6 = *(u64 *)(r1 + 0)";
const tcp = (code: string): string =>
  `struct_ops/tcp_congestion_ops.init: ${first}; ${code}; ${end}`;
const arena = "r8 = map[arena]; r1 = map[array][0]+0; r7 = *(u64 *)(r1 + 0)";
const cast = (to: number, from: number): string =>
  `${arena}; r7 = addr_space_cast(r7, ${to}, ${from})`;

/** Eight bytes behind what `r0` leads to, sent to a ring. */
const sent = "r1 = map[ring]; r2 = r0; r3 = 8; r4 = 0; call bpf_ringbuf_output";
const bytes = `r1 = 8; r2 = 0; ${kernel("bpf_rdonly_cast")}`;
const bad = "r1 = *(u64 *)(r9 + 0); r0 = 0; exit";

describeAgreement("functions of the kernel, by the checker and by the kernel", {
  "iterators over bits": [
    bits(),
    bits("r1 = *(u32 *)(r0 + 0);"),
    bits("r1 = *(u64 *)(r0 + 0);"),
    bits("*(u32 *)(r0 + 0) = 1;"),
    bits("", "r2 = 0"),
    bits("", "r2 = 7"),
    bits().replace(/over: .*destroy; /, "over: "),
    `r1 = r10; r1 += -32; ${kernel("bpf_iter_bits_next")}; ${end}`,
  ],
  "iterators over tasks": [
    ...each([0, 1], (asked) => {
      const enter = asked === 0 ? "" : `${kernel("bpf_rcu_read_lock")};`;
      const leave = asked === 0 ? "" : `${kernel("bpf_rcu_read_unlock")};`;
      return `syscall: ${enter} r1 = r10; r1 += -32; r2 = 0; r3 = 0; ${kernel("bpf_iter_task_new")};
        again: r1 = r10; r1 += -32; ${kernel("bpf_iter_task_next")}; if r0 == 0 goto over;
        r1 = *(u32 *)(r0 + 1000); goto again;
        over: r1 = r10; r1 += -32; ${kernel("bpf_iter_task_destroy")}; ${leave} ${end}`;
    }),
    `syscall: ${kernel("bpf_rcu_read_lock")}; r1 = r10; r1 += -32; r2 = 0; r3 = 0; ${kernel("bpf_iter_task_new")};
      ${kernel("bpf_rcu_read_unlock")}; r1 = r10; r1 += -32; ${kernel("bpf_iter_task_destroy")}; ${end}`,
  ],
  connections: [
    `${lookup()}; ${there}; ${kernel("bpf_ct_release")}; out: ${end}`,
    `${lookup()}; ${there}; out: ${end}`,
    `${lookup()}; r1 = r0; ${kernel("bpf_ct_release")}; ${end}`,
    `${lookup()}; ${there}; r1 += 8; ${kernel("bpf_ct_release")}; out: ${end}`,
    `${lookup("xdp_ct_lookup", [24, 16])}; ${end}`,
    `${lookup("xdp_ct_lookup", [12, 32])}; ${end}`,
    `${lookup("skb_ct_lookup")}; ${end}`,
    `sched_cls: ${lookup("skb_ct_lookup")}; ${there}; ${kernel("bpf_ct_release")}; out: ${end}`,
    `sched_act: ${lookup("skb_ct_lookup")}; ${there}; ${kernel("bpf_ct_release")}; out: ${end}`,
    `${lookup()}; ${there}; r2 = 1; ${kernel("bpf_ct_change_timeout")}; r1 = r6; ${kernel("bpf_ct_release")}; out: ${end}`,
    `${lookup()}; ${there}; r2 = 1; ${kernel("bpf_ct_set_timeout")}; r1 = r6; ${kernel("bpf_ct_release")}; out: ${end}`,
    `${lookup("xdp_ct_alloc")}; ${there}; r2 = 1; ${kernel("bpf_ct_set_timeout")}; r1 = r6;
      ${kernel("bpf_ct_insert_entry")}; if r0 == 0 goto out; r1 = r0; ${kernel("bpf_ct_release")}; out: ${end}`,
    `${lookup("xdp_ct_alloc")}; ${there}; ${kernel("bpf_ct_insert_entry")}; if r0 == 0 goto out; r1 = r6;
      ${kernel("bpf_ct_release")}; out: ${end}`,
    `${lookup("xdp_ct_alloc")}; ${there}; ${kernel("bpf_ct_release")}; out: ${end}`,
    ...each([0, 8, 16, 64, 300], (at) => {
      return `${lookup()}; ${there}; *(u32 *)(r6 + ${at}) = 1; r1 = r6; ${kernel("bpf_ct_release")}; out: ${end}`;
    }),
  ],
  "ciphers, made and given back": [
    `syscall: ${clear}; ${crypto}; ${kernel("bpf_crypto_ctx_create")}; ${there};
      ${kernel("bpf_crypto_ctx_release")}; out: ${end}`,
    `syscall: ${clear}; ${crypto}; ${kernel("bpf_crypto_ctx_create")}; ${end}`,
    `syscall: ${clear}; ${crypto.replace("r2 = 64", "r2 = 72")}; ${kernel("bpf_crypto_ctx_create")}; ${there};
      ${kernel("bpf_crypto_ctx_release")}; out: ${end}`,
    `sched_cls: ${clear}; ${crypto}; ${kernel("bpf_crypto_ctx_create")}; ${end}`,
  ],
  "contexts and what is behind them": [
    `${kernel("bpf_cast_to_kern_ctx")}; r1 = *(u64 *)(r0 + 0); ${end}`,
    `${kernel("bpf_cast_to_kern_ctx")}; *(u64 *)(r0 + 0) = 0; ${end}`,
    `r1 = r10; ${kernel("bpf_cast_to_kern_ctx")}; ${end}`,
    `sched_cls: ${kernel("bpf_cast_to_kern_ctx")}; r1 = *(u32 *)(r0 + 112); ${end}`,
    `sched_cls: ${kernel("bpf_cast_to_kern_ctx")}; r1 = *(u32 *)(r0 + 11200); ${end}`,
    `r6 = r1; r1 = 8; r2 = 0; ${kernel("bpf_rdonly_cast")}; r1 = *(u64 *)(r0 + 4096); ${end}`,
    `r6 = r1; r1 = 8; r2 = 0; ${kernel("bpf_rdonly_cast")}; *(u64 *)(r0 + 0) = 1; ${end}`,
    `r6 = r1; r1 = 8; r2 = 1; ${kernel("bpf_rdonly_cast")}; ${end}`,
    `r6 = r1; r1 = 8; r2 = *(u32 *)(r6 + 16); ${kernel("bpf_rdonly_cast")}; ${end}`,
    `r6 = r1; r1 = 8; r2 = 100000000; ${kernel("bpf_rdonly_cast")}; ${end}`,
  ],
  "what is only read with care": [
    `raw_tracepoint: ${bytes}; ${sent}; ${end}`,
    `raw_tracepoint: call bpf_get_current_task_btf; ${sent}; ${end}`,
    `raw_tracepoint: call bpf_get_current_task_btf; r0 += 16; ${sent}; ${end}`,
    `raw_tracepoint: call bpf_get_current_task_btf; ${sent.replace("r3 = 8", "r3 = 0")}; ${end}`,
    `raw_tracepoint: call bpf_get_current_task_btf; r2 = r0; r2 += 16; r1 = *(u64 *)(r2 + 0); ${end}`,
    `raw_tracepoint: r1 = map[array]; r0 = r1; ${sent}; ${end}`,
    `${bytes}; r0 += 8; r1 = *(u8 *)(r0 - 9); ${end}`,
    `r6 = *(u32 *)(r1 + 16); ${bytes}; r0 += r6; r1 = *(u8 *)(r0 + 0); ${end}`,
    `${bytes}; lock *(u64 *)(r0 + 0) += r0; ${end}`,
    `${bytes}; if r0 == 0 goto bad; ${end}; bad: ${bad}`,
    `${bytes}; if r0 != 0 goto bad; ${end}; bad: ${bad}`,
    `syscall: ${bytes}; r1 = r0; r2 = 8; r3 = 0; r4 = 0; ${kernel("bpf_copy_from_user_str")}; ${end}`,
    `sched_cls: ${kernel("bpf_cast_to_kern_ctx")}; ${sent}; ${end}`,
  ],
  "what may be null, and what may not": [
    `sched_cls: r1 = 0; ${kernel("bpf_task_release")}; ${end}`,
    `sched_cls: r1 = 1; ${kernel("bpf_task_from_pid")}; if r0 == 0 goto out; r1 = r0; ${kernel("bpf_task_release")}; out: ${end}`,
    `sched_cls: r1 = 1; ${kernel("bpf_task_from_pid")}; r1 = r0; ${kernel("bpf_task_release")}; ${end}`,
    `syscall: r1 = r10; r1 += -8; r2 = 8; r3 = 0; r4 = 0; ${kernel("bpf_copy_from_user_str")}; ${end}`,
    `syscall: r1 = r10; r1 += -8; r2 = 9; r3 = 0; r4 = 0; ${kernel("bpf_copy_from_user_str")}; ${end}`,
    `syscall: r1 = 0; r2 = 0; r3 = 0; r4 = 0; ${kernel("bpf_copy_from_user_str")}; ${end}`,
    `syscall: r1 = 0; r2 = 8; r3 = 0; r4 = 0; ${kernel("bpf_copy_from_user_str")}; ${end}`,
    `xdp: r1 = r10; r1 += -8; r2 = 8; r3 = 0; r4 = 0; ${kernel("bpf_copy_from_user_str")}; ${end}`,
    `syscall: ${kernel("bpf_rcu_read_lock")}; r1 = r10; r1 += -8; r2 = 8; r3 = 0; r4 = 0;
      ${kernel("bpf_copy_from_user_str")}; ${kernel("bpf_rcu_read_unlock")}; ${end}`,
  ],
  "no bytes at all": each([0, -1, -512, -513, 1], (at) => {
    return `r1 = map[ring]; r2 = r10; r2 += ${at}; r3 = 0; r4 = 0; call bpf_ringbuf_output; ${end}`;
  }),
  "maps of programs that may sleep": each(
    ["array", "counts", "ring", "sent", "devices", "processors", "programs", "arena"],
    (name) => `syscall: r1 = map[${name}]; ${end}`,
  ),
  "rounds of a loop, which are a number": [
    `r1 = 4; r2 = subprog[sub]; r3 = 0; r4 = 0; call bpf_loop; ${end}; sub: ${end}`,
    `r2 = subprog[sub]; r3 = 0; r4 = 0; call bpf_loop; ${end}; sub: ${end}`,
  ],
  "what programs return": [
    ...each([-1, 0, 1, 2], (result) => `tracing/trace_iter(task): r0 = ${result}; exit`),
    ...each([-1, 0, 1, 2], (result) => `tracing/trace_raw_tp(sched_switch): r0 = ${result}; exit`),
    ...each([-1, 0, 1, 2], (result) => `kprobe/trace_kprobe_session: r0 = ${result}; exit`),
    ...each([-1, 0, 1, 2], (result) => `kprobe: r0 = ${result}; exit`),
  ],
  "what only some programs have": [
    `kprobe/trace_kprobe_session: ${kernel("bpf_session_cookie")}; *(u64 *)(r0 + 0) = 1; ${end}`,
    `kprobe/trace_kprobe_session: ${kernel("bpf_session_cookie")}; *(u64 *)(r0 + 8) = 1; ${end}`,
    `kprobe: ${kernel("bpf_session_cookie")}; ${end}`,
    `r2 = r10; r2 += -8; ${kernel("bpf_xdp_metadata_rx_timestamp")}; ${end}`,
    `tracing/trace_iter(tcp): r6 = *(u64 *)(r1 + 8); if r6 == 0 goto out; r1 = r6; ${kernel("bpf_sock_destroy")}; out: ${end}`,
    `tracing/trace_iter(tcp): r1 = *(u64 *)(r1 + 8); ${kernel("bpf_sock_destroy")}; ${end}`,
  ],
});

describeAgreement("sockets of TCP, by the checker and by the kernel", {
  "functions of TCP": [
    tcp(`r1 = r6; ${kernel("tcp_reno_undo_cwnd")}`),
    tcp(`r1 = r6; r2 = 1; ${kernel("tcp_slow_start")}`),
    tcp(`r1 = r10; ${kernel("tcp_reno_undo_cwnd")}`),
    tcp(`r1 = 0; ${kernel("tcp_reno_undo_cwnd")}`),
    tcp(`r1 = r6; r1 += 8; ${kernel("tcp_reno_undo_cwnd")}`),
    tcp(`r1 = r6; r2 = r10; ${kernel("tcp_slow_start")}`),
  ],
  "members that are written": ["u8", "u16", "u32", "u64"].flatMap((size) => {
    const bytes = Number(size.slice(1)) / 8;
    const places = Array.from({ length: Math.floor(2200 / 4) }, (_, index) => index * 4);
    return each(
      places.filter((at) => at % bytes === 0),
      (at) => tcp(`*(${size} *)(r6 + ${at}) = 0`),
    );
  }),
});

describeAgreement("arenas, by the checker and by the kernel", {
  "addresses of an arena": [
    `${cast(0, 1)}; r0 = *(u64 *)(r7 + 0); ${end}`,
    `${cast(0, 1)}; r0 = *(u64 *)(r7 + 32000); ${end}`,
    `${cast(0, 1)}; r0 = 5; r7 += r0; r7 *= 8; *(u8 *)(r7 + 1) = 1; ${end}`,
    `${cast(0, 1)}; r7 += 8; lock *(u64 *)(r7 + 0) += r7; ${end}`,
    `${cast(0, 1)}; lock *(u64 *)(r7 + 1) += r7; ${end}`,
    `${cast(1, 0)}; r0 = *(u64 *)(r7 + 0); ${end}`,
    `${cast(1, 0)}; r1 = map[array][0]+0; *(u64 *)(r1 + 0) = r7; ${end}`,
    `${cast(1, 1)}; ${end}`,
    `${cast(2, 0)}; ${end}`,
    `r7 = 0; r7 = addr_space_cast(r7, 0, 1); ${end}`,
    `${arena}; r0 = *(u64 *)(r7 + 0); ${end}`,
    `r7 = map[arena][0]+0; r0 = *(u64 *)(r7 + 0); ${end}`,
    `${cast(0, 1)}; *(u64 *)(r10 - 8) = r7; r7 = *(u64 *)(r10 - 8); *(u64 *)(r7 + 0) = 1; ${end}`,
    `${cast(0, 1)}; if r7 == 0 goto out; *(u64 *)(r7 + 0) = 1; out: ${end}`,
    `raw_tracepoint: ${cast(0, 1)}; r1 = r7; r2 = 8; r3 = 0; call bpf_probe_read_kernel; ${end}`,
  ],
  "pages of an arena": [
    `syscall: r1 = map[arena]; r2 = 0; r3 = 1; r4 = -1; r5 = 0; ${kernel("bpf_arena_alloc_pages")};
      r0 = addr_space_cast(r0, 0, 1); *(u64 *)(r0 + 0) = 1; ${end}`,
    `syscall: r1 = map[arena]; r2 = 0; r3 = 1; r4 = -1; r5 = 0; ${kernel("bpf_arena_alloc_pages")}; *(u64 *)(r0 + 0) = 1; ${end}`,
    `syscall: r1 = 0; r2 = 0; r3 = 1; r4 = -1; r5 = 0; ${kernel("bpf_arena_alloc_pages")}; ${end}`,
    `syscall: r1 = r10; r2 = 0; r3 = 1; r4 = -1; r5 = 0; ${kernel("bpf_arena_alloc_pages")}; ${end}`,
    `r1 = map[arena]; r2 = 0; r3 = 1; r4 = -1; r5 = 0; ${kernel("bpf_arena_alloc_pages")}; ${end}`,
    `syscall: r1 = map[arena]; r2 = 0; r3 = 1; ${kernel("bpf_arena_free_pages")}; ${end}`,
  ],
});
