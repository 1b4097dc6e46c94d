import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { describe, it } from "node:test";
import { setImmediate } from "node:timers/promises";
import { ExitCode } from "../exit-code.ts";

const launcher = join(import.meta.dirname, "../../bin/ts-ebpf.js");

function exec(program: string, ...words: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [launcher, "sim", "exec", ...words],
    { input: program, encoding: "utf8" },
  );
  return { status, stdout, stderr };
}

const exit = "9500000000000000";
const done = (stdout: string) => ({ status: ExitCode.ok, stdout, stderr: "" });

function checkFailure(
  { status, stdout, stderr }: ReturnType<typeof exec>,
  code: ExitCode,
  message: RegExp,
): void {
  assert.equal(status, code);
  assert.equal(stdout, "");
  assert.match(stderr, message);
}

describe("ts-ebpf sim exec", () => {
  it("prints all of r0, with both engines", () => {
    const minusTwo = `b7 00 00 00 fe ff ff ff\n${exit}\n`;
    assert.deepEqual(exec(minusTwo, "--interpret"), done("fffffffffffffffe\n"));
    assert.deepEqual(exec(minusTwo, "--compile"), done("fffffffffffffffe\n"));
  });

  it("gives the program memory and its length", () => {
    assert.deepEqual(exec(`7110010000000000${exit}`, "aa BB cc"), done("bb\n"));
    assert.deepEqual(exec(`bf20000000000000${exit}`, "aabbcc"), done("3\n"));
    assert.deepEqual(exec(`bf10000000000000${exit}`), done("0\n"));
  });

  it("takes the program from an option", () => {
    assert.deepEqual(exec("", "--program", `b70000002a000000${exit}`), done("2a\n"));
  });

  it("shows each instruction with the registers before it", () => {
    const { stdout, stderr } = exec(`b7000000ff000000bf01000000000000${exit}`, "--trace");
    assert.equal(stdout, "ff\n");
    const lines = stderr.trimEnd().split("\n");
    assert.equal(lines.length, 3);
    assert.match(lines[1]!, /^1: r1 = r0 +r0=ff/);
    assert.match(lines[2]!, /^2: exit +r0=ff r1=ff/);
  });

  it("takes text in both cases, over several lines, and no memory at all", () => {
    assert.deepEqual(exec(`B7 00\n00 00\r\n2A 00 00 00\t${exit}\n\n`, ""), done("2a\n"));
  });

  it("takes bytes as the runner of bpf_conformance writes them, and calls helpers", () => {
    const spaced = (hex: string): string => hex.replaceAll(/../g, "$&  ");
    const second = spaced(`7110010000000000${exit}`);
    assert.deepEqual(exec(`${second}\n`, spaced("aabbcc")), done("bb\n"));
    assert.deepEqual(exec(`8500000005000000b700000002000000${exit}`), done("2\n"));
    const unknown = exec(`8500000001000000${exit}`);
    checkFailure(unknown, ExitCode.failed, /instruction 0: helper 1 is not implemented here/);
  });

  it("waits for a program that is written late and in pieces", async () => {
    const child = spawn(process.execPath, [launcher, "sim", "exec"]);
    const printed = text(child.stdout);
    child.stdin.write("b700 0000 2a");
    await once(child, "spawn");
    child.stdin.write(`000000 ${exit.slice(0, 3)}`);
    await setImmediate();
    child.stdin.end(exit.slice(3));
    assert.equal(await printed, "2a\n");
  });

  it("fails with instruction and reason when the program faults", () => {
    const outside = exec(`7110030000000000${exit}`, "aabbcc");
    checkFailure(outside, ExitCode.failed, /instruction 0: read of 1 bytes at offset 3 .*"memory"/);
  });

  it("says what is wrong with its text", () => {
    checkFailure(exec("0x95"), ExitCode.failed, /program has "x", which is no hexadecimal digit/);
    checkFailure(exec("950"), ExitCode.failed, /3 hexadecimal digits/);
    checkFailure(exec(" "), ExitCode.failed, /program is empty/);
    checkFailure(exec(exit, "zz"), ExitCode.failed, /memory has "z"/);
    checkFailure(exec("9500"), ExitCode.failed, /./);
    checkFailure(exec(exit, "--interpret", "--compile"), ExitCode.usage, /cannot be used with/);
  });
});
