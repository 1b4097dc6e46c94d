/**
 * Timers of both kernels next to each other: random sequences of helpers and updates give the same results.
 *
 * When a timer runs is the machine's business; so those that are started are due at once and waited for, or never.
 * @module
 */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { compileAndLoad } from "../../collection/load.ts";
import { isAtLeast } from "../../kernel/feature.ts";
import type { Kernel } from "../../kernel/kernel.ts";
import { bpf } from "../../lang/builtins/index.ts";
import { Random } from "../../lang/ir/testing-generator.ts";
import { u32 } from "../../layout/integer.ts";
import { timer } from "../../layout/opaque.ts";
import { struct } from "../../layout/struct.ts";
import { arrayMap } from "../../spec/array-map.ts";
import { global } from "../../spec/global-spec.ts";
import { hashMap } from "../../spec/hash-map.ts";
import { tcx } from "../../spec/tcx.ts";
import { openNativeKernel } from "../../sys/native-kernel.ts";
import { needs } from "../../testing/needs.ts";
import { createSimulatedKernel } from "../simulated-kernel.ts";

const native = openNativeKernel();
const Slot = struct("slot", { at: timer, fired: u32 });
const never = 1n << 50n;
const input = { data: new Uint8Array(64) };
const missing = 77;

/** A kernel with programs on timers of a map; the map has two elements. */
async function benchOn(kernel: Kernel, make: typeof arrayMap | typeof hashMap) {
  const slots = make === arrayMap ? arrayMap("slots", Slot, 2) : hashMap("slots", u32, Slot, 2);
  const index = global("index", u32, 0);
  const flags = global("flags", u32, 0);
  const soon = global("soon", u32, 0);
  const init = tcx("ingress", () => {
    "use bpf";
    const slot = slots.lookup(index.value);
    return slot ? bpf.timerInit(slot.at, slots, 1) : missing;
  });
  const call = tcx("ingress", () => {
    "use bpf";
    const slot = slots.lookup(index.value);
    if (!slot) return missing;
    return bpf.timerSetCallback(slot.at, (_map, key, element) => {
      element.fired += 1 + key;
    });
  });
  const start = tcx("ingress", () => {
    "use bpf";
    const slot = slots.lookup(index.value);
    if (!slot) return missing;
    return soon.value === 1
      ? bpf.timerStart(slot.at, 0n, flags.value)
      : bpf.timerStart(slot.at, never, flags.value);
  });
  const cancel = tcx("ingress", () => {
    "use bpf";
    const slot = slots.lookup(index.value);
    return slot ? bpf.timerCancel(slot.at) : missing;
  });
  return compileAndLoad(kernel, { slots, index, flags, soon, init, call, start, cancel });
}

type Bench = Awaited<ReturnType<typeof benchOn>>;

const operations = ["init", "call", "start", "cancel", "soon", "put", "delete"] as const;

interface Step {
  readonly what: (typeof operations)[number];
  readonly index: number;
  readonly flags: number;
}

/** What a step gives; one that makes a timer run at once waits for it. */
async function done(
  bench: Bench,
  { what, index, flags }: Step,
  elapse: () => void,
): Promise<string> {
  bench.index.value = index;
  bench.flags.value = flags;
  bench.soon.value = what === "soon" ? 1 : 0;
  const slots = bench.slots as {
    set(key: number, value: object): void;
    delete(key: number): boolean;
  };
  if (what === "put") return String(slots.set(index, { fired: 0 }));
  if (what === "delete") return outcomeOf(() => String(slots.delete(index)));
  const before = firedOf(bench, index);
  const returned = bench[what === "soon" ? "start" : what].run(input).returnValue | 0;
  if (what !== "soon" || returned !== 0) return `${returned}`;
  elapse();
  const deadline = performance.now() + 60_000;
  while (firedOf(bench, index) === before && performance.now() < deadline)
    await new Promise((resolve) => setImmediate(resolve));
  return `fired ${firedOf(bench, index)}`;
}

function firedOf(bench: Bench, index: number): number | undefined {
  return bench.slots.get(index)?.fired;
}

function outcomeOf(run: () => string): string {
  try {
    return run();
  } catch (error) {
    return (error as Error).name;
  }
}

const why = !isAtLeast(native.version, [6, 12]) && "since 6.12 all of this is as it is now";

describe("timers of both kernels", why ? { skip: why } : needs("root", "bpf"), () => {
  for (const make of [arrayMap, hashMap]) {
    it(`give the same answers, in values of ${make === arrayMap ? "arrays" : "hashes"}`, async () => {
      for (let seed = 1; seed <= 6; seed++) {
        const simulated = createSimulatedKernel();
        using left = await benchOn(native, make);
        using right = await benchOn(simulated, make);
        const random = new Random(seed);
        const steps: string[] = [];
        for (let turn = 0; turn < 60; turn++) {
          const step: Step = {
            what: random.pick(operations),
            index: random.below(2),
            flags: random.below(12) === 0 ? 4 : 0,
          };
          steps.push(`${step.what} ${step.index} ${step.flags}`);
          const expected = await done(left, step, () => {});
          const actual = await done(right, step, () => simulated.advance(1n));
          assert.equal(actual, expected, `seed ${seed}, after ${steps.slice(-20).join("; ")}`);
        }
      }
    });
  }
});
