import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { InvalidArgumentError } from "../base/errors.ts";
import { loadCollection } from "../collection/load.ts";
import { NotSupportedError } from "../kernel/errors.ts";
import { perfEvent } from "../spec/perf-event.ts";
import { openNativeKernel } from "../sys/native-kernel.ts";
import { needs } from "../testing/needs.ts";
import { withoutCommand } from "../testing/older-kernel.ts";
import { attachPerfEvent } from "./perf-event.ts";
import { counting, hits } from "./testing-hits.ts";

const kernel = openNativeKernel();

/** Works until `seen` is true. */
function workUntil(seen: () => boolean): void {
  const deadline = Date.now() + 60_000;
  while (!seen()) assert.ok(Date.now() < deadline, "no sample was taken");
}

describe("samples", needs("root", "bpf"), () => {
  const ways = {
    "by frequency": { event: "cpu_clock", frequencyHz: 999 },
    "by period": { event: "cpu_clock", period: 1_000_000 },
    "of one process": { event: "task_clock", period: 1_000_000, pid: process.pid },
  } as const;
  for (const [way, options] of Object.entries(ways)) {
    it(`are taken ${way}`, () => {
      using profiler = loadCollection(kernel, { hits, sample: perfEvent(counting(), options) });
      profiler.attach();
      workUntil(() => profiler.hits.value >= 20n);
      const link = profiler.links.get("sample")!;
      if (link.kind === "perf_event") assert.equal(link.info().programId, profiler.sample.id);
      profiler.detach();
      const before = profiler.hits.value;
      const end = Date.now() + 30;
      while (Date.now() < end);
      assert.equal(profiler.hits.value, before);
    });
  }

  it("are taken of what the kernel counts, each time", () => {
    const options = { event: "page_faults", period: 1, pid: process.pid } as const;
    using profiler = loadCollection(kernel, { hits, sample: perfEvent(counting(), options) });
    profiler.attach();
    // Memory that nobody has touched yet.
    workUntil(() => new Uint8Array(1 << 24).fill(1)[0] === 1 && profiler.hits.value >= 100n);
    profiler.detach();
  });

  it("are taken without links where there are none", () => {
    const older = withoutCommand(kernel, "linkCreate");
    const options = { event: "cpu_clock", frequencyHz: 999 } as const;
    using profiler = loadCollection(older, { hits, sample: perfEvent(counting(), options) });
    profiler.attach();
    workUntil(() => profiler.hits.value >= 20n);
    assert.equal(profiler.links.get("sample")?.kind, "perf_event_ioctl");
    profiler.detach();
    const before = profiler.hits.value;
    const end = Date.now() + 30;
    while (Date.now() < end);
    assert.equal(profiler.hits.value, before);
  });

  it("are taken 99 times in a second when nothing is said", () =>
    assert.deepEqual(perfEvent(counting()).target.sampling, { frequencyHz: 99 }));

  it("need an event", () => {
    using profiler = loadCollection(kernel, { hits, sample: perfEvent(counting()) });
    assert.throws(() => profiler.attach(), InvalidArgumentError);
    assert.equal(profiler.links.size, 0);
    assert.throws(() => profiler.attach("sample"), InvalidArgumentError);
  });

  it("are taken of what the machine counts", () => {
    using profiler = loadCollection(kernel, { hits, sample: perfEvent(counting()) });
    const place = { event: "branch_misses", sampling: { period: 100_000 } } as const;
    try {
      attachPerfEvent(profiler.sample, place).close();
    } catch (error) {
      assert.ok(error instanceof NotSupportedError);
      assert.match(String(error.hint), /cpu_clock/);
    }
  });

  const refuses = (options: Parameters<typeof perfEvent>[1]): void =>
    assert.throws(() => perfEvent(counting(), options), InvalidArgumentError);
  it("are not taken by frequency and period", () => refuses({ frequencyHz: 1, period: 1 }));
  it("are not taken 0 times", () => refuses({ frequencyHz: 0 }));
});
