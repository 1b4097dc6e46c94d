import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, rmdirSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { mountPoints } from "../../packages/ebpf/src/sys/machine/mounts.ts";
import { needs } from "../../packages/ebpf/src/testing/needs.ts";

const leakCheck = new URL("leak-check.ts", import.meta.url).href;
const native = new URL("../../packages/ebpf/src/sys/native-kernel.ts", import.meta.url).href;

/** Attaches a program that lets everything pass to a control group of its own, in the way that outlives the process. */
const leaving = (folder: string): string => `
  import { mkdirSync } from "node:fs";
  import { openNativeKernel } from "${native}";
  const kernel = openNativeKernel();
  mkdirSync("${folder}");
  using target = kernel.openPath("${folder}");
  const place = { attachType: "cgroup_inet_egress" };
  using attachBpf = kernel.bpf("progLoad", {
    progType: "cgroup_skb",
    progName: "left_behind",
    expectedAttachType: place.attachType,
    insns: Buffer.from("b7000000010000009500000000000000", "hex"), // r0 = 1; exit
    license: "GPL",
  });
  kernel.bpf("progAttach", { target, attachBpf, ...place });
`;

describe("the leak check", needs("root", "bpf", "cgroup2"), () => {
  it("fails a file that leaves a program attached, and names it", () => {
    const folder = join(mountPoints("cgroup2")[0]!, `ts-ebpf-leak-${process.pid}`);
    const options = ["--conditions=@ts-ebpf/source", `--import=${leakCheck}`];
    const words = [...options, "--input-type=module", "--eval", leaving(folder)];
    const env = { ...process.env, NODE_TEST_CONTEXT: "child" };
    try {
      const { status, stderr } = spawnSync(process.execPath, words, { env, encoding: "utf8" });
      assert.equal(status, 1, stderr);
      assert.match(stderr, /still loaded: prog \d+ \(cgroup_skb left_behind\)/);
    } finally {
      if (existsSync(folder)) rmdirSync(folder);
    }
  });
});
