import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { fakeFiles } from "../testing-files.ts";
import { type Capability, effectiveCapabilities, missingCapabilities } from "./capabilities.ts";

describe("effectiveCapabilities", () => {
  const check = (status: string, ...expected: readonly Capability[]): void =>
    assert.deepEqual(
      [...effectiveCapabilities(fakeFiles({ "/proc/self/status": status }))],
      expected,
    );

  it("reads root's", () =>
    check(
      "Name:\tnode\nCapInh:\t0\nCapEff:\t000001ffffffffff\nCapBnd:\t0\n",
      "CAP_NET_ADMIN",
      "CAP_NET_RAW",
      "CAP_SYS_ADMIN",
      "CAP_SYS_RESOURCE",
      "CAP_PERFMON",
      "CAP_BPF",
    ));
  it("reads single ones", () => check("CapEff:\t000000c000000000\n", "CAP_PERFMON", "CAP_BPF"));
  it("reads none", () => check("CapEff:\t0000000000000000\n"));
  it("does not take what could be had for what is there", () =>
    check("CapPrm:\t000001ffffffffff\nCapEff:\t0000000000000000\n"));
  it("is empty without /proc", () => assert.equal(effectiveCapabilities(fakeFiles({})).size, 0));
});

describe("missingCapabilities", () => {
  const check = (
    needed: readonly Capability[],
    effective: readonly Capability[],
    ...expected: readonly Capability[]
  ): void => assert.deepEqual(missingCapabilities(needed, new Set(effective)), expected);

  it("keeps the order of what is needed", () =>
    check(["CAP_PERFMON", "CAP_BPF"], [], "CAP_PERFMON", "CAP_BPF"));
  it("finds nothing when all are there", () => check(["CAP_BPF"], ["CAP_BPF"]));
  it("takes CAP_SYS_ADMIN for what came out of it", () =>
    check(["CAP_BPF", "CAP_PERFMON", "CAP_NET_ADMIN"], ["CAP_SYS_ADMIN"], "CAP_NET_ADMIN"));
  it("takes nothing for CAP_SYS_ADMIN", () =>
    check(["CAP_SYS_ADMIN"], ["CAP_BPF", "CAP_PERFMON"], "CAP_SYS_ADMIN"));
});
