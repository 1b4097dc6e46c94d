import assert from "node:assert/strict";
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { after, describe, it } from "node:test";
import { InvalidArgumentError } from "../base/errors.ts";
import { compileAndLoad, loadCollection } from "../collection/load.ts";
import { readElf } from "../elf/read.ts";
import { readSymbols } from "../elf/tables.ts";
import { fileOffset } from "../elf/file-offset.ts";
import { NotFoundError, NotSupportedError } from "../kernel/errors.ts";
import { isAtLeast } from "../kernel/feature.ts";
import type { Kernel } from "../kernel/kernel.ts";
import { bpf } from "../lang/builtins/bpf.ts";
import { u32, u64 } from "../layout/integer.ts";
import { global } from "../spec/global-spec.ts";
import type { ProgramSpec } from "../spec/program-spec.ts";
import { uprobe, type UprobePlace, uretprobe } from "../spec/uprobe.ts";
import {
  uprobeMulti,
  type UprobeMultiPlaces,
  uprobeSession,
  uretprobeMulti,
} from "../spec/uprobe-multi.ts";
import { openNativeKernel } from "../sys/native-kernel.ts";
import { needs } from "../testing/needs.ts";
import { withoutCommand, withoutProbeEvents } from "../testing/older-kernel.ts";
import { FileFunctions } from "./function-offset.ts";
import { libraryPath } from "./library-path.ts";
import {
  compileExecutable,
  functionsProgram,
  type TestExecutable,
  versionedLibrary,
} from "./testing-executable.ts";
import { addingCookies, cookies, counting, hits } from "./testing-hits.ts";

const kernel = openNativeKernel();
const hasCookies = isAtLeast(kernel.version, [5, 15]);

let made: TestExecutable | undefined;
const path = (): string => (made ??= compileExecutable(functionsProgram)).path;
after(() => made?.[Symbol.dispose]());

/** Runs the program, which calls each of its functions once for each byte; its answer. */
const call = (input = "x"): string => spawnSync(path(), { input, encoding: "utf8" }).stdout;

const offsetOf = (symbol: string): number =>
  new FileFunctions(readFileSync(path()), path()).offsetOf(symbol);

/** Where the variable with the number of listeners is in the file. */
function listenersOffset(): number {
  const file = readElf(readFileSync(path()), path());
  const symbol = readSymbols(file).find(({ name }) => name === "listeners")!;
  return fileOffset(file, symbol.value)!;
}

/** How often a program runs for one byte of input, while it is attached and after. */
function checkHits(make: () => ProgramSpec, expected: bigint, on: Kernel = kernel): string {
  using tracer = loadCollection(on, { hits, seen: make() });
  tracer.attach();
  const { kind } = tracer.links.get("seen")!;
  call();
  assert.equal(tracer.hits.value, expected);
  tracer.detach();
  call();
  assert.equal(tracer.hits.value, expected);
  return kind;
}

describe("probes on user space", needs("root", "bpf", "uprobe", "clang"), () => {
  const at = (place: Omit<UprobePlace, "path">) => () =>
    uprobe({ path: path(), ...place }, counting());

  it("run at the start of a function", () => void checkHits(at({ symbol: "visible" }), 1n));
  it("run at a function of the file's own", () => void checkHits(at({ symbol: "hidden" }), 1n));
  it("run at the return of a function", () =>
    void checkHits(() => uretprobe({ path: path(), symbol: "visible" }, counting()), 1n));
  it("run at a place in a file", () =>
    void checkHits(() => at({ offset: offsetOf("visible") })(), 1n));
  it("run behind the start of a function", () => {
    const distance = offsetOf("also_visible") - offsetOf("visible");
    checkHits(at({ symbol: "visible", offset: distance }), 1n);
  });
  it("say in which way they are attached", () => {
    assert.equal(
      checkHits(at({ symbol: "visible" }), 1n),
      hasCookies ? "perf_event" : "perf_event_ioctl",
    );
    const withoutLinks = withoutCommand(kernel, "linkCreate");
    assert.equal(checkHits(at({ symbol: "visible" }), 1n, withoutLinks), "perf_event_ioctl");
  });

  it("are counted for the program that is probed", () => {
    using tracer = loadCollection(kernel, {
      hits,
      seen: at({ symbol: "visible", counterOffset: listenersOffset() })(),
    });
    assert.equal(call("a"), "n");
    tracer.attach();
    assert.equal(call("ab"), "yy");
    assert.equal(tracer.hits.value, 2n);
    tracer.detach();
    assert.equal(call("a"), "n");
  });

  it("tell attachments apart by their cookies", () => {
    const place = { path: path(), symbol: "visible" };
    const first = uprobe(place, addingCookies(), { cookie: 3 });
    const second = uretprobe(place, addingCookies(), { cookie: 2n ** 40n });
    if (!hasCookies) return;
    using tracer = loadCollection(kernel, { cookies, first, second });
    tracer.attach();
    call();
    assert.equal(tracer.cookies.value, 3n + 2n ** 40n);
  });
  it("have no cookies where there are no links", () => {
    const older = withoutCommand(kernel, "linkCreate");
    const seen = uprobe({ path: path(), symbol: "visible" }, counting(), { cookie: 1 });
    using tracer = loadCollection(older, { hits, seen });
    assert.throws(
      () => tracer.attach(),
      (error) => error instanceof NotSupportedError && error.since?.[1] === 15,
    );
  });

  describe("defined in tracefs", needs("tracefs"), () => {
    const older = withoutProbeEvents(kernel);
    it("run, and are gone afterwards", () => {
      assert.equal(checkHits(at({ symbol: "visible" }), 1n, older), "tracefs_event");
      checkHits(() => uretprobe({ path: path(), symbol: "visible" }, counting()), 1n, older);
    });
    it("are counted for the program that is probed", () => {
      const place = { symbol: "visible", counterOffset: listenersOffset() };
      using tracer = loadCollection(older, { hits, seen: at(place)() });
      tracer.attach();
      assert.equal(call("a"), "y");
      const link = tracer.links.get("seen")!;
      assert.throws(() => link.info(), NotSupportedError);
    });
    it("have no cookies", () => {
      const seen = uprobe({ path: path(), symbol: "visible" }, counting(), { cookie: 1 });
      using tracer = loadCollection(older, { hits, seen });
      assert.throws(() => tracer.attach(), NotSupportedError);
    });
    it("say what is wrong", () => {
      const seen = uprobe({ path: "/no/such/program", offset: 1 }, counting());
      using tracer = loadCollection(older, { hits, seen });
      assert.throws(() => tracer.attach(), NotFoundError);
    });
  });

  it("are of one process when asked to", async () => {
    using running = start();
    const { pid } = running.process;
    using tracer = loadCollection(kernel, { hits, seen: at({ symbol: "visible", pid: pid! })() });
    tracer.attach();
    call();
    assert.equal(tracer.hits.value, 0n);
    await running.call();
    assert.equal(tracer.hits.value, 1n);
  });

  const refuses = (
    place: UprobePlace,
    type: new (...given: never[]) => Error,
    message: RegExp,
  ): void => {
    using tracer = loadCollection(kernel, { hits, seen: uprobe(place, counting()) });
    assert.throws(
      () => tracer.attach(),
      (error) => {
        assert.ok(error instanceof type);
        assert.match(`${error.message} ${String((error as { hint?: string }).hint)}`, message);
        return true;
      },
    );
  };
  it("name the function that may have been meant", () =>
    refuses({ path: path(), symbol: "visable" }, InvalidArgumentError, /did you mean "visible"/));
  it("say when there is no such file", () =>
    refuses({ path: "/no/such/program", symbol: "f" }, NotFoundError, /\/no\/such\/program/));
  it("say when there is no such library", () =>
    refuses({ path: "libc.so.7", symbol: "f" }, InvalidArgumentError, /mean "libc\.so\.6"/));
  it("want a function or an offset", () =>
    assert.throws(() => uprobe({ path: "/bin/sh" }, counting()), InvalidArgumentError));
  it("want whole numbers as cookies", () => {
    for (const cookie of [-1, 0.5, 2n ** 64n]) {
      assert.throws(
        () => uprobe({ path: "/bin/sh", offset: 1 }, counting(), { cookie }),
        InvalidArgumentError,
      );
    }
  });
});

/** The program, running until it is disposed of. */
function start(): Disposable & {
  readonly process: ChildProcess;
  readonly call: () => Promise<void>;
} {
  const child = spawn(path(), { stdio: ["pipe", "pipe", "inherit"] });
  return {
    process: child,
    call: async () => {
      const answered = once(child.stdout, "data");
      child.stdin.write("x");
      await answered;
    },
    [Symbol.dispose]: () => void child.kill(),
  };
}

describe("libraries", needs("clang"), () => {
  it("are found by name", () => {
    const found = libraryPath(kernel, { path: "libc.so.6" });
    assert.match(found, /^\/.*libc\.so\.6$/);
    assert.equal(libraryPath(kernel, { path: "libc" }), found);
    assert.equal(libraryPath(kernel, { path: "libc.so" }), found);
    assert.equal(libraryPath(kernel, { path: "./libc" }), "./libc");
  });
  it("and programs", () => assert.match(libraryPath(kernel, { path: "sh" }), /^\/.*bin\/sh$/));
  it("are those of a process", () => {
    const { pid } = process;
    const found = libraryPath(kernel, { path: "libc", pid });
    assert.match(found, new RegExp(`^/proc/${pid}/root/.*libc\\.so\\.6$`));
    assert.deepEqual(readFileSync(found), readFileSync(libraryPath(kernel, { path: "libc" })));
    assert.throws(() => libraryPath(kernel, { path: "libnothing", pid }), InvalidArgumentError);
    assert.throws(() => libraryPath(kernel, { path: "libc", pid: 2 ** 30 }), NotFoundError);
  });
  it("are refused when there are none", () => {
    assert.throws(() => libraryPath(kernel, { path: "libnothing" }), InvalidArgumentError);
    assert.throws(() => libraryPath(kernel, { path: "no-such-program" }), InvalidArgumentError);
  });
  it("may have several versions of a function", () => {
    const versions = "VERSION_1 { local: *; }; VERSION_2 { global: answer; } VERSION_1;";
    using library = compileExecutable(versionedLibrary, versions);
    const functions = new FileFunctions(readFileSync(library.path), library.path);
    const [first, second] = [functions.offsetOf("old_answer"), functions.offsetOf("new_answer")];
    assert.equal(functions.offsetOf("answer"), second);
    assert.equal(functions.offsetOf("answer@VERSION_1"), first);
    assert.equal(functions.offsetOf("answer@@VERSION_2"), second);
    assert.throws(() => functions.offsetOf("answer@VERSION_3"), {
      hint: /VERSION_1, VERSION_2|VERSION_2, VERSION_1/,
    });
  });
});

const multi = needs("root", "bpf", "uprobe-multi", "clang");
describe("probes on many places of user space", multi, () => {
  const at = (places: Omit<UprobeMultiPlaces, "path">) => () =>
    uprobeMulti({ path: path(), ...places }, counting());

  it("run at functions by name", () =>
    assert.equal(checkHits(at({ symbols: ["visible", "hidden"] }), 2n), "uprobe_multi"));
  it("run at functions that fit a pattern", () => void checkHits(at({ pattern: "*visible" }), 2n));
  it("run at places", () =>
    void checkHits(() => at({ offsets: [offsetOf("visible"), offsetOf("hidden")] })(), 2n));
  it("run when functions return", () =>
    void checkHits(() => uretprobeMulti({ path: path(), pattern: "*visible" }, counting()), 2n));
  it("tell places apart by their cookies", () => {
    const places = { path: path(), symbols: ["visible", "hidden"] };
    const seen = uprobeMulti(places, addingCookies(), { cookies: [5, 600n] });
    using tracer = loadCollection(kernel, { cookies, seen });
    tracer.attach();
    call();
    assert.equal(tracer.cookies.value, 605n);
    assert.match(tracer.links.get("seen")!.target, /uprobe_multi .*:2 functions$/);
  });
  it("are of one process when asked to", async () => {
    using running = start();
    const { pid } = running.process;
    using tracer = loadCollection(kernel, { hits, seen: at({ pattern: "*visible", pid: pid! })() });
    tracer.attach();
    call();
    assert.equal(tracer.hits.value, 0n);
    await running.call();
    assert.equal(tracer.hits.value, 2n);
  });
  it("are counted for the program that is probed", () => {
    const counterOffsets = [listenersOffset(), 0];
    const places = { symbols: ["visible", "hidden"], counterOffsets };
    using tracer = loadCollection(kernel, { hits, seen: at(places)() });
    tracer.attach();
    assert.equal(call("a"), "y");
    tracer.detach();
    assert.equal(call("a"), "n");
  });
  it("give the registers to functions of TypeScript", needs("btf"), async () => {
    const sum = global("sum", u64, 0n);
    const seen = uprobeMulti(
      { path: path(), symbols: ["visible", "also_visible"] },
      (ctx) => {
        "use bpf";
        sum.value += bpf.getAttachCookie(ctx) * u64(u32(ctx["di"]));
        return 0;
      },
      { cookies: [1, 1000] },
    );
    if (process.arch !== "x64") return;
    using tracer = await compileAndLoad(kernel, { sum, seen });
    tracer.attach();
    call("\u0003");
    assert.equal(tracer.sum.value, 3003n);
  });

  const refuses = (
    places: UprobeMultiPlaces,
    type: new (...given: never[]) => Error,
    message: RegExp,
  ): void => {
    using tracer = loadCollection(kernel, { hits, seen: uprobeMulti(places, counting()) });
    assert.throws(
      () => tracer.attach(),
      (error) => {
        assert.ok(error instanceof type, String(error));
        assert.match(`${error.message} ${String((error as { hint?: string }).hint)}`, message);
        return true;
      },
    );
  };
  it("name the function that may have been meant", () =>
    refuses(
      { path: path(), symbols: ["visible", "hiden"] },
      InvalidArgumentError,
      /did you mean "hidden"/,
    ));
  it("say when no function fits", () =>
    refuses({ path: path(), pattern: "nothing*" }, InvalidArgumentError, /"nothing\*"/));
  it("say when there is no such file or process", () => {
    refuses({ path: "/no/such/program", offsets: [1] }, NotFoundError, /\/no\/such\/program/);
    refuses({ path: path(), offsets: [64], pid: 2 ** 30 }, NotFoundError, /process 1073741824/);
  });
  it("want their places said in one way", () => {
    for (const places of [{}, { symbols: [] }, { symbols: ["f"], pattern: "f" }]) {
      assert.throws(() => uprobeMulti({ path: "/p", ...places }, []), InvalidArgumentError);
    }
  });
  it("want one cookie and one counter for each place", () => {
    const places = { path: "/p", symbols: ["f", "g"] };
    const make = (cookies: readonly number[], counterOffsets: readonly number[]): ProgramSpec =>
      uprobeMulti({ ...places, counterOffsets }, [], { cookies });
    assert.throws(() => make([1], [0, 0]), InvalidArgumentError);
    assert.throws(() => make([1, 2], [0]), InvalidArgumentError);
    assert.throws(
      () => uprobeMulti({ path: "/p", pattern: "*" }, [], { cookies: [1] }),
      InvalidArgumentError,
    );
  });
});

describe("sessions on user space", needs("root", "bpf", "uprobe-session", "clang"), () => {
  const session = (result: number) => () =>
    uprobeSession({ path: path(), symbols: ["visible"] }, counting(result));
  it("run at the call and at the return", () =>
    assert.equal(checkHits(session(0), 2n), "uprobe_multi"));
  it("run at the call only where the program says so", () => void checkHits(session(1), 1n));
});
