import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ExitCode } from "../../exit-code.ts";
import { startCommand } from "../../testing/command.ts";
import recorded from "./recorded-executions.json" with { type: "json" };

/** How to start the command without privileges, whoever runs the tests. */
const by =
  process.getuid?.() === 0
    ? ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--bounding-set=-all"]
    : [];

async function traced(words: readonly string[]): Promise<{
  readonly lines: readonly Readonly<Record<string, unknown>>[];
  readonly errors: string;
}> {
  using command = startCommand(["trace", "exec", "--json", ...words], { by });
  assert.equal(await command.ended, ExitCode.ok, command.errors());
  const lines = command.lines.map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>);
  return { lines, errors: command.errors() };
}

/** What is told of an execution besides its time. */
function told(of: Readonly<Record<string, unknown>>): readonly unknown[] {
  return ["ppid", "pid", "uid", "command", "file", "arguments"].map((name) => of[name]);
}

describe("trace exec --sim", { timeout: 300_000 }, () => {
  it("shows what was recorded, in its order and with its distances, and ends", async () => {
    const { lines, errors } = await traced(["--sim"]);
    const summary = lines.at(-1)!;
    assert.deepEqual([summary["events"], summary["lost"]], [recorded.length, 0]);
    const shown = lines.slice(0, -1);
    assert.deepEqual(shown.map(told), recorded.map(told));
    const times = shown.map(({ time }) => Date.parse(String(time)));
    assert.equal(times.at(-1)! - times[0]!, recorded.at(-1)!.afterMs);
    assert.match(errors, /^Simulated kernel: the same program/);
  });

  it("filters as on a real kernel", async () => {
    const { lines } = await traced(["--sim", "--uid", "1000", "--command", "wc"]);
    const wanted = recorded.filter(({ uid, command }) => uid === 1000 && command === "wc");
    assert.ok(wanted.length > 0);
    assert.equal(lines.length, wanted.length + 1);
  });

  it("takes the place of a kernel that may not be traced, and says why", async () => {
    const { lines, errors } = await traced(["--sim=unprivileged"]);
    assert.equal(lines.length, recorded.length + 1);
    assert.match(errors, /^The kernel of this machine cannot be traced: .*\nSimulated kernel: /);
  });

  it("is what somebody asked for: otherwise missing privileges are an error", async () => {
    using command = startCommand(["trace", "exec"], { by });
    assert.notEqual(await command.ended, ExitCode.ok);
    assert.match(command.errors(), /hint: /);
  });
});
