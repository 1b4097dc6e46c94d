import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { NotSupportedError } from "../../kernel/errors.ts";
import type { ProbeRequest } from "../../kernel/perf-event.ts";
import { Caller } from "../call/caller.ts";
import { fakeBridge } from "../testing-bridge.ts";
import { fakeFiles, mountLine } from "../testing-files.ts";
import { type Definitions, openTracefsProbe } from "./tracefs-probe.ts";

const mounted = {
  "/proc/self/mountinfo": mountLine("/t", "tracefs"),
  "/t/kprobe_events": "",
  "/t/uprobe_events": "",
};

/** A machine that gives an id to every probe that is defined; `lines` are those that were written. */
function machine(contents: Readonly<Record<string, string>> = mounted): {
  readonly files: Definitions;
  readonly lines: string[];
} {
  const lines: string[] = [];
  const known = fakeFiles({ ...contents, "/t/events/sched/sched_switch/id": "1" });
  const text = (path: string): string | undefined =>
    path.endsWith("/id") && lines.length > 0 ? "77\n" : known.text(path);
  const append = (path: string, line: string): void => void lines.push(`${path} ${line}`);
  return { files: { ...known, text, append }, lines };
}

interface Opened {
  readonly lines: readonly string[];
  readonly pid: number;
  readonly cpu: number;
}

function open(request: ProbeRequest, result = 7): Opened {
  const { files, lines } = machine();
  const opened = { pid: 0, cpu: 0 };
  const bridge = fakeBridge(() => 0, {
    perfEventOpen: (_, pid, cpu) => {
      Object.assign(opened, { pid, cpu });
      return result;
    },
  });
  const { event, definition } = openTracefsProbe(new Caller(bridge, [4, 9]), request, files);
  event.close();
  definition[Symbol.dispose]();
  return { lines, ...opened };
}

describe("openTracefsProbe", () => {
  const check = (request: ProbeRequest, file: string, text: string): void => {
    const [defined, removed, ...more] = open(request).lines;
    const name = /:(ts_ebpf\/\S+)/.exec(defined!)![1]!;
    const letter = request.kind.includes("ret") ? "r" : "p";
    assert.match(name, new RegExp(`^ts_ebpf/${request.kind}_${process.pid}_\\d+$`));
    assert.equal(defined, `/t/${file} ${letter}:${name} ${text}\n`);
    assert.deepEqual([removed, more], [`/t/${file} -:${name}\n`, []]);
  };

  it("defines probes on functions of the kernel", () => {
    check({ kind: "kprobe", place: "do_exit", offset: 0 }, "kprobe_events", "do_exit");
    check({ kind: "kprobe", place: "do_exit", offset: 4 }, "kprobe_events", "do_exit+4");
    check({ kind: "kretprobe", place: 0xff00n, offset: 0 }, "kprobe_events", "0xff00");
  });
  it("defines probes in files", () => {
    const place = { path: "/bin/sh", offset: 0x40 };
    check({ kind: "uprobe", ...place }, "uprobe_events", "/bin/sh:0x40");
    check({ kind: "uretprobe", ...place }, "uprobe_events", "/bin/sh:0x40");
    const counted = { kind: "uprobe", ...place, counterOffset: 0x80 } as const;
    check(counted, "uprobe_events", "/bin/sh:0x40(0x80)");
  });
  it("opens them for one process when asked to", () => {
    const probe = { kind: "uprobe", path: "/p", offset: 1 } as const;
    assert.deepEqual([open(probe).pid, open(probe).cpu], [-1, 0]);
    assert.deepEqual([open({ ...probe, pid: 5 }).pid, open({ ...probe, pid: 5 }).cpu], [5, -1]);
  });
  it("removes the definition when the event cannot be opened", () => {
    const { files, lines } = machine();
    const caller = new Caller(
      fakeBridge(() => 0, { perfEventOpen: () => -1 }),
      [4, 9],
    );
    const request = { kind: "kprobe", place: "f", offset: 0 } as const;
    assert.throws(() => openTracefsProbe(caller, request, files));
    assert.equal(lines.length, 2);
    assert.match(lines[1]!, /-:ts_ebpf/);
  });
  it("says when the kernel has no such probes", () => {
    const { files } = machine({ "/proc/self/mountinfo": mountLine("/t", "tracefs") });
    const caller = new Caller(fakeBridge(), [4, 9]);
    const request = { kind: "kprobe", place: "f", offset: 0 } as const;
    assert.throws(() => openTracefsProbe(caller, request, files), NotSupportedError);
  });
});
