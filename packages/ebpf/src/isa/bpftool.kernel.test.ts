/**
 * A loaded program as bpftool shows it, against the same bytes decoded and printed here.
 *
 * The kernel rewrites programs when it loads them: calls become distances, lookups are inlined, maps are shown by
 * their ids. So this reads what only a kernel makes.
 * @module
 */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { helperSymbol } from "../helper/helper-id.ts";
import { openNativeKernel } from "../sys/native-kernel.ts";
import { needs } from "../testing/needs.ts";
import { decode } from "./decode.ts";
import { encode } from "./encode.ts";
import { format } from "./format.ts";
import { parse } from "./parse.ts";

const kernel = openNativeKernel();

const program = parse(`
  *(u32 *)(r10 -4) = 0
  r1 = map[counts]
  r2 = r10
  r2 += -4
  call bpf_map_lookup_elem#1
  if r0 == 0x0 goto out
  r1 = 1
  lock *(u64 *)(r0 +0) += r1
  r6 = map[counts][0]+0
  r2 = *(u64 *)(r6 +0)
  r2 = atomic64_fetch_or((u64 *)(r6 +0), r2)
  w3 = w2
  w3 s>>= 3
  r3 = be16 r3
  r1 = 0x123456789abcdef0
  if w3 s> w2 goto out
  if r3 > 0x7 goto out
  call sub
  call bpf_ktime_get_ns#5
out:
  r0 = 0
  exit
sub:
  r0 = r1
  r0 = -r0
  r0 %= 1000
  exit
`);

/** What bpftool prints for the program, and the bytes it got from the kernel. */
function dump(id: number): { text: string; bytes: Uint8Array } {
  const folder = mkdtempSync(join(tmpdir(), "xlated-"));
  const file = join(folder, "bytes");
  const show = ["prog", "dump", "xlated", "id", String(id)];
  try {
    const { stdout } = spawnSync("bpftool", show, { encoding: "utf8" });
    assert.equal(spawnSync("bpftool", [...show, "file", file]).status, 0);
    return { text: stdout, bytes: readFileSync(file) };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe("bpftool", needs("bpf", "bpftool"), () => {
  using map = kernel.bpf("mapCreate", {
    mapType: "array",
    keySize: 4,
    valueSize: 8,
    maxEntries: 1,
  });
  using loaded = kernel.bpf("progLoad", {
    progType: "raw_tracepoint",
    insns: encode(program, { map: () => 0 }),
    maps: [map],
    license: "GPL",
  });
  const { text, bytes } = dump(kernel.bpf("objGetInfoByFd", { object: loaded }).id);

  // Calls carry names from /proc/kallsyms, which bytes do not have.
  const nameless = (line: string): string =>
    line.replace(/call \w+#/, "call #").replace(/(call pc.\d+)#\w+/, "$1");

  it("prints what we print", () => {
    const ours = format(decode(bytes, { origin: "kernel" }), { helperSymbol });
    assert.deepEqual(ours.split("\n").map(nameless), text.trimEnd().split("\n").map(nameless));
    assert.match(ours, /map\[id:\d+\]\[0\]\+0/);
    assert.match(ours, /call pc\+\d+/);
  });

  it("prints what we read", () =>
    assert.deepEqual(parse(text), decode(bytes, { origin: "kernel" })));
});
