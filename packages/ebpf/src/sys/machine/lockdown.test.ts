import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { fakeFiles, mountLine } from "../testing-files.ts";
import { readLockdown, readUnprivilegedDisabled } from "./lockdown.ts";

describe("readLockdown", () => {
  const check = (text: string, expected: string | undefined): void =>
    assert.equal(readLockdown(fakeFiles({ "/sys/kernel/security/lockdown": text })), expected);

  it("finds the mode in force among all", () =>
    check("none [integrity] confidentiality\n", "integrity"));
  it("finds none", () => check("[none] integrity confidentiality\n", "none"));
  it("tells nothing from a text of another form", () => check("none\n", undefined));
  it("tells nothing when it cannot be read", () =>
    assert.equal(readLockdown(fakeFiles({})), undefined));
  it("looks where securityfs is mounted", () => {
    const files = fakeFiles({
      "/proc/self/mountinfo": mountLine("/sec", "securityfs"),
      "/sec/lockdown": "none integrity [confidentiality]",
    });
    assert.equal(readLockdown(files), "confidentiality");
  });
});

describe("readUnprivilegedDisabled", () => {
  const path = "/proc/sys/kernel/unprivileged_bpf_disabled";

  it("reads the number", () =>
    assert.equal(readUnprivilegedDisabled(fakeFiles({ [path]: "2\n" })), 2));
  it("is undefined on kernels without", () =>
    assert.equal(readUnprivilegedDisabled(fakeFiles({})), undefined));
});
