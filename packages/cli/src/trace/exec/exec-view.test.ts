import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { widthOf } from "../../terminal/columns.ts";
import { asProcessStream, CapturedStream, withEnvironment } from "../../testing/captured.ts";
import { execEvent } from "../../testing/exec-event.ts";
import { parsePasswd } from "../../value/users.ts";
import type { ExecEvent } from "./exec-event.ts";
import { execJson } from "./exec-json.ts";
import { lossWarning, textSummary } from "./exec-summary.ts";
import { execTable } from "./exec-table.ts";
import type { ExecView } from "./exec-view.ts";

/** The table on a terminal of `columns`, or for a pipe. */
const table = (
  columns?: number,
  environment: Record<string, string> = { NO_COLOR: "1" },
): ExecView => {
  const options = columns === undefined ? {} : { columns };
  const stream = asProcessStream(new CapturedStream(options));
  const plain = { NO_COLOR: undefined, FORCE_COLOR: undefined, TERM: "xterm-256color" };
  return withEnvironment({ ...plain, ...environment }, () => execTable(stream));
};
const local = (view: ExecView, event: ExecEvent): string =>
  withEnvironment({ TZ: "UTC" }, () => view.event(event));

describe("execTable", () => {
  const check = (event: Partial<ExecEvent>, last: string): void => {
    const row = local(table(), execEvent(event));
    assert.equal(row, `12:00:00.123     4711     4700      0  ls               ${last}`);
  };

  it("has titles over the columns", () =>
    assert.equal(
      table().header,
      "TIME              PID     PPID    UID  COMMAND          FILE ARGUMENTS",
    ));
  it("shows a row", () => check({}, "/usr/bin/ls -l"));
  it("shows arguments as one would type them", () =>
    check({ arguments: ["ls", "a b", "", "it's"] }, String.raw`/usr/bin/ls 'a b' '' 'it'\''s'`));
  it("shows files as one would type them", () =>
    check({ file: "/my files/ls" }, "'/my files/ls' -l"));
  it("shows the first argument where it is another name", () =>
    check({ arguments: ["-ls", "-l"] }, "/usr/bin/ls [-ls] -l"));
  it("shows that there were no arguments", () => check({ arguments: [] }, "/usr/bin/ls"));
  it("shows that arguments are missing", () => check({ truncated: true }, "/usr/bin/ls -l …"));
  it("shows control characters, and does not send them", () =>
    check({ arguments: ["ls", "\x1b[2J\n"] }, String.raw`/usr/bin/ls $'\x1b[2J\n'`));
  it("does not cut what goes into a pipe", () => {
    const long = "x".repeat(5000);
    check({ arguments: ["ls", long] }, `/usr/bin/ls ${long}`);
  });

  const long = execEvent({ arguments: ["ls", "漢字".repeat(100)] });
  for (const columns of [80, 99, 100, 132, 200]) {
    it(`keeps to ${columns} columns of a terminal`, () => {
      const view = table(columns);
      const row = local(view, long);
      // A wide character that does not fit leaves a column free.
      assert.ok(widthOf(row) <= columns && widthOf(row) >= columns - 1, row);
      assert.ok(row.endsWith("…"));
      assert.ok(widthOf(view.header!) <= columns);
    });
  }
  it("shows no milliseconds on small terminals", () =>
    assert.match(local(table(80), execEvent()), /^12:00:00 {5}4711 /));
  it("takes a terminal that does not tell its size for a usual one", () =>
    assert.ok(widthOf(local(table(0), long)) <= 80));
  it("survives terminals that are too small", () =>
    assert.match(local(table(20), long), /^12:00:00 {5}4711.*…$/));
  it("colours on terminals", () => {
    const row = local(table(100, {}), execEvent());
    assert.match(row, /\x1b\[33m {3}4711\x1b\[39m/);
    assert.match(row, /\x1b\[36m\/usr\/bin\/ls\x1b\[39m -l$/);
  });
});

describe("execJson", () => {
  const view = execJson(parsePasswd("root:x:0:0::/root:/bin/sh"));
  const parsed = (event: Partial<ExecEvent>): unknown => JSON.parse(view.event(execEvent(event)));

  it("has everything", () =>
    assert.deepEqual(parsed({}), {
      type: "exec",
      time: "2026-11-21T12:00:00.123456Z",
      pid: 4711,
      ppid: 4700,
      uid: 0,
      user: "root",
      command: "ls",
      file: "/usr/bin/ls",
      arguments: ["ls", "-l"],
      truncated: false,
    }));
  it("leaves out the name of an unknown user", () =>
    assert.ok(!Object.hasOwn(parsed({ uid: 7 }) as object, "user")));
  it("keeps to one line", () => assert.doesNotMatch(view.event(execEvent({ file: "a\nb" })), /\n/));
  it("sums up", () =>
    assert.deepEqual(JSON.parse(view.summary!({ events: 3, lost: 1, seconds: 1.23456 })), {
      type: "summary",
      events: 3,
      lost: 1,
      seconds: 1.235,
    }));
});

describe("textSummary", () => {
  const check = (events: number, seconds: number, text: string): void =>
    assert.equal(textSummary({ events, lost: 0, seconds }), text);

  it("counts one", () => check(1, 0.04, "1 execution in 0.0 s"));
  it("counts many", () => check(12_345, 10, "12,345 executions in 10.0 s"));
});

describe("lossWarning", () => {
  it("names a larger ring", () =>
    assert.match(lossWarning(2, 1 << 20), /^warning: 2 executions lost: .*--ring-size 4M/));
  it("names no ring that is too large", () =>
    assert.match(lossWarning(1, 1 << 29), /1 execution lost: .*--ring-size 1G/));
});
