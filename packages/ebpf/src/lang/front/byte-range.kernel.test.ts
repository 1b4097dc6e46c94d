/**
 * Parts of byte arrays in programs of TypeScript, filled and written out with lengths known at run time.
 * @module
 */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { needs } from "../../testing/needs.ts";
import { bytes, struct, u32 } from "../../layout/index.ts";
import { perCpuArrayMap } from "../../spec/array-map.ts";
import { ringbuf } from "../../spec/ringbuf.ts";
import * as builtins from "../builtins/index.ts";
import { CompileError } from "../compile-error.ts";
import { type RunWithMaps, runWithMaps } from "./testing-run.ts";

const Event = struct("event", { length: u32, status: u32, text: bytes(64) });

describe("parts of bytes", needs("root", "bpf", "btf", "ringbuf"), () => {
  const ring = ringbuf("ring", Event, { sizeBytes: 4096, minEventBytes: 8 });
  const scratch = perCpuArrayMap("scratch", Event, 1);
  const comm = readFileSync("/proc/self/comm", "latin1").trim().slice(0, 15);

  /** Runs statements with a value of {@link Event}, called `r`. */
  const run = (
    body: string,
    optimize: "none" | "full" = "full",
    given: readonly bigint[] = [],
  ): RunWithMaps => {
    const text = `(ctx) => {
      const r = scratch.lookup(0);
      if (!r) return -1;
      const task = kernelObject(kernel.task_struct, bpf.getCurrentTask());
      ${body}
    }`;
    return runWithMaps(text, { scope: { ...builtins, ring, scratch }, optimize, given });
  };

  const eventOf = (result: RunWithMaps): { length: number; status: number; text: string } => {
    const [event] = result.events("ring") as { length: number; status: number; text: Uint8Array }[];
    return { ...event!, text: String.fromCharCode(...event!.text).replace(/\0+$/, "") };
  };

  it("are filled one behind the other, and written as far as they are", () => {
    for (const optimize of ["none", "full"] as const) {
      const result = run(
        `const first = Math.max(readTextInto(r.text.subarray(0, 16), task.comm, "kernel"), 0);
         const used = Math.min(first, 16);
         const room = Math.min(Math.max(Number(ctx.args[0]), 0), 48);
         const status = readInto(r.text.subarray(used).subarray(0, room), task.comm, "kernel");
         r.length = r.text.subarray(used).subarray(0, room).length;
         r.status = status;
         return ring.outputBytes(r, 8 + used + room);`,
        optimize,
        [4n],
      );
      assert.equal(result.returned, 0);
      const text = `${comm}\0${comm.slice(0, 4)}`;
      assert.deepEqual(eventOf(result), { length: 4, status: 0, text });
    }
  });

  it("tell what cannot be read", () => {
    const result = run(`
      r.text[0] = 7;
      r.length = -readTextInto(r.text, 8n, "user");
      r.status = -readInto(r.text.subarray(1, 9), 8n, "user");
      return ring.outputBytes(r, 40);`);
    assert.deepEqual(eventOf(result), { length: 14, status: 14, text: "" });
  });

  const refuses = (body: string, message: RegExp, hint?: RegExp): void =>
    assert.throws(
      () => run(body),
      (error) => {
        assert.ok(error instanceof CompileError);
        assert.match(error.diagnostics[0]!.message, message);
        if (hint !== undefined) assert.match(error.diagnostics[0]!.hint ?? "", hint);
        return true;
      },
    );

  it("must be inside of the whole, for all that is known", () => {
    const [outside, limit] = [/outside of what is there, which is 0 to 64/, /Math\.min/];
    refuses("readInto(r.text.subarray(65), 8n, 'user'); return 0;", outside, limit);
    refuses("readInto(r.text.subarray(-1), 8n, 'user'); return 0;", outside);
    refuses("readInto(r.text.subarray(r.length), 8n, 'user'); return 0;", outside);
    refuses("return ring.outputBytes(r, r.length);", /which is 0 to 72/);
    refuses("return ring.outputBytes(r.text.subarray(60), 5);", /which is 0 to 4/);
  });

  it("must have a length that follows", () =>
    refuses(
      `const a = Math.min(r.length, 9);
       const b = Math.min(r.status, 9);
       return readInto(r.text.subarray(a, b), 8n, "user");`,
      /how long this part is/,
      /two steps/,
    ));

  it("are asked for where bytes are needed", () => {
    refuses("return readInto(r.length, 8n, 'user');", /is given where bytes are needed/);
    refuses("return readInto(r.text, 8n, 'disk');", /must be "kernel" or "user"/);
    refuses("return ring.outputBytes(5, 5);", /does not lie in memory/);
    refuses("return kernelObject(5, 8n).tgid;", /takes a struct of the kernel/);
  });
});
