import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parseBtf } from "../../../btf/btf.ts";
import { BtfBuilder } from "../../../btf/testing-builder.ts";
import type { CheckedProgram } from "../program.ts";
import { checkLine, type Expected } from "../testing-lines.ts";
import { kfuncNames, kfuncRule, mayCallKfunc } from "./rules.ts";

/** A kernel with few functions: a connection has its mark at 8, a socket of TCP begins with a plain one. */
function buildKernel(): Uint8Array {
  const builder = new BtfBuilder();
  const int = builder.int("int", 4, 1);
  const long = builder.int("long", 8, 1);
  const nothing = builder.ptr(0);
  const struct = (name: string, more = 0): number =>
    builder.struct(name, 16 + more, [
      ["next", nothing, 0],
      ["mark", int, 64],
    ]);
  const [task, connection, fresh] = ["task_struct", "nf_conn", "nf_conn___init"].map((name) =>
    builder.ptr(struct(name)),
  );
  const sock = struct("sock");
  const options = builder.ptr(builder.struct("options", 8, [["error", int, 0]]));
  const bits = builder.ptr(builder.struct("bpf_iter_bits", 16, [["x", long, 0]]));
  const tcp = builder.struct("tcp_sock", 128, [
    ["sk", sock, 0],
    ["snd_cwnd", int, 256],
    ["icsk_ca_priv", builder.array(long, 4), 320],
  ]);
  const frame = struct("xdp_buff");
  builder.struct("bpf_ctx_convert", 8, [["BPF_PROG_TYPE_XDP_kern", frame, 0]]);
  const context = builder.ptr(struct("xdp_md"));
  const init = builder.ptr(builder.proto(0, [["sk", builder.ptr(sock)]]));
  builder.struct("tcp_congestion_ops", 8, [["init", init, 0]]);
  const func = (name: string, returns: number, parameters: [string, number][]): void => {
    builder.func(name, builder.proto(returns, parameters), 1);
  };
  const given: [string, number][] = [
    ["ctx", context],
    ["opts", options],
    ["opts__sz", int],
  ];
  func("bpf_task_from_pid", task!, [["pid", int]]);
  func("bpf_task_acquire", task!, [["p", task!]]);
  func("bpf_task_release", 0, [["p", task!]]);
  func("bpf_xdp_ct_lookup", connection!, given);
  func("bpf_xdp_ct_alloc", fresh!, given);
  func("bpf_ct_insert_entry", connection!, [["nfct_i", fresh!]]);
  func("bpf_ct_release", 0, [["nfct", connection!]]);
  func("bpf_iter_bits_new", int, [
    ["it", bits],
    ["unsafe_ptr__ign", nothing],
    ["words", int],
  ]);
  func("bpf_iter_bits_next", builder.ptr(int), [["it", bits]]);
  func("bpf_iter_bits_destroy", 0, [["it", bits]]);
  func("bpf_cast_to_kern_ctx", nothing, [["obj", nothing]]);
  func("bpf_rdonly_cast", nothing, [
    ["obj__ign", nothing],
    ["btf_id__k", int],
  ]);
  func("bpf_copy_from_user_str", int, [
    ["dst", nothing],
    ["dst__sz", int],
    ["from__ign", nothing],
  ]);
  func("bpf_session_cookie", builder.ptr(long), []);
  func("bpf_xdp_metadata_rx_hash", int, [["ctx", context]]);
  func("bpf_wq_start", int, [["wq", builder.ptr(struct("bpf_wq"))]]);
  func("tcp_reno_undo_cwnd", int, [["sk", builder.ptr(sock)]]);
  func("tcp_slow_start", int, [
    ["tp", builder.ptr(tcp)],
    ["acked", int],
  ]);
  func("bpf_obj_new_impl", nothing, [
    ["local_type_id__k", long],
    ["meta__ign", nothing],
  ]);
  func("of_somebody_else", int, []);
  return builder.build();
}

const kernelTypes = parseBtf(buildKernel());
const end = "r0 = 0; exit";
const call = (name: string): string => `call kernel:${name}`;

function check(line: string, expected: Expected, more: Partial<CheckedProgram> = {}): void {
  checkLine(`${line}; out: ${end}`, expected, { kernelTypes, ...more });
}

describe("functions of the kernel", () => {
  it("are for some programs only", () => {
    const from = `r1 = 1; ${call("bpf_task_from_pid")}; if r0 == 0 goto out; r1 = r0; ${call("bpf_task_release")}`;
    check(`sched_cls: ${from}`, "accepted");
    check(`sched_act: ${from}`, /calling kernel function bpf_task_from_pid is not allowed/);
    check(`sched_cls: ${from}`, /non-GPL compatible program/, { license: "MIT" });
    const cookie = `${call("bpf_session_cookie")}; *(u64 *)(r0 + 0) = 1`;
    check(`kprobe/trace_kprobe_session: ${cookie}`, "accepted");
    check(`kprobe: ${cookie}`, /bpf_session_cookie is not allowed/);
    check(
      `kprobe/trace_kprobe_session: ${cookie.replace("+ 0", "+ 8")}`,
      /mem_size=8 off=8 size=8/,
    );
    check(call("bpf_xdp_metadata_rx_hash"), /require device-bound program/);
  });

  it("that sleep are for programs that do", () => {
    const copy = `r1 = r10; r1 += -8; r2 = 8; r3 = 0; ${call("bpf_copy_from_user_str")}`;
    check(`syscall: ${copy}`, "accepted");
    check(`syscall: ${copy.replace("r2 = 8", "r2 = 9")}`, /off=-8 size=9/);
    check(`xdp: ${copy}`, /must be sleepable to call sleepable kfunc/);
  });

  it("give references, and take them back", () => {
    const lookup = (what: string): string =>
      `*(u64 *)(r10 - 8) = 0; r2 = r10; r2 += -8; r3 = 8; ${call(what)}; if r0 == 0 goto out; r6 = r0; r1 = r6`;
    const release = call("bpf_ct_release");
    check(`${lookup("bpf_xdp_ct_lookup")}; ${release}`, "accepted");
    check(lookup("bpf_xdp_ct_lookup"), /Unreleased reference/);
    check(
      `${lookup("bpf_xdp_ct_lookup")}; ${release}; r1 = *(u64 *)(r6 + 0)`,
      /R6 invalid mem access 'scalar'/,
    );
    check(
      `${lookup("bpf_xdp_ct_lookup")}; r1 += 8; ${release}`,
      /zero offset when passed to release func/,
    );
    check(`r1 = 0; ${release}`, /Possibly NULL pointer passed to trusted arg0/);
    check(
      `${lookup("bpf_xdp_ct_alloc")}; ${release}`,
      /expected pointer to STRUCT nf_conn but R1 has/,
    );
    check(
      `${lookup("bpf_xdp_ct_lookup")}; r2 = 9; r3 = 0; ${release.replace("release", "insert_entry")}`,
      /STRUCT nf_conn___init but R1 has/,
    );
    check(
      `${lookup("bpf_xdp_ct_alloc")}; ${call("bpf_ct_insert_entry")}; if r0 == 0 goto out; r1 = r0; ${release}`,
      "accepted",
    );
  });

  it("take what is trusted", () => {
    const first = "struct_ops/tcp_congestion_ops.init: r6 = *(u64 *)(r1 + 0); r1 = r6";
    check(`${first}; ${call("tcp_reno_undo_cwnd")}`, "accepted");
    check(`${first}; r2 = 1; ${call("tcp_slow_start")}`, "accepted");
    check(`${first}; r2 = r10; ${call("tcp_slow_start")}`, /R2 is not a scalar/);
    check(
      `${first}; r1 = r10; ${call("tcp_reno_undo_cwnd")}`,
      /must point to scalar, or struct with scalar/,
    );
    check(
      `sched_cls: r1 = 1; ${call("bpf_task_from_pid")}; r1 = r0; ${call("bpf_task_release")}`,
      /Possibly NULL/,
    );
  });

  it("take no object of the program for one of the kernel", () => {
    const { id } = kernelTypes.typeByName("task_struct", "struct");
    const make = `r1 = ${id}; r2 = 0; ${call("bpf_obj_new_impl")}; if r0 == 0 goto out; r6 = r0; r1 = r6`;
    check(
      `sched_cls: ${make}; ${call("bpf_task_release")}`,
      /expected pointer to STRUCT task_struct but R1 has/,
      { types: kernelTypes },
    );
  });

  it("that are not known leave programs undecided", () => {
    assert.throws(() => check(`r1 = r10; ${call("of_somebody_else")}`, "accepted"), /undecided/);
  });

  it("have rules that name none twice", () => {
    const names = kfuncNames();
    assert.ok(names.length > 150);
    assert.equal(kfuncRule("bpf_no_such"), undefined);
    assert.equal(mayCallKfunc({ type: "tracing" }, kfuncRule("bpf_sock_destroy")!), false);
    assert.equal(
      mayCallKfunc(
        { type: "tracing", expectedAttachType: "trace_iter" },
        kfuncRule("bpf_sock_destroy")!,
      ),
      true,
    );
  });
});

describe("results", () => {
  it("are 0 or 1 where somebody acts on them", () => {
    for (const [result, expected] of [
      [1, "accepted"],
      [2, /should have been in \[0, 1\]/],
    ] as const) {
      checkLine(`kprobe/trace_kprobe_session: r0 = ${result}; exit`, expected);
      checkLine(`tracing/trace_iter: r0 = ${result}; exit`, expected);
      checkLine(`kprobe: r0 = ${result}; exit`, "accepted");
    }
  });

  it("are 0 where a function begins or ends", () => {
    checkLine("tracing/trace_fentry: r0 = 0; exit", "accepted");
    checkLine("tracing/trace_fexit: r0 = 1; exit", /should have been in \[0, 0\]/);
  });
});

describe("iterators over what is not a number", () => {
  const bits = (body: string): string =>
    `r1 = r10; r1 += -16; r2 = 7; r3 = 1; ${call("bpf_iter_bits_new")};
     again: r1 = r10; r1 += -16; ${call("bpf_iter_bits_next")}; if r0 == 0 goto over; ${body}; goto again;
     over: r1 = r10; r1 += -16; ${call("bpf_iter_bits_destroy")}`;

  it("give what their type says, to be read", () => {
    check(bits("r1 = *(u32 *)(r0 + 0)"), "accepted");
    check(bits("r1 = *(u64 *)(r0 + 0)"), /mem_size=4 off=0 size=8/);
    check(bits("*(u32 *)(r0 + 0) = 1"), /R0 cannot write into rdonly_mem/);
    check(
      `r1 = r10; r1 += -16; ${call("bpf_iter_bits_next")}`,
      /expected an initialized iter_bits/,
    );
  });
});

describe("addresses taken for others", () => {
  it("are the kernel's context", () => {
    check(`${call("bpf_cast_to_kern_ctx")}; r1 = *(u64 *)(r0 + 0)`, "accepted");
    check(
      `${call("bpf_cast_to_kern_ctx")}; r1 = *(u64 *)(r0 + 16)`,
      /access beyond struct xdp_buff/,
    );
    check(`r1 = r10; ${call("bpf_cast_to_kern_ctx")}`, /expected pointer to ctx, but got fp/);
  });

  it("are read with care", () => {
    const { id } = kernelTypes.typeByName("task_struct", "struct");
    const cast = (type: number | string): string =>
      `r1 = 8; r2 = ${type}; ${call("bpf_rdonly_cast")}`;
    check(`${cast(0)}; r1 = *(u64 *)(r0 + 4096)`, "accepted");
    check(`${cast(0)}; *(u64 *)(r0 + 0) = 1`, /cannot write into rdonly_mem/);
    const send = "r1 = map[ring]; r2 = r0; r3 = 8; r4 = 0; call bpf_ringbuf_output";
    check(`${cast(0)}; ${send}`, /R2 type=rdonly_mem expected=/);
    check(`${cast(id)}; ${send}`, /R2 type=untrusted_ptr_task_struct expected=/);
    check(`${call("bpf_cast_to_kern_ctx")}; ${send}`, "accepted");
    const none = send.replace("r3 = 8", "r3 = 0");
    check(`${call("bpf_cast_to_kern_ctx")}; ${none}`, /no bytes at offset 0/);
    check(`${cast(0)}; if r0 != 0 goto out; r1 = *(u64 *)(r9 + 0)`, /R9 !read_ok/);
    const frame = kernelTypes.typeByName("nf_conn", "struct").id;
    check(`${cast(frame)}; *(u32 *)(r0 + 8) = 1`, /only read is supported/);
    check(`${cast(id)}; r1 = *(u32 *)(r0 + 8)`, "accepted");
    check(`${cast(id)}; r1 = r0; ${call("bpf_task_acquire")}`, /not allowed|must be a rcu pointer/);
    check(cast(1), /must be of a struct or void/);
    check(cast(100_000), /Unknown type ID 100000/);
    check(
      `r6 = *(u32 *)(r1 + 16); r1 = 8; r2 = r6; ${call("bpf_rdonly_cast")}`,
      /R2 must be a known constant/,
    );
  });
});

describe("stores into the kernel's objects", () => {
  const tcp = "struct_ops/tcp_congestion_ops.init: r6 = *(u64 *)(r1 + 0)";

  it("are for some members of some structs", () => {
    check(`${tcp}; *(u32 *)(r6 + 32) = 1`, "accepted");
    check(`${tcp}; *(u16 *)(r6 + 34) = 1`, /no write support to tcp_sock at off 34/);
    check(`${tcp}; *(u64 *)(r6 + 32) = 1`, /beyond the member of tcp_sock ended at 36/);
    check(`${tcp}; *(u8 *)(r6 + 71) = 1`, "accepted");
    check(`${tcp}; *(u32 *)(r6 + 72) = 1`, /no write support to tcp_sock at off 72/);
  });

  it("are for some programs only", () => {
    const find = `*(u64 *)(r10 - 8) = 0; r2 = r10; r2 += -8; r3 = 8; ${call("bpf_xdp_ct_lookup")}`;
    const lookup = `${find}; if r0 == 0 goto out; r6 = r0`;
    const release = `r1 = r6; ${call("bpf_ct_release")}`;
    check(`${lookup}; *(u32 *)(r6 + 8) = 1; ${release}`, "accepted");
    check(`${lookup}; *(u32 *)(r6 + 0) = 1; ${release}`, /no write support to nf_conn at off 0/);
    check(`${call("bpf_cast_to_kern_ctx")}; *(u32 *)(r0 + 8) = 1`, /only read is supported/);
  });
});

describe("arenas", () => {
  const arena = "r8 = map[arena]; r1 = map[array][0]+0; r7 = *(u64 *)(r1 + 0)";

  it("are read and written anywhere", () => {
    check(
      `${arena}; r7 = addr_space_cast(r7, 0, 1); r7 *= 8; *(u64 *)(r7 + 32000) = r7`,
      "accepted",
    );
    check(
      `${arena}; r7 = addr_space_cast(r7, 1, 0); *(u64 *)(r7 + 0) = 1`,
      /R7 invalid mem access 'scalar'/,
    );
    check(`${arena}; *(u64 *)(r7 + 0) = 1`, /R7 invalid mem access 'scalar'/);
  });

  it("have no places that are not aligned", () => {
    check(`${arena}; r7 = addr_space_cast(r7, 0, 1); lock *(u64 *)(r7 + 1) += r7`, "accepted");
    check("r1 = map[array][0]+0; r2 = 1; lock *(u64 *)(r1 + 1) += r2", /misaligned value access/);
  });

  it("are the program's own", () => {
    check("r7 = 0; r7 = addr_space_cast(r7, 0, 1)", /has an associated arena/);
    check(`${arena}; r7 = addr_space_cast(r7, 2, 0)`, /only convert between address space 1 and 0/);
  });
});
