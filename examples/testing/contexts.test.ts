import assert from "node:assert/strict";
import { it } from "node:test";
import {
  bpf,
  cgroupSockAddr,
  kretprobe,
  lsm,
  ntohs,
  ringbuf,
  s64,
  struct,
  u32,
  u64,
} from "ts-ebpf";
import { testProgram } from "ts-ebpf/testing";

// #region probe
const Slow = struct("slow", { pid: u32, at: u64, bytes: s64 });
const slow = ringbuf("slow_reads", Slow, 4096);

const onRead = kretprobe("vfs_read", (registers) => {
  "use bpf";
  const bytes = s64(registers["ax"]);
  if (bytes > 0n) return;
  slow.output({ pid: u32(bpf.getCurrentPidTgid() >> 32n), at: bpf.ktimeGetNs(), bytes });
});

it("tells of reads that gave nothing", async () => {
  using test = await testProgram(onRead);
  const { world } = test.simulated;
  world.task = { ...world.task, pid: 7, tid: 8 };
  world.now = 5n;
  test.run({ result: 100 });
  test.run({ result: -4 });
  test.expectEvents(slow, [{ pid: 7, at: 5n, bytes: -4n }]);
});
// #endregion

// #region decisions
const readOnly = lsm("file_open", (file) => {
  "use bpf";
  return (file.f_flags & 3) === 0 ? 0 : -1;
});
const noNames = cgroupSockAddr("connect4", ({ user_port }) => {
  "use bpf";
  return ntohs(user_port) !== 53;
});

it("lets files be read, and no names be asked for", async () => {
  using opening = await testProgram(readOnly);
  opening.run({ args: [{ f_flags: 0 }] }).expectVerdict("allow");
  opening.run({ args: [{ f_flags: 1 }] }).expectReturn(-1);
  using connecting = await testProgram(noNames);
  connecting.run({ fields: { user_port: 0x3500 } }).expectVerdict("deny");
});
// #endregion

it("fails on purpose", async () => {
  using test = await testProgram(onRead);
  using _ = test.simulated.inject({ command: "mapCreate", error: "ENOMEM" });
  await assert.rejects(testProgram(onRead, { kernel: test.kernel }), { name: "NoSpaceError" });
});
