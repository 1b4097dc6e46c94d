import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { it } from "node:test";
import { fileURLToPath } from "node:url";
import { needs } from "ts-ebpf/testing";

const file = fileURLToPath(new URL("main.ts", import.meta.url));
const usable = needs("root", "bpf", "btf", "ringbuf");

it("prints what this process executes", usable, async () => {
  const given = ["--conditions=@ts-ebpf/source", file, String(process.pid)];
  const example = spawn(process.execPath, given, { stdio: ["ignore", "pipe", "inherit"] });
  const lines: string[] = [];
  // Only then is all there that it printed.
  const ended = once(example, "close");
  createInterface({ input: example.stdout }).on("line", (line) => lines.push(line));
  // Until the example has seen enough, there is somebody to be seen.
  while (example.exitCode === null) {
    await Promise.race([ended, once(spawn("/bin/true", ["a", "b c"]), "exit")]);
  }
  assert.deepEqual(await ended, [0, null]);
  assert.equal(lines.length, 5);
  for (const line of lines) assert.match(line, /^[1-9]\d* true \/bin\/true a b c$/);
});
