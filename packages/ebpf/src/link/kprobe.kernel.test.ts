import assert from "node:assert/strict";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { compileAndLoad, loadCollection } from "../collection/load.ts";
import { NotFoundError, NotSupportedError, SyscallError } from "../kernel/errors.ts";
import { isAtLeast } from "../kernel/feature.ts";
import type { Kernel } from "../kernel/kernel.ts";
import { bpf } from "../lang/builtins/bpf.ts";
import { chars } from "../layout/chars.ts";
import { s32, u32, u64 } from "../layout/integer.ts";
import { config, global } from "../spec/global-spec.ts";
import type { ProbeContext } from "../spec/context/probe.ts";
import { kprobe, kretprobe } from "../spec/kprobe.ts";
import { kprobeMulti, kprobeSession, kretprobeMulti } from "../spec/kprobe-multi.ts";
import { kretsyscall, ksyscall } from "../spec/ksyscall.ts";
import type { ProgramSpec } from "../spec/program-spec.ts";
import { openNativeKernel } from "../sys/native-kernel.ts";
import { whyMissing } from "../testing/capabilities.ts";
import { needs } from "../testing/needs.ts";
import { withoutCommand, withoutProbeEvents } from "../testing/older-kernel.ts";
import { addingCookies, cookies, counting, hits } from "./testing-hits.ts";

const kernel = openNativeKernel();
const hasCookies = isAtLeast(kernel.version, [5, 15]);
/** The kernel's function behind `process.ppid`, which asks each time. */
const getppid = process.arch === "arm64" ? "__arm64_sys_getppid" : "__x64_sys_getppid";
const getuid = getppid.replace("getppid", "getuid");

/** What it is attached with; while it is, calls of `getppid` run the program. */
function checkRuns(make: () => ProgramSpec, on: Kernel = kernel): string {
  using tracer = loadCollection(on, { hits, seen: make() });
  tracer.attach();
  const { kind } = tracer.links.get("seen")!;
  assert.ok(process.ppid > 0 && tracer.hits.value > 0n);
  tracer.detach();
  const before = tracer.hits.value;
  assert.ok(process.ppid > 0);
  assert.equal(tracer.hits.value, before);
  return kind;
}

function refuses(
  spec: ProgramSpec,
  type: abstract new (...given: never[]) => Error,
  message: RegExp,
): void {
  using tracer = loadCollection(kernel, { hits, seen: spec });
  assert.throws(
    () => tracer.attach(),
    (error) => {
      assert.ok(error instanceof type, String(error));
      assert.match(`${error.message} ${String((error as { hint?: string }).hint)}`, message);
      return true;
    },
  );
}

function addressOf(symbol: string): bigint {
  const text = readFileSync("/proc/kallsyms", "utf8");
  return BigInt(`0x${new RegExp(`^(\\S+) [tT] ${symbol}$`, "m").exec(text)![1]}`);
}

describe("probes on the kernel", needs("root", "bpf", "kprobe"), () => {
  const seen = (): ProgramSpec => kprobe(getppid, counting());

  it("run at the call of a function", () => void checkRuns(seen));
  it("run at the return of a function", () => void checkRuns(() => kretprobe(getppid, counting())));
  it("run at an address", () => {
    checkRuns(() => kprobe(addressOf(getppid), counting()));
    checkRuns(() => kretprobe(addressOf(getppid), counting()));
  });
  it("run behind the start of a function, where an instruction starts", () => {
    const attempts = Array.from({ length: 12 }, (_, index) => () => {
      checkRuns(() => kprobe(getppid, counting(), { offset: index + 1 }));
    });
    const outcomes = attempts.map((attempt) => {
      try {
        attempt();
        return "ran";
      } catch (error) {
        assert.ok(error instanceof SyscallError, String(error));
        assert.match(error.message, /instruction starts at this offset|let this place be probed/);
        return "refused";
      }
    });
    assert.deepEqual([...new Set(outcomes)].toSorted(), ["ran", "refused"]);
  });
  it("say in which way they are attached", () => {
    assert.equal(checkRuns(seen), hasCookies ? "perf_event" : "perf_event_ioctl");
    assert.equal(checkRuns(seen, withoutCommand(kernel, "linkCreate")), "perf_event_ioctl");
  });
  it("are defined in tracefs where perf events know none", needs("tracefs"), () => {
    const older = withoutProbeEvents(kernel);
    assert.equal(checkRuns(seen, older), "tracefs_event");
    checkRuns(() => kretprobe(getppid, counting()), older);
    checkRuns(() => kprobe(addressOf(getppid), counting()), older);
    using tracer = loadCollection(older, { hits, seen: kprobe("no_such_function", counting()) });
    assert.throws(() => tracer.attach(), NotFoundError);
  });
  it("tell attachments apart by their cookies", () => {
    if (!hasCookies) return;
    const first = kprobe(getppid, addingCookies(), { cookie: 1 });
    const second = kretprobe(getppid, addingCookies(), { cookie: 1n << 32n });
    using tracer = loadCollection(kernel, { cookies, first, second });
    tracer.attach();
    assert.ok(process.ppid > 0);
    assert.ok((tracer.cookies.value & 0xffff_ffffn) > 0n && tracer.cookies.value >> 32n > 0n);
  });
  it("have no cookies before 5.15", () => {
    const older = withoutCommand(kernel, "linkCreate");
    using tracer = loadCollection(older, {
      hits,
      seen: kprobe(getppid, counting(), { cookie: 1 }),
    });
    assert.throws(() => tracer.attach(), NotSupportedError);
  });
  it("give registers where only an address is known", needs("btf"), async () => {
    const sum = global("sum", u64, 0n);
    const atAddress = kprobe(addressOf(getppid), (ctx) => {
      "use bpf";
      if (ctx["ip"] !== 0n) sum.value += 1n;
      return 0;
    });
    if (process.arch !== "x64") return;
    using tracer = await compileAndLoad(kernel, { sum, atAddress });
    tracer.attach();
    assert.ok(process.ppid > 0 && tracer.sum.value > 0n);
  });

  it("name the function that may have been meant", () =>
    refuses(kprobe("do_exitt", counting()), NotFoundError, /no function "do_exitt".*"do_exit"/));
  it("are refused where probes would call themselves", () => {
    if (process.arch !== "x64") return;
    refuses(kprobe("exc_int3", counting()), SyscallError, /does not let this place be probed/);
  });
  it("are refused at addresses without code", () =>
    refuses(kprobe(4096n, counting()), SyscallError, /0x1000/));
});

describe("probes on a kernel without", needs("root", "bpf"), () => {
  it("are refused with what is missing", () => {
    if (whyMissing("kprobe") === undefined) return;
    for (const make of [kprobe, kretprobe]) {
      refuses(make(getppid, counting()), NotSupportedError, /CONFIG_KPROBE_EVENTS/);
    }
    refuses(ksyscall("getppid", counting()), NotSupportedError, /CONFIG_KPROBE_EVENTS/);
  });
  it("are refused with what is missing, on many functions", () => {
    if (whyMissing("kprobe-multi") === undefined) return;
    assert.throws(
      () => {
        using tracer = loadCollection(kernel, { hits, seen: kprobeMulti([getppid], counting()) });
        tracer.attach();
      },
      (error) => error instanceof NotSupportedError,
    );
  });
});

describe("probes on system calls", needs("root", "bpf", "kprobe"), () => {
  const self = config("self", u32, process.pid);
  const result = global("result", s32, 0);
  const number = global("number", u64, 0n);

  it("run at the call and at the return", () => {
    checkRuns(() => ksyscall("getppid", counting()));
    checkRuns(() => kretsyscall("getppid", counting()));
  });
  it("give the arguments", needs("btf"), async () => {
    const path = global("path", chars(64), "");
    const flags = global("flags", u64, 0n);
    const onOpen = ksyscall("openat", (_folder, file, given) => {
      "use bpf";
      if (u32(bpf.getCurrentPidTgid() >> 32n) !== self.value) return 0;
      path.value = bpf.probeReadUserStr(file);
      flags.value = u64(given);
      return 0;
    });
    using tracer = await compileAndLoad(kernel, { self, path, flags, onOpen });
    tracer.attach();
    closeSync(openSync("/dev/null", 1));
    assert.equal(tracer.path.value, "/dev/null");
    // Node opens files so that programs it starts do not have them: O_CLOEXEC.
    assert.equal(tracer.flags.value & 3n, 1n);
  });
  it("give the fourth argument too", needs("btf"), async () => {
    const onWrite = ksyscall("pwrite64", (_file, _bytes, _count, place) => {
      "use bpf";
      if (u32(bpf.getCurrentPidTgid() >> 32n) === self.value) number.value = u64(place);
      return 0;
    });
    using tracer = await compileAndLoad(kernel, { self, number, onWrite });
    tracer.attach();
    const folder = mkdtempSync(join(tmpdir(), "ts-ebpf-"));
    const file = openSync(join(folder, "file"), "w");
    writeSync(file, new Uint8Array(1), 0, 1, 1234);
    closeSync(file);
    rmSync(folder, { recursive: true });
    assert.equal(tracer.number.value, 1234n);
  });
  it("give the result", needs("btf"), async () => {
    const onReturn = kretsyscall("getppid", (ctx) => {
      "use bpf";
      if (u32(bpf.getCurrentPidTgid() >> 32n) === self.value) result.value = s32(ctx["ax"]);
      return 0;
    });
    if (process.arch !== "x64") return;
    using tracer = await compileAndLoad(kernel, { self, result, onReturn });
    tracer.attach();
    assert.equal(process.ppid, tracer.result.value);
  });
  it("name the call that may have been meant", () =>
    refuses(ksyscall("opennat", counting()), NotFoundError, /system call.*did you mean "openat"/));
});

describe("probes on many functions", needs("root", "bpf", "kprobe-multi"), () => {
  it("run at functions by name", () =>
    assert.equal(
      checkRuns(() => kprobeMulti([getppid, getuid], counting())),
      "kprobe_multi",
    ));
  it("run at functions that fit a pattern", needs("tracefs"), () => {
    using tracer = loadCollection(kernel, { hits, seen: kprobeMulti("vfs_r?ad*", counting()) });
    tracer.attach();
    readFileSync("/proc/self/comm");
    assert.ok(tracer.hits.value > 0n);
    const { target } = tracer.links.get("seen")!;
    assert.ok(Number(/\((\d+) functions\)$/.exec(target)![1]) >= 2, target);
    refuses(kprobeMulti("no_such_*", counting()), Error, /no function that fits "no_such_\*"/);
  });
  it("run at addresses", () =>
    void checkRuns(() => kprobeMulti([addressOf(getppid), addressOf(getuid)], counting())));
  it("run at returns", () => void checkRuns(() => kretprobeMulti([getppid], counting())));
  it("tell functions apart by their cookies", () => {
    const seen = kprobeMulti([getppid, getuid], addingCookies(), { cookies: [1, 1n << 32n] });
    using tracer = loadCollection(kernel, { cookies, seen });
    tracer.attach();
    assert.ok(process.ppid > 0 && process.getuid?.() === 0);
    assert.ok((tracer.cookies.value & 0xffff_ffffn) > 0n && tracer.cookies.value >> 32n > 0n);
  });
  it("tell functions of TypeScript which was called", needs("btf"), async () => {
    const place = global("place", u64, 0n);
    const self = config("self", u32, process.pid);
    const seen = kprobeMulti([getppid], (ctx) => {
      "use bpf";
      if (u32(bpf.getCurrentPidTgid() >> 32n) === self.value) place.value = bpf.getFuncIp(ctx);
      return 0;
    });
    using tracer = await compileAndLoad(kernel, { self, place, seen });
    tracer.attach();
    assert.ok(process.ppid > 0);
    assert.equal(tracer.place.value, addressOf(getppid));
  });
  it("name the function that may have been meant", () =>
    refuses(
      kprobeMulti([getppid, "vfs_raed"], counting()),
      NotFoundError,
      /no function "vfs_raed".*did you mean "vfs_read"/,
    ));
});

describe("sessions on the kernel", needs("root", "bpf", "kprobe-session", "btf"), () => {
  const self = config("self", u32, process.pid);
  /** How often a program ran for one call by this process. */
  const runs = async (seen: ReturnType<typeof session>): Promise<bigint> => {
    using tracer = await compileAndLoad(kernel, { self, hits, seen });
    tracer.attach();
    assert.equal(tracer.links.get("seen")?.kind, "kprobe_multi");
    assert.ok(process.ppid > 0);
    return tracer.hits.value;
  };
  const session = (code: (context: ProbeContext) => number) => kprobeSession([getppid], code);

  it("run at the call and at the return", async () =>
    assert.equal(
      await runs(
        session(() => {
          "use bpf";
          if (u32(bpf.getCurrentPidTgid() >> 32n) === self.value) hits.value += 1n;
          return 0;
        }),
      ),
      2n,
    ));
  it("run at the call only where the program says so", async () =>
    assert.equal(
      await runs(
        session(() => {
          "use bpf";
          if (u32(bpf.getCurrentPidTgid() >> 32n) === self.value) hits.value += 1n;
          return 1;
        }),
      ),
      1n,
    ));
});
