/**
 * Arenas of both kernels next to each other: the same pages are taken, given back, touched and used, in random order.
 *
 * Where an arena lies is the kernel's own business: addresses are compared by how far they are from its start.
 * @module
 */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { addrSpaceCast, mov } from "../../asm/alu.ts";
import { assemble, label } from "../../asm/assemble.ts";
import { atomicAdd } from "../../asm/atomic.ts";
import { callKfunc, exit } from "../../asm/call.ts";
import { ja, jne } from "../../asm/jump.ts";
import { ldx, stx } from "../../asm/memory.ts";
import { viewOf } from "../../base/bytes.ts";
import { r0, r1, r2, r3, r6, r7, r8 } from "../../isa/register.ts";
import { isAtLeast } from "../../kernel/feature.ts";
import type { Kernel } from "../../kernel/kernel.ts";
import { u64, u8 } from "../../layout/integer.ts";
import { createMap } from "../../map/create.ts";
import { loadProgram } from "../../program/load.ts";
import { arena } from "../../spec/arena.ts";
import { program } from "../../spec/program.ts";
import { openNativeKernel } from "../../sys/native-kernel.ts";
import { needsMap } from "../../testing/needs-map.ts";
import { createSimulatedKernel } from "../simulated-kernel.ts";

const native = openNativeKernel();
const pages = 9;
const spec = arena("memory", pages);

const operations = ["allocate", "release", "store", "load", "add", "narrow", "cast"] as const;
type Operation = (typeof operations)[number];

/** In the context: operation, address, number; the last one takes what comes out. */
const [operationAt, addressAt, numberAt] = [0, 8, 16];

/** Does the operation that the context names, and puts into it what comes out. */
const doing = assemble([
  mov(r6, r1),
  ldx("u64", r7, r6, addressAt),
  ldx("u64", r8, r6, numberAt),
  ldx("u64", r1, r6, operationAt),
  jne(r1, 0, "release"),
  callKfunc("bpf_arena_alloc_pages", spec, r7, r8, -1, 0),
  stx("u64", r6, numberAt, r0),
  ja("end"),
  label("release"),
  jne(r1, 1, "store"),
  callKfunc("bpf_arena_free_pages", spec, r7, r8),
  ja("end"),
  label("store"),
  addrSpaceCast(r2, r7, { to: 0, from: 1 }),
  jne(r1, 2, "load"),
  stx("u64", r2, 0, r8),
  ja("end"),
  label("load"),
  jne(r1, 3, "add"),
  ldx("u64", r3, r2, 0),
  stx("u64", r6, numberAt, r3),
  ja("end"),
  label("add"),
  jne(r1, 4, "narrow"),
  atomicAdd("u64", r2, 0, r8),
  ja("end"),
  label("narrow"),
  jne(r1, 5, "cast"),
  stx("u32", r2, 4, r8),
  ja("end"),
  label("cast"),
  mov(r3, r7),
  addrSpaceCast(r3, r3, { to: 0, from: 1 }),
  addrSpaceCast(r3, r3, { to: 1, from: 0 }),
  stx("u64", r6, numberAt, r3),
  label("end"),
  mov(r0, 0),
  exit(),
]);

/** An arena with the program on it, and where it starts. */
class Bench implements Disposable {
  readonly #stack = new DisposableStack();
  readonly #run: (context: Uint8Array) => Uint8Array;
  readonly map;
  readonly start: bigint;

  constructor(kernel: Kernel) {
    const map = (this.map = this.#stack.use(createMap(kernel, spec)));
    const does = program("syscall", doing, { flags: ["sleepable"] });
    const maps = new Map([[spec.name, map.handle]]);
    const loaded = this.#stack.use(loadProgram(kernel, does, maps));
    this.#run = (context) => loaded.run({ context }).context;
    const first = this.run("allocate", 0n, 1n);
    this.start = first - BigInt(map.offsetOf(first));
    this.run("release", first, 1n);
  }

  run(operation: Operation, address: bigint, number: bigint): bigint {
    const context = new Uint8Array(24);
    const view = viewOf(context);
    view.setBigUint64(operationAt, BigInt(operations.indexOf(operation)), true);
    view.setBigUint64(addressAt, address, true);
    view.setBigUint64(numberAt, number, true);
    return viewOf(this.#run(context)).getBigUint64(numberAt, true);
  }

  [Symbol.dispose](): void {
    this.#stack.dispose();
  }
}

/** What is done: an operation of the program, or a touch of user space. */
interface Step {
  readonly what: Operation | "read" | "write";
  /** Bytes from the start; `undefined` for no address. */
  readonly offset: number | undefined;
  readonly number: number;
}

function done(bench: Bench, { what, offset, number }: Step): string {
  if (what === "read") return String(bench.map.read(u64, offset!));
  if (what === "write") return String(bench.map.write(u8, offset!, number));
  const address = offset === undefined ? 0n : bench.start + BigInt(offset);
  const result = bench.run(what, address, BigInt(number));
  const isAddress = what === "allocate" || what === "cast";
  return isAddress && result !== 0n ? `+${result - bench.start}` : String(result);
}

function* randomNumbers(seed: number): Generator<(limit: number) => number, never> {
  let state = seed;
  for (;;)
    yield (limit) => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      return Math.floor((state / 2 ** 32) * limit);
    };
}

function anyStep(below: (limit: number) => number): Step {
  const all = [...operations, "allocate", "allocate", "release", "read", "write"] as const;
  const what = all[below(all.length)]!;
  const page = below(pages) * 4096;
  if (what === "read" || what === "write") return { what, offset: page, number: below(256) };
  if (what === "release") return { what, offset: page + below(2) * 8, number: below(4) };
  if (what !== "allocate") return { what, offset: page + below(3) * 8, number: below(2 ** 30) };
  const offset = below(3) === 0 ? page + (below(8) === 0 ? 8 : 0) : undefined;
  return { what, offset, number: below(5) };
}

// Before, pages were given in another order.
const canRun = isAtLeast(native.version, [6, 13]) ? needsMap("arena") : { skip: "since 6.13" };

describe("arenas of both kernels", canRun, () => {
  for (const engine of ["compile", "interpret"] as const) {
    it(`have the same pages and numbers (${engine})`, () => {
      for (let seed = 1; seed <= 40; seed++) {
        const below = randomNumbers(seed).next().value;
        using left = new Bench(native);
        using right = new Bench(createSimulatedKernel({ engine }));
        const steps: string[] = [];
        for (let turn = 0; turn < 120; turn++) {
          const step = anyStep(below);
          steps.push(`${step.what} ${step.offset} ${step.number}`);
          const [expected, actual] = [done(left, step), done(right, step)];
          assert.equal(actual, expected, `seed ${seed}, after ${steps.slice(-30).join("; ")}`);
        }
      }
    });
  }
});
