import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { InvalidArgumentError } from "../base/errors.ts";
import { loadCollection } from "../collection/load.ts";
import { NotFoundError, NotSupportedError } from "../kernel/errors.ts";
import { kprobe, kretprobe } from "../spec/kprobe.ts";
import { uprobe, uretprobe } from "../spec/uprobe.ts";
import { openNativeKernel } from "../sys/native-kernel.ts";
import { whyMissing } from "../testing/capabilities.ts";
import { needs } from "../testing/needs.ts";
import { functionOffset } from "./function-offset.ts";
import { counting, hits } from "./testing-hits.ts";

const kernel = openNativeKernel();

/** The C library of this process. */
const library = /\S+\/libc[.-]\S*so\S*/.exec(readFileSync("/proc/self/maps", "utf8"))![0];

describe("probes on user space", needs("root", "bpf", "uprobe"), () => {
  const places = {
    "the start of a function": uprobe({ path: library, symbol: "getenv" }, counting()),
    "the return of a function": uretprobe({ path: library, symbol: "getenv" }, counting()),
    "a place in a file": uprobe(
      { path: library, offset: functionOffset(readFileSync(library), library, "getenv") },
      counting(),
    ),
  };
  for (const [place, seen] of Object.entries(places)) {
    it(`run at ${place}`, () => {
      using tracer = loadCollection(kernel, { hits, seen });
      tracer.attach();
      spawnSync("bash", ["-c", "true"]);
      assert.ok(tracer.hits.value > 0n);
      tracer.detach();
      const before = tracer.hits.value;
      spawnSync("bash", ["-c", "true"]);
      assert.equal(tracer.hits.value, before);
    });
  }

  it("see one process only when asked to", () => {
    const place = { path: library, symbol: "getenv", pid: process.pid };
    using tracer = loadCollection(kernel, { hits, seen: uprobe(place, counting()) });
    tracer.attach();
    spawnSync("bash", ["-c", "/bin/true"]);
    const others = tracer.hits.value;
    using all = loadCollection(kernel, {
      hits,
      seen: uprobe({ path: library, symbol: "getenv" }, counting()),
    });
    all.attach();
    spawnSync("bash", ["-c", "/bin/true"]);
    assert.ok(all.hits.value > tracer.hits.value - others);
  });

  const refuses = (
    place: Parameters<typeof uprobe>[0],
    type: new (...given: never[]) => Error,
    hint: RegExp,
  ): void => {
    using tracer = loadCollection(kernel, { hits, seen: uprobe(place, counting()) });
    assert.throws(
      () => tracer.attach(),
      (error) => error instanceof type && hint.test(String((error as { hint?: string }).hint)),
    );
  };

  it("name the function that may have been meant", () =>
    refuses({ path: library, symbol: "getenvv" }, InvalidArgumentError, /getenv/));
  it("say when there is no such file", () =>
    refuses({ path: "/no/such/library", symbol: "f" }, NotFoundError, /./));
  it("want a function or an offset", () =>
    assert.throws(() => uprobe({ path: library }, counting()), InvalidArgumentError));
});

describe("probes on the kernel", needs("root", "bpf"), () => {
  const available = whyMissing("kprobe") === undefined;

  for (const [name, make] of Object.entries({ kprobe, kretprobe })) {
    it(`${available ? "run" : "are refused"} at ${name}`, () => {
      const seen = make("__x64_sys_getppid", counting());
      using tracer = loadCollection(kernel, { hits, seen });
      if (!available) {
        assert.throws(() => tracer.attach(), NotSupportedError);
        return;
      }
      tracer.attach();
      spawnSync("bash", ["-c", "true"]);
      assert.ok(tracer.hits.value > 0n);
    });
  }
});
