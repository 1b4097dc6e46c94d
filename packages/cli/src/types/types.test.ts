import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { ExitCode } from "../exit-code.ts";
import { main } from "../main.ts";
import { capturedContext, type CapturedContext } from "../testing/captured.ts";

/** BTF of `int`, `struct task { int pid; }` and `int wake(struct task *task)`. */
function smallBtf(): Uint8Array {
  const strings = new TextEncoder().encode("\0int\0task\0pid\0wake\0");
  const [int, task, pid, wake] = [1, 5, 10, 14];
  const kind = (number: number, count = 0): number => (number << 24) | count;
  const words = [
    [int, kind(1), 4, 0x0100_0020],
    [task, kind(4, 1), 4, pid, 1, 0],
    [0, kind(2), 2],
    [0, kind(13, 1), 1, task, 3],
    [wake, kind(12, 1), 4],
  ].flat();
  const header = new Uint32Array([
    0x0001_eb9f,
    24,
    0,
    4 * words.length,
    4 * words.length,
    strings.length,
  ]);
  return Buffer.concat([
    new Uint8Array(header.buffer),
    new Uint8Array(new Uint32Array(words).buffer),
    strings,
  ]);
}

describe("types", () => {
  const folder = mkdtempSync(join(tmpdir(), "ts-ebpf-types-"));
  after(() => rmSync(folder, { recursive: true }));
  const btf = join(folder, "small.btf");
  const source = join(folder, "program.ts");
  const out = join(folder, "kernel.d.ts");
  writeFileSync(btf, smallBtf());
  writeFileSync(source, 'fentry("wake", (task) => task.pid); kprobe("wakes", () => 0);');

  const run = async (...words: readonly string[]): Promise<CapturedContext> => {
    const context = capturedContext();
    context.exitCode = await main(["types", ...words], context);
    return context;
  };

  it("writes declarations, and says what is in them", async () => {
    const { exitCode, written } = await run(source, "--btf", btf, "--out", out);
    assert.equal(exitCode, ExitCode.ok, written.err.text);
    assert.equal(
      written.out.text,
      `${out} written: 1 struct, 0 tracepoints, 0 LSM hooks, 0 kfuncs, 1 function of the project (small.btf)\n`,
    );
    assert.equal(
      written.err.text,
      `warning: small.btf has no function "wakes" (${source}); did you mean "wake"?\n`,
    );
    const text = readFileSync(out, "utf8");
    assert.match(text, /^\/\/ Types of small\.btf, written by "ts-ebpf types"\. Do not edit\.\n/);
    assert.match(text, /^ {2}readonly wake: \(task: task\) => number \| void;$/m);
  });

  it("leaves a file alone that is up to date", async () => {
    await run(source, "--btf", btf, "--out", out);
    const { mtimeNs } = statSync(out, { bigint: true });
    const { written } = await run(source, "--btf", btf, "--out", out);
    assert.match(written.out.text, /kernel\.d\.ts up to date: /);
    assert.equal(statSync(out, { bigint: true }).mtimeNs, mtimeNs);
  });

  it("tells programs what it wrote", async () => {
    const { written } = await run(source, "--btf", btf, "--out", out, "--json");
    const { counts, ...rest } = JSON.parse(written.out.text) as Record<string, unknown>;
    assert.equal((counts as Record<string, number>)["types"], 1);
    assert.deepEqual(rest, {
      type: "types",
      file: out,
      changed: false,
      kernel: "small.btf",
      sources: 1,
      functions: [
        { name: "wake", source, known: true },
        { name: "wakes", source, known: false },
      ],
    });
    assert.equal(written.err.text, "");
  });

  it("writes to the standard output", async () => {
    const { written } = await run(source, "--btf", btf, "--out", "-");
    assert.match(written.out.text, /^\/\/ Types of small\.btf, /);
    assert.ok(written.out.text.endsWith("\nexport {};\n"));
    assert.match(written.err.text, /^declarations written: 1 struct, /);
  });

  const refuses = async (words: readonly string[], message: RegExp): Promise<void> => {
    const { exitCode, written } = await run(...words);
    assert.equal(exitCode, ExitCode.failed);
    assert.match(written.err.text, message);
    assert.equal(written.out.text, "");
  };

  it("refuses projects that are not there", () =>
    refuses([join(folder, "nowhere")], /there is no .*nowhere\n {2}hint: give the folder/));
  it("refuses BTF that is not there", () =>
    refuses([folder, "--btf", join(folder, "none")], /there is no file .*none/));
  it("refuses what is no BTF", () =>
    refuses([folder, "--btf", source], /BTF_MALFORMED.*program\.ts/));
  it("refuses ELF files without types", () =>
    refuses([folder, "--btf", process.execPath], /has no types: there is no section \.BTF/));
  it("refuses to write where it cannot, and leaves nothing there", () =>
    refuses(
      [folder, "--btf", btf, "--out", join(btf, "where.d.ts")],
      /cannot write .*small\.btf\/where\.d\.ts: a part of its path/,
    ));
});
