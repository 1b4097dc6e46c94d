/**
 * The table of functions of the kernel against the running one: which there are, who may call them, which may sleep.
 * @module
 */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { SyscallError } from "../../../kernel/errors.ts";
import { kernelBtf } from "../../../program/kernel-btf.ts";
import { openNativeKernel } from "../../../sys/native-kernel.ts";
import { allOf, needsLinux } from "../../../testing/needs-linux.ts";
import { needs } from "../../../testing/needs.ts";
import { programOf } from "../testing-lines.ts";
import { kfuncNames, kfuncRule, mayCallKfunc } from "./rules.ts";

/** Programs of all types that need nobody's leave, as {@link programOf} takes them. */
const callers = (
  "socket_filter sched_cls sched_act xdp perf_event tracepoint kprobe raw_tracepoint lwt_in lwt_out lwt_xmit " +
  "lwt_seg6local sock_ops sk_skb sk_msg flow_dissector sk_reuseport cgroup_device cgroup_sysctl syscall " +
  "cgroup_skb/cgroup_inet_ingress cgroup_sock/cgroup_inet_sock_create cgroup_sock_addr/cgroup_inet4_bind " +
  "cgroup_sockopt/cgroup_getsockopt sk_lookup/sk_lookup netfilter/netfilter kprobe/trace_kprobe_session " +
  "tracing/trace_raw_tp(sched_switch) tracing/trace_iter(task) struct_ops/tcp_congestion_ops.init"
).split(" ");

const usable = allOf(needs("root", "bpf", "btf"), needsLinux(6, 18));

describe("functions of the kernel", usable, () => {
  if (usable.skip !== false) return;
  const kernel = openNativeKernel();
  const types = kernelBtf(kernel);
  const tagged = new Set(
    [...types.types("decl_tag")]
      .filter(({ name }) => name === "bpf_kfunc")
      .map(({ type }) => types.typeById(type).name),
  );
  const there = kfuncNames().filter((name) => tagged.has(name));
  const buffer = new Uint8Array(1 << 16);

  /** What the kernel says of a program that calls a function with nothing but zeros. */
  function wordOn(caller: string, name: string): string {
    const zeros = "r1 = 0; r2 = 0; r3 = 0; r4 = 0; r5 = 0";
    const program = programOf(`${caller}: ${zeros}; call kernel:${name}; r0 = 0; exit`, types);
    const { type: progType, instructions: insns, flags: progFlags = [], license } = program;
    const { expectedAttachType, attachBtfId, structOpsMember } = program;
    const target = { expectedAttachType, attachBtfId, structOpsMember };
    buffer[0] = 0;
    try {
      const log = { level: 1, buffer };
      kernel.bpf("progLoad", { progType, insns, progFlags, license, log, ...target }).close();
      return "";
    } catch (error) {
      if (!(error instanceof SyscallError)) throw error;
      return new TextDecoder().decode(buffer.subarray(0, buffer.indexOf(0)));
    }
  }

  it("are called by those that may", () => {
    assert.ok(there.length > 100, String(there.length));
    const wrong = callers.flatMap((caller) =>
      there
        .filter((name) => {
          const { type, expectedAttachType } = programOf(`${caller}: exit`, types);
          const may = mayCallKfunc({ type, expectedAttachType }, kfuncRule(name)!);
          const word = wordOn(caller, name);
          return word.includes(`calling kernel function ${name} is not allowed`) === may;
        })
        .map((name) => `${caller} ${name}`),
    );
    assert.deepEqual(wrong, []);
  });

  it("sleep where the table says so, and take no null where it says so", () => {
    const sleeps = there.filter((name) => wordOn("xdp", name).includes("must be sleepable"));
    const allowed = there.filter((name) => mayCallKfunc({ type: "xdp" }, kfuncRule(name)!));
    const listed = allowed.filter((name) => kfuncRule(name)!.flags.has("sleepable"));
    assert.deepEqual(sleeps.toSorted(), listed.toSorted());
    const wrong = callers.flatMap((caller) =>
      there.filter((name) => {
        if (!wordOn(caller, name).includes("Possibly NULL pointer passed to trusted arg"))
          return false;
        const { flags } = kfuncRule(name)!;
        return !flags.has("trusted_args") && !flags.has("rcu") && !flags.has("release");
      }),
    );
    assert.deepEqual(wrong, []);
  });

  it("are all in the table, but those no program may call", () => {
    const missing = [...tagged].filter((name) => kfuncRule(name) === undefined);
    const called = missing.filter((name) =>
      callers.some((caller) => !wordOn(caller, name).includes("is not allowed")),
    );
    assert.deepEqual(called, []);
  });
});
