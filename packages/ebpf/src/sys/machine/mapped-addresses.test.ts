import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { fakeFiles } from "../testing-files.ts";
import { mappedAddresses } from "./mapped-addresses.ts";

const maps = `7f0000000000-7f0000001000 rw-s 00000000 00:0e 1066   anon_inode:bpf-map
7f0000002000-7f0000003000 rw-s 00000000 00:0e 1066   anon_inode:[perf_event]
7f0000004000-7f0000006000 rw-s 00000000 00:0e 1066   anon_inode:bpf-map
`;

describe("mappedAddresses", () => {
  const check = (sizeBytes: number, ...expected: readonly bigint[]): void =>
    assert.deepEqual(mappedAddresses(sizeBytes, fakeFiles({ "/proc/self/maps": maps })), expected);

  it("finds maps of the size", () => check(4096, 0x7f00_0000_0000n));
  it("finds larger ones", () => check(8192, 0x7f00_0000_4000n));
  it("finds nothing of another size", () => check(12_288));
  it("finds nothing without /proc", () =>
    assert.deepEqual(mappedAddresses(4096, fakeFiles({})), []));
});
