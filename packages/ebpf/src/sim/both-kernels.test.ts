import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";

/** Kernel tests that hold for the simulated kernel, too. */
const suite = [
  "map/map",
  "map/per-cpu",
  "map/kinds",
  "sim/command/system",
  "program/test-run",
  "program/maps",
  "map/locks",
  "map/refusals",
  "map/arena",
  "stream/stream",
  "stream/pipeline",
  "stream/perf-buffer",
  "stream/user-ring-buffer",
  "stream/program-output",
  "reference/queue-channel",
  "reference/reference",
  "collection/collection",
  "collection/create-maps",
  "collection/open-object",
  "collection/object-struct-ops",
  "collection/source",
  "collection/compile-collection",
  "simulate/firewall",
  "simulate/maps",
  "link/freplace",
  "link/struct-ops-rules",
  "verifier/verifier-error",
  "lang/front/maps",
  "lang/front/language",
  "lang/front/samples",
  "lang/front/front",
  "lang/front/builtins",
  "lang/front/byte-range",
  "lang/front/callbacks",
  "lang/front/found",
  "lang/front/programs",
];

describe("kernel tests", () => {
  it("hold for the simulated kernel", { timeout: 600_000 }, async () => {
    const files = suite.map((name) =>
      fileURLToPath(new URL(`../${name}.kernel.test.ts`, import.meta.url)),
    );
    // Nothing of the machine is touched, so that all files can share a process.
    const isolation = "--test-isolation=none";
    const options = ["--conditions=@ts-ebpf/source", "--test", "--test-reporter=tap", isolation];
    const env: NodeJS.ProcessEnv = {
      ...process.env,
      EBPF_TEST_KERNEL: "simulated",
      EBPF_TEST_PROMISES: "",
    };
    delete env["NODE_TEST_CONTEXT"];
    const child = spawn(process.execPath, [...options, ...files], { env });
    let output = "";
    child.stdout.on("data", (chunk) => (output += chunk));
    const status = await new Promise((resolve) => child.on("close", resolve));
    assert.equal(status, 0, output);
    const passed = Number(/^# pass (\d+)$/m.exec(output)?.[1]);
    assert.ok(passed >= 320, `only ${passed} ran`);
  });
});
