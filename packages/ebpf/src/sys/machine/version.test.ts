import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { fakeFiles } from "../testing-files.ts";
import { readVersion } from "./version.ts";

describe("readVersion", () => {
  const check = (
    release: string,
    files: Readonly<Record<string, string>>,
    ...expected: readonly number[]
  ): void => assert.deepEqual(readVersion(fakeFiles(files), release), expected);

  it("reads the release", () => check("6.18.44-cloud-amd64", {}, 6, 18, 44));
  it("reads a release without patch level", () => check("6.1", {}, 6, 1, 0));
  it("believes Debian's package more than the release", () =>
    check(
      "6.1.0-18-amd64",
      {
        "/proc/version":
          "Linux version 6.1.0-18-amd64 (gcc-12 (Debian 12.2.0-14) 12.2.0) #1 SMP PREEMPT_DYNAMIC " +
          "Debian 6.1.76-1 (2024-02-01)",
      },
      6,
      1,
      76,
    ));
  it("is not taken in by Debian's compiler", () =>
    check(
      "6.18.44",
      { "/proc/version": "Linux version 6.18.44 (gcc (Debian 14.2.0-19) 14.2.0) #1 SMP" },
      6,
      18,
      44,
    ));
  it("believes Ubuntu's signature more than the release", () =>
    check(
      "5.15.0-91-generic",
      { "/proc/version_signature": "Ubuntu 5.15.0-91.101-generic 5.15.131\n" },
      5,
      15,
      131,
    ));
  it("is all zero for a release of no version", () => check("strange", {}, 0, 0, 0));
});
