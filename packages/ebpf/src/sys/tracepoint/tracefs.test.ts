import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { fakeFiles, mountLine } from "../testing-files.ts";
import { traceableFunctions, tracefsFolder, tracepointId } from "./tracefs.ts";

const mounts = "/proc/self/mountinfo";
const mounted = {
  [mounts]: mountLine("/t", "tracefs"),
  "/t/events/sched/sched_switch/id": "316\n",
  "/t/events/sched/sched_wakeup/id": "317\n",
  "/t/events/syscalls/sys_enter_open/id": "700\n",
};

describe("tracefsFolder", () => {
  const check = (files: Readonly<Record<string, string>>, expected: string): void =>
    assert.equal(tracefsFolder(fakeFiles(files)), expected);

  it("finds it where it is mounted", () => check(mounted, "/t"));
  it("finds it inside of debugfs", () =>
    check({ [mounts]: mountLine("/d", "debugfs"), "/d/tracing/events/x/y/id": "1" }, "/d/tracing"));
  it("prefers one that can be read", () =>
    check(
      {
        [mounts]: `${mountLine("/closed", "tracefs")}\n${mountLine("/d", "debugfs")}`,
        "/d/tracing/events/x/y/id": "1",
      },
      "/d/tracing",
    ));
  it("says how to mount it", () =>
    assert.throws(() => tracefsFolder(fakeFiles({})), {
      name: "NotSupportedError",
      hint: "mount it: mount -t tracefs tracefs /sys/kernel/tracing",
    }));
});

describe("traceableFunctions", () => {
  it("are those that the tracer of functions lists", () => {
    const listed = "do_exit\nprobe_me [module]\n__ftrace_invalid_address___12\ndo_exit\n";
    const files = fakeFiles({ ...mounted, "/t/available_filter_functions": listed });
    assert.deepEqual(traceableFunctions(files), ["do_exit", "probe_me", "do_exit"]);
  });
  it("are not known without that", () =>
    assert.throws(() => traceableFunctions(fakeFiles(mounted)), { name: "NotSupportedError" }));
});

describe("tracepointId", () => {
  const id = (category: string, name: string): number =>
    tracepointId({ category, name }, fakeFiles(mounted));
  const refuse = (category: string, name: string, message: string, hint?: string): void =>
    assert.throws(() => id(category, name), { name: "InvalidArgumentError", message, hint });

  it("reads the number", () => assert.equal(id("sched", "sched_switch"), 316));
  it("guesses the name that was meant", () =>
    refuse(
      "sched",
      "sched_swich",
      'there is no tracepoint "sched_swich" in "sched"',
      'did you mean "sched_switch"?',
    ));
  it("guesses the category that was meant", () =>
    refuse(
      "syscall",
      "sys_enter_open",
      'there are no tracepoints of category "syscall"',
      'did you mean "syscalls"?',
    ));
  it("guesses nothing far-fetched", () =>
    refuse(
      "sched",
      "nothing_like_it_at_all",
      'there is no tracepoint "nothing_like_it_at_all" in "sched"',
    ));
  it("tells a closed folder from an unknown name", () => {
    const files = fakeFiles({ [mounts]: mountLine("/t", "tracefs") });
    assert.throws(() => tracepointId({ category: "sched", name: "sched_switch" }, files), {
      name: "NotSupportedError",
      message: /closed to this user/,
    });
  });
});
