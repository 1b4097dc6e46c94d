import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { openNativeKernel } from "../../sys/native-kernel.ts";
import { needs } from "../../testing/needs.ts";
import { parseBtf } from "../btf.ts";
import { deduplicate } from "./deduplicate.ts";
import type { BtfTypeData } from "./type-data.ts";
import { encodeBtf } from "./writer.ts";

const folder = mkdtempSync(join(tmpdir(), "btf-"));
after(() => rmSync(folder, { recursive: true }));

/** What bpftool reads in `bytes`, as text. */
function dump(bytes: Uint8Array, base: readonly string[] = []): string {
  const file = join(folder, "written.btf");
  writeFileSync(file, bytes);
  const args = [...base, "btf", "dump", "file", file, "format", "raw"];
  const { status, stdout, stderr } = spawnSync("bpftool", args, {
    encoding: "utf8",
    maxBuffer: 2 ** 28,
  });
  assert.equal(status, 0, stderr);
  return stdout;
}

const path = "/sys/kernel/btf/vmlinux";

describe("BTF that was written", needs("btf", "bpftool"), () => {
  const bytes = readFileSync(path);
  const vmlinux = parseBtf(bytes, { path: "vmlinux" });
  const types = [...vmlinux.types()] as BtfTypeData[];

  it("is to bpftool what the kernel's own is", () => {
    // Not assert.equal: 20 MB of text make a long message.
    assert.ok(dump(encodeBtf(types)) === dump(bytes), "bpftool prints different types");
  });

  it("is that also as split BTF", () => {
    const [name] = readdirSync("/sys/kernel/btf").filter((name) => name !== "vmlinux");
    const original = name === undefined ? undefined : readFileSync(`/sys/kernel/btf/${name}`);
    const own: BtfTypeData[] =
      original === undefined
        ? types.slice(0, 100)
        : ([...parseBtf(original, { base: vmlinux }).types()] as BtfTypeData[]);
    const split = encodeBtf(own, { base: vmlinux });
    const text = dump(split, ["--base-btf", path]);
    if (original !== undefined) assert.ok(text === dump(original, ["--base-btf", path]));
    assert.equal(text.match(/^\[/gm)?.length, own.length);
  });

  it("has nothing of the kernel twice", () => {
    // Whoever made it has de-duplicated it, so there is nothing, or next to nothing, left to do.
    const { length } = deduplicate(types).types;
    assert.ok(length <= types.length && length > 0.99 * types.length, `${length} are left`);
  });

  it("is loaded by the kernel", needs("root", "bpf"), () => {
    const wanted = types.filter(({ kind }) => kind === "int" || kind === "enum").slice(0, 100);
    using btf = openNativeKernel().bpf("btfLoad", { btf: encodeBtf(wanted) });
    assert.equal(btf.kind, "btf");
  });
});
