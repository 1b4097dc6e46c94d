import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { BpfError, MalformedError } from "../base/errors.ts";
import { type Btf, parseBtf } from "./btf.ts";
import { tracepointArguments } from "./tracepoint.ts";
import { sampleBtf } from "./testing-sample.ts";

const { builder } = sampleBtf();
const sample = builder.build();

/** Asks everything of `bytes`; what is thrown may only be said of damaged bytes, or of questions without answer. */
function askAll(bytes: Uint8Array): void {
  const btf = only(MalformedError, () => parseBtf(bytes));
  if (btf === undefined) return;
  const typeCount = only(MalformedError, () => btf.typeCount) ?? 60;
  for (let id = 0; id <= typeCount; id++) askType(btf, id);
  only(MalformedError, () => btf.countByKind());
  only(MalformedError, () => btf.findAll("task"));
  only(BpfError, () => btf.member("task", "load[1].avg"));
  only(BpfError, () => btf.member("task", "b"));
  only(BpfError, () => btf.member("task", "nothing"));
  only(BpfError, () => btf.enumValue("STOPPED"));
  only(BpfError, () => btf.enumValue("STOPED"));
  only(BpfError, () => btf.signature("wake"));
  only(BpfError, () => btf.typeByName("tsk"));
  only(BpfError, () => tracepointArguments(btf, "task_wake"));
}

function askType(btf: Btf, id: number): void {
  const type = only(BpfError, () => btf.typeById(id));
  only(BpfError, () => btf.resolve(id));
  only(BpfError, () => btf.describe(id));
  only(BpfError, () => btf.size(id));
  if (type !== undefined) assert.ok(Object.isFrozen(type));
}

/** What `run` returns; `undefined` when it throws an error of class `expected`, and no other. */
function only<T>(expected: abstract new (...rest: never[]) => Error, run: () => T): T | undefined {
  try {
    return run();
  } catch (error) {
    assert.ok(error instanceof expected, error instanceof Error ? error : String(error));
    return undefined;
  }
}

describe("hostile BTF", () => {
  it("is refused when cut off anywhere", () => {
    for (let length = 0; length < sample.length; length++) {
      assert.throws(() => parseBtf(sample.subarray(0, length)).typeCount, MalformedError);
    }
  });

  it("can only be malformed when any word is any other", () => {
    const changes = fc.array(
      fc.record({
        word: fc.integer({ min: 0, max: Math.floor(sample.length / 4) - 1 }),
        value: fc.oneof(fc.integer({ min: 0, max: 90 }), fc.nat(0xffff_ffff), fc.nat(0x1300_0008)),
      }),
      { minLength: 1, maxLength: 6 },
    );
    fc.assert(
      fc.property(changes, (all) => {
        const bytes = sample.slice();
        const view = new DataView(bytes.buffer);
        for (const { word, value } of all) view.setUint32(4 * word, value, true);
        askAll(bytes);
      }),
      { numRuns: 1000 },
    );
  });

  it("can only be malformed when references in it are any others", () => {
    const count = parseBtf(sample).typeCount;
    const ids = fc.array(fc.integer({ min: 0, max: count }), {
      minLength: count,
      maxLength: count,
    });
    fc.assert(
      fc.property(ids, (references) => {
        const bytes = sample.slice();
        redirect(bytes, references);
        askAll(bytes);
      }),
      { numRuns: 300 },
    );
  });

  it("can only be malformed when it is any bytes behind a header", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), fc.nat(100), (body, words) => {
        const bytes = new Uint8Array(24 + body.length);
        bytes.set(sample.subarray(0, 24));
        bytes.set(body, 24);
        const view = new DataView(bytes.buffer);
        view.setUint32(12, Math.min(4 * words, body.length & ~3), true);
        view.setUint32(16, Math.min(4 * words, body.length & ~3), true);
        view.setUint32(20, Math.max(body.length - 4 * words, 0), true);
        askAll(bytes);
      }),
      { numRuns: 500 },
    );
  });
});

/** Lets each pointer, typedef, qualifier and tag refer to another type. */
function redirect(bytes: Uint8Array, references: readonly number[]): void {
  const view = new DataView(bytes.buffer);
  const referring = new Set([
    "ptr",
    "typedef",
    "volatile",
    "const",
    "restrict",
    "type_tag",
    "func",
  ]);
  let at = 24;
  for (const type of parseBtf(sample).types()) {
    if (referring.has(type.kind)) view.setUint32(at + 8, references[type.id - 1]!, true);
    at = nextType(view, at);
  }
}

function nextType(view: DataView, at: number): number {
  const info = view.getUint32(at + 4, true);
  const once = [0, 4, 0, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 0, 4, 0, 0];
  const each = [0, 0, 0, 0, 12, 12, 8, 0, 0, 0, 0, 0, 0, 8, 0, 12, 0, 0, 0, 12];
  const kind = (info >>> 24) & 0x1f;
  return at + 12 + once[kind]! + each[kind]! * (info & 0xffff);
}
