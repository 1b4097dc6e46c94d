import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { describe, it } from "node:test";
import { LineWriter } from "./line-writer.ts";
import { isPlain, PlainOutput } from "./plain-output.ts";

/** A file to write to and to read back. */
function openFile(): { readonly descriptor: number; read(): string } & Disposable {
  const folder = mkdtempSync(join(tmpdir(), "ts-ebpf-output-"));
  const path = join(folder, "out");
  const descriptor = openSync(path, "w");
  return {
    descriptor,
    read: () => readFileSync(path, "utf8"),
    [Symbol.dispose]: () => {
      closeSync(descriptor);
      rmSync(folder, { recursive: true });
    },
  };
}

const noStream = (): never => assert.fail("a stream was made");

describe("PlainOutput", () => {
  it("writes to a file at once", () => {
    using file = openFile();
    const output = new PlainOutput(file.descriptor, noStream);
    assert.equal(output.write("größe\n"), true);
    assert.equal(file.read(), "größe\n");
  });

  it("serves a writer of lines", async () => {
    using file = openFile();
    using lines = new LineWriter(new PlainOutput(file.descriptor, noStream));
    lines.write("a");
    lines.write("b");
    await lines.settled();
    assert.equal(file.read(), "a\nb\n");
  });

  it("tells when it cannot write, and the writer fails", async () => {
    const readOnly = openSync("/dev/null", "r");
    using _ = { [Symbol.dispose]: () => closeSync(readOnly) };
    using lines = new LineWriter(new PlainOutput(readOnly, noStream));
    lines.write("a");
    lines.flush();
    assert.ok(lines.broken);
    await assert.rejects(() => lines.settled(), { code: "EBADF" });
  });

  it("leaves a pipe that would block to a stream, and loses nothing", async () => {
    const module = join(import.meta.dirname, "plain-output.ts");
    const code = `
      import { PlainOutput } from ${JSON.stringify(module)};
      import { writeSync } from "node:fs";
      process.stdout._handle.setBlocking(false);
      new PlainOutput(1, () => (writeSync(2, "stream"), process.stdout)).write("ö".repeat(1 << 20));
    `;
    const child = spawn(process.execPath, ["--input-type=module", "--eval", code]);
    // Nothing is read before the pipe is full.
    const [told] = (await once(child.stderr, "data")) as [Buffer];
    assert.equal(told.toString(), "stream");
    assert.equal(await text(child.stdout), "ö".repeat(1 << 20));
  });
});

describe("isPlain", () => {
  it("tells files from terminals and from nothing", () => {
    using file = openFile();
    const device = openSync("/dev/null", "w");
    using _ = { [Symbol.dispose]: () => closeSync(device) };
    assert.ok(isPlain(file.descriptor));
    assert.ok(!isPlain(device));
    assert.ok(!isPlain(987_654));
  });
});
