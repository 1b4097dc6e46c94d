import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { it } from "node:test";
import { needs } from "ts-ebpf/testing";

it(
  "compiles, links, changes and loads C, and shows its lines in errors",
  needs("root", "bpf", "btf", "ringbuf", "clang"),
  () => {
    const file = new URL("toolchain.ts", import.meta.url).pathname;
    const given = ["--conditions=@ts-ebpf/source", file];
    const output = execFileSync(process.execPath, given, { encoding: "utf8" });
    assert.match(output, /^loaded: (count, on_call|on_call, count)$/m);
    assert.match(output, /^drop says: 1$/m);
    assert.match(output, /rejected\.bpf\.c:7:\d+ - error: program "first_byte" was rejected/);
  },
);
