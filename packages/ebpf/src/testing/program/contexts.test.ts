import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { u64 } from "../../layout/integer.ts";
import { arrayMap } from "../../spec/array-map.ts";
import { cgroupDevice, cgroupSockopt } from "../../spec/cgroup.ts";
import { kprobe } from "../../spec/kprobe.ts";
import { perfEvent } from "../../spec/perf-event.ts";
import { tpBtf, tracepoint } from "../../spec/tracepoint.ts";
import { fentry, fexit } from "../../spec/trampoline.ts";
import { uprobe, uretprobe } from "../../spec/uprobe.ts";
import type { AttachTarget } from "../../spec/program-spec.ts";
import type { RunInput } from "./run-input.ts";
import { testProgram, type TestedSpec } from "./test-program.ts";

/** What a program returns for an input, in the simulated kernel. */
async function check<Target extends AttachTarget>(
  program: TestedSpec<Target>,
  input: RunInput,
  expected: number,
): Promise<void> {
  using test = await testProgram(program, { kernel: "simulated" });
  test.run(input).expectReturn(expected);
}

describe("contexts of typed values", () => {
  it("are objects for BTF tracepoints", () => {
    const program = tpBtf("sched_process_fork", (parent, child) => {
      "use bpf";
      return parent.tgid * 100 + child.pid;
    });
    return check(program, { args: [{ tgid: 7 }, { pid: 8 }] }, 708);
  });
  it("are records for tracepoints", async () => {
    const program = tracepoint("sched/sched_process_fork", (record) => {
      "use bpf";
      return record.parent_pid * 100 + record.child_pid;
    });
    await check(program, { record: { parent_pid: 7, child_pid: 8 } }, 708);
    using test = await testProgram(program, { kernel: "simulated" });
    assert.throws(() => test.run({ record: { nothing: 1 } }), { name: "InvalidArgumentError" });
  });
  it("are arguments and results for functions of the kernel", async () => {
    // What these return is 0 always: they put what they see into a map.
    const seen = arrayMap("seen", u64, 1);
    const checkSeen = async <Target extends AttachTarget>(
      program: TestedSpec<Target>,
      input: RunInput,
      expected: bigint,
    ): Promise<void> => {
      using test = await testProgram(program, { kernel: "simulated" });
      test.run(input);
      test.expectMap(seen, [[0, expected]]);
    };
    const start = fentry("vfs_read", (file, _to, count) => {
      "use bpf";
      seen.update(0, count + u64(file.f_flags));
    });
    await checkSeen(start, { args: [{ f_flags: 100 }, 0, 7] }, 107n);
    const end = fexit("vfs_fsync", (file, _dataOnly, result) => {
      "use bpf";
      seen.update(0, u64(file.f_flags - Number(result)));
    });
    await checkSeen(end, { args: [{ f_flags: 7 }, 0], result: 5 }, 2n);
  });
  it("are arguments or registers for probes", async () => {
    const onRead = kprobe("vfs_read", (_file, _to, count) => {
      "use bpf";
      return Number(count);
    });
    await check(onRead, { args: [0, 0, 7] }, 7);
    const onCall = uprobe({ path: "/bin/app", symbol: "main" }, (registers) => {
      "use bpf";
      return Number(registers["di"]);
    });
    await check(onCall, { registers: { di: 8n } }, 8);
    await check(onCall, { args: [9] }, 9);
    const onReturn = uretprobe({ path: "/bin/app", symbol: "main" }, (registers) => {
      "use bpf";
      return Number(registers["ax"]);
    });
    await check(onReturn, { result: 3 }, 3);
  });
  it("are fields for control groups", async () => {
    const device = cgroupDevice((access) => {
      "use bpf";
      return access.major === 5 ? 0 : 1;
    });
    await check(device, { fields: { major: 5 } }, 0);
    await check(device, { fields: { major: 6 } }, 1);
    const option = cgroupSockopt("getsockopt", (call) => {
      "use bpf";
      return call.level === 1 ? 0 : 1;
    });
    await check(option, { fields: { level: 1 } }, 0);
  });
  it("are registers and fields for samples", async () => {
    const onSample = perfEvent((sample) => {
      "use bpf";
      return Number(sample.sample_period);
    });
    await check(onSample, { fields: { sample_period: 9 } }, 9);
  });
});
