import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { NotSupportedError } from "../../kernel/errors.ts";
import { cgroupRoot, unifiedPath } from "./cgroup.ts";

describe("the control group of a process", () => {
  const check = (text: string, expected: string | undefined): void =>
    assert.equal(unifiedPath(text), expected);
  it("is the line of version 2", () =>
    check("12:cpu:/a\n1:name=systemd:/b\n0::/user.slice/x y\n", "/user.slice/x y"));
  it("may be the topmost one", () => check("0::/\n", "/"));
  it("may be gone", () => check("0::/a/b (deleted)\n", "/a/b"));
  it("is not there with version 1 alone", () => check("12:cpu:/a\n", undefined));
  it("cannot be named from inside of another namespace", () => check("0::/../a\n", undefined));
});

describe("the topmost control group", () => {
  const files = (text: string) => ({ text: () => text, names: () => [] });
  it("is where cgroup2 is mounted", () =>
    assert.equal(cgroupRoot(files("1 0 0:1 / /c rw - cgroup2 none rw\n")), "/c"));
  it("is not there without", () =>
    assert.throws(
      () => cgroupRoot(files("1 0 0:1 / /c rw - cgroup none rw\n")),
      NotSupportedError,
    ));
});
