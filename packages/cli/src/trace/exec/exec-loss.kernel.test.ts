import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { needs } from "ts-ebpf/testing";
import { ExitCode } from "../../exit-code.ts";
import { startTrace, type RunningCommand } from "../../testing/command.ts";

/** How often a program is executed; by hand one may want more or fewer. */
const executions = Number(process.env["EBPF_TEST_EXECUTIONS"] ?? 100_000);

/** Ends at once, and needs nothing of a C library. */
const tiny = `void _start(void) {
#if defined(__x86_64__)
  __asm__ volatile("mov $60, %eax; xor %edi, %edi; syscall");
#else
  __asm__ volatile("mov x8, #93; mov x0, #0; svc #0");
#endif
}`;

/** Executes a program as often as it is told, as fast as it can. */
const driver = `#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
int main(int count, char **words) {
  char *none[] = {0}, *own[] = {words[1], "x", 0};
  for (int left = atoi(words[2]); left > 0; left--) {
    pid_t child = vfork();
    if (child == 0) { execve(words[1], own, none); _exit(1); }
    int status;
    if (child < 0 || waitpid(child, &status, 0) != child || status != 0) return 1;
  }
  return 0;
}`;

interface Counts {
  readonly events: number;
  readonly lost: number;
}

describe("trace exec under load", needs("root", "bpf", "btf", "ringbuf", "clang"), () => {
  const folder = mkdtempSync(join(tmpdir(), "ts-ebpf-load-"));
  // A name of our own: others may run this test at the same time.
  const name = `tiny${process.pid}`;
  const [program, loop] = [join(folder, name), join(folder, "loop")];
  const compile = (input: string, words: readonly string[]): void =>
    void execFileSync("clang", ["-O1", "-x", "c", "-", ...words], { input, stdio: "pipe" });

  before(() => {
    compile(tiny, ["-static", "-nostdlib", "-o", program]);
    compile(driver, ["-o", loop]);
  });
  after(() => rmSync(folder, { recursive: true }));

  /** Executes the program while the command looks; what the command says it saw. */
  async function load(command: RunningCommand, count: number): Promise<Counts> {
    const driving = spawn(loop, [program, String(count)], { stdio: "ignore" });
    assert.deepEqual(await once(driving, "exit"), [0, null]);
    command.process.kill("SIGINT");
    assert.equal(await command.ended, ExitCode.ok, command.errors());
    return JSON.parse(command.lines.at(-1)!) as Counts;
  }

  it("prints every execution, or counts it as lost", async () => {
    using command = await startTrace(["--json", "--command", name]);
    const { events, lost } = await load(command, executions);
    assert.equal(events + lost, executions);
    const printed = command.lines.filter((line) => line.includes(`"file":"${program}"`)).length;
    assert.equal(printed, events);
    // The ring buffer holds thousands: as long as somebody reads, next to nothing is lost.
    assert.ok(lost < executions / 10, `${lost} lost`);
  });

  it("counts what it loses when the ring buffer is tiny and nobody reads", async () => {
    using command = await startTrace(["--json", "--command", name, "--ring-size", "4K"]);
    command.process.stdout!.pause();
    command.process.kill("SIGSTOP");
    const count = Math.min(executions, 5000);
    const driving = spawn(loop, [program, String(count)], { stdio: "ignore" });
    assert.deepEqual(await once(driving, "exit"), [0, null]);
    command.process.kill("SIGCONT");
    command.process.stdout!.resume();
    const { events, lost } = await load(command, 0);
    assert.equal(events + lost, count);
    assert.equal(command.lines.length - 1, events);
    // A page holds some thirty records.
    assert.ok(events > 0 && events < 100, String(events));
    assert.match(command.errors(), /lost/);
  });
});
