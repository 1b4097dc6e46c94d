import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { programTypes, mapTypes } from "../../spec/generated/words.ts";
import type { Capability } from "../machine/capabilities.ts";
import { mapCapabilities, permissionHint, programCapabilities } from "./permission.ts";
import { fakeFiles } from "../testing-files.ts";

const noCapabilities = { "/proc/self/status": "CapEff:\t0000000000000000\n" };
const allCapabilities = { "/proc/self/status": "CapEff:\t000001ffffffffff\n" };
const disabled = "/proc/sys/kernel/unprivileged_bpf_disabled";
const lockdown = "/sys/kernel/security/lockdown";
const version = "/proc/version_signature";

describe("permissionHint", () => {
  const check = (
    needed: readonly Capability[],
    files: Readonly<Record<string, string>>,
    expected: string | RegExp,
  ): void => {
    const hint = permissionHint(needed, fakeFiles({ [version]: "Ubuntu x 6.8.0", ...files }));
    if (typeof expected === "string") assert.equal(hint, expected);
    else assert.match(hint, expected);
  };

  it("names what is missing, and the setting that makes it needed", () =>
    check(
      ["CAP_BPF", "CAP_PERFMON"],
      { ...noCapabilities, [disabled]: "2\n" },
      "this process lacks CAP_BPF and CAP_PERFMON (kernel.unprivileged_bpf_disabled is 2): " +
        "run it as root, or give it the capability",
    ));
  it("does not blame a setting that allows it", () =>
    check(["CAP_BPF"], { ...noCapabilities, [disabled]: "0\n" }, /^this process lacks CAP_BPF: /));
  it("says what comes next when maps are refused", () =>
    check(["CAP_BPF"], noCapabilities, /; tracing programs need CAP_PERFMON as well, networking /));
  it("does not blame the setting for another capability", () =>
    check(["CAP_NET_ADMIN"], { ...noCapabilities, [disabled]: "2\n" }, /lacks CAP_NET_ADMIN: /));
  it("asks for what old kernels asked for", () =>
    check(
      ["CAP_BPF", "CAP_PERFMON"],
      { ...noCapabilities, [version]: "Ubuntu x 5.4.0" },
      /^this process lacks CAP_SYS_ADMIN: /,
    ));
  it("blames lockdown when nothing is missing", () =>
    check(
      ["CAP_BPF"],
      { ...allCapabilities, [lockdown]: "none integrity [confidentiality]" },
      /^lockdown is in mode "confidentiality"/,
    ));
  it("blames what cannot be seen when nothing else is left", () =>
    check(["CAP_BPF"], { ...allCapabilities, [lockdown]: "[none]" }, /security module[^(]*$/));
  it("remembers the limit of locked memory on old kernels", () =>
    check(["CAP_BPF"], { ...allCapabilities, [version]: "Ubuntu x 5.10.0" }, /ulimit -l/));
});

describe("programCapabilities and mapCapabilities", () => {
  it("ask for more where the kernel does", () => {
    assert.deepEqual(programCapabilities("socket_filter"), ["CAP_BPF"]);
    assert.deepEqual(programCapabilities("tracing"), ["CAP_BPF", "CAP_PERFMON"]);
    assert.deepEqual(programCapabilities("xdp"), ["CAP_BPF", "CAP_NET_ADMIN"]);
    assert.deepEqual(programCapabilities("ext"), ["CAP_BPF", "CAP_PERFMON", "CAP_NET_ADMIN"]);
    assert.deepEqual(mapCapabilities("hash"), ["CAP_BPF"]);
    assert.deepEqual(mapCapabilities("xskmap"), ["CAP_BPF", "CAP_NET_ADMIN"]);
  });
  it("always ask for CAP_BPF", () => {
    const all = [...programTypes.map(programCapabilities), ...mapTypes.map(mapCapabilities)];
    assert.deepEqual(
      all.filter((needs) => needs[0] !== "CAP_BPF"),
      [],
    );
  });
});
