import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { fakeFiles, mountLine } from "../testing-files.ts";
import { type Mount, mountPoints, readMounts } from "./mounts.ts";

describe("readMounts", () => {
  const check = (line: string, ...expected: readonly Mount[]): void =>
    assert.deepEqual(readMounts(fakeFiles({ "/proc/self/mountinfo": `${line}\n` })), expected);

  it("reads a mount with optional fields", () =>
    check(mountLine("/sys/fs/bpf", "bpf"), { path: "/sys/fs/bpf", type: "bpf", readOnly: false }));
  it("reads a mount without them", () =>
    check("22 27 0:21 / /proc rw - proc proc rw", {
      path: "/proc",
      type: "proc",
      readOnly: false,
    }));
  it("reads blanks in paths", () =>
    check(mountLine("/a\\040b\\134c", "bpf"), { path: "/a b\\c", type: "bpf", readOnly: false }));
  it("sees a mount that is read-only", () =>
    check(mountLine("/x", "bpf", "ro,nosuid"), { path: "/x", type: "bpf", readOnly: true }));
  it("sees a file system that is read-only", () =>
    check("1 2 0:1 / /x rw - ext4 /dev/a ro", { path: "/x", type: "ext4", readOnly: true }));
  it("passes over lines of another form", () => check("nonsense - "));
  it("is empty without /proc", () => assert.deepEqual(readMounts(fakeFiles({})), []));
});

describe("mountPoints", () => {
  it("names the folders of one type in order", () => {
    const lines = [mountLine("/b", "bpf"), mountLine("/t", "tracefs"), mountLine("/a", "bpf")];
    const files = fakeFiles({ "/proc/self/mountinfo": lines.join("\n") });
    assert.deepEqual(mountPoints("bpf", files), ["/b", "/a"]);
    assert.deepEqual(mountPoints("bpffs", files), []);
  });
});
