import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { InvalidArgumentError } from "../base/errors.ts";
import { array } from "./array.ts";
import { formatStruct } from "./c-text.ts";
import { interpretReader, interpretWriter } from "./codec/compile.ts";
import { cursor, interpretCursor } from "./codec/cursor.ts";
import { sameLayout } from "./inspect.ts";
import { u32, u64 } from "./integer.ts";
import type { Infer } from "./layout.ts";
import { spinLock, timer } from "./opaque.ts";
import { struct } from "./struct.ts";
import { encodeValue, parseValue } from "./value.ts";

const Account = struct("account", { lock: spinLock, count: u32, at: timer, total: u64 });
const full = new Uint8Array(Account.size).fill(0xff);
const view = (): DataView => new DataView(full.slice().buffer);

describe("opaque layouts", () => {
  it("have the kernel's sizes and alignments", () => {
    assert.deepEqual([spinLock.size, spinLock.alignment], [4, 4]);
    assert.deepEqual([timer.size, timer.alignment], [16, 8]);
    assert.deepEqual(
      [Account.fields.at.offset, Account.fields.total.offset, Account.size],
      [8, 24, 32],
    );
  });

  it("are no part of the value of a struct", () => {
    const value: Infer<typeof Account> = { count: 1, total: 2n };
    const bytes = encodeValue(Account, value);
    assert.deepEqual(parseValue(Account, bytes), value);
    assert.deepEqual(interpretReader(Account)(new DataView(bytes.buffer), 0), value);
    // @ts-expect-error -- only programs use it
    const lock = (): unknown => value.lock;
    assert.equal(lock(), undefined);
  });

  it("are written as zeros, compiled and interpreted", () => {
    const [compiled, interpreted] = [view(), view()];
    Account.write(compiled, 0, { count: 0x0101_0101, total: 0n });
    interpretWriter(Account)(interpreted, 0, { count: 0x0101_0101, total: 0n });
    const expected = new Uint8Array(32);
    expected.fill(1, 4, 8);
    assert.deepEqual(new Uint8Array(compiled.buffer), expected);
    assert.deepEqual(new Uint8Array(interpreted.buffer), expected);
  });

  it("take no value", () =>
    assert.throws(
      // @ts-expect-error -- only programs use it
      () => encodeValue(Account, { lock: undefined, count: 1, total: 2n }),
      (error) => error instanceof InvalidArgumentError && /has no field "lock"/.test(error.message),
    ));

  it("are not seen by cursors", () => {
    const bytes = encodeValue(Account, { count: 7, total: 8n });
    const fields = cursor(Account).at(new DataView(bytes.buffer), 0);
    assert.deepEqual({ ...fields }, { count: 7, total: 8n });
    assert.deepEqual(Object.keys(interpretCursor(Account).fields), ["count", "total"]);
  });

  it("are undefined in arrays, and alone", () => {
    const Timers = array(timer, 2);
    assert.deepEqual(parseValue(Timers, full), [undefined, undefined]);
    assert.deepEqual(encodeValue(Timers, [undefined, undefined]), new Uint8Array(32));
    assert.equal(parseValue(spinLock, full.subarray(0, 4)), undefined);
    assert.deepEqual(encodeValue(spinLock, undefined), new Uint8Array(4));
  });

  it("are in C what the kernel calls them, and the same only as themselves", () => {
    assert.match(formatStruct(Account), /struct bpf_spin_lock lock;\n.*\n\tstruct bpf_timer at;/);
    assert.ok(!sameLayout(spinLock, struct("x", { a: u32 })));
    assert.ok(
      sameLayout(Account, struct("other", { lock: spinLock, count: u32, at: timer, total: u64 })),
    );
  });
});
