import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { InvalidArgumentError } from "../base/errors.ts";
import { u64 } from "./integer.ts";
import type { Layout } from "./layout.ts";
import { struct } from "./struct.ts";
import { transform } from "./transform.ts";
import { encodeValue, parseValue } from "./value.ts";

const seconds = transform(u64, {
  name: "seconds",
  decode: (stored) => new Date(Number(stored) * 1000),
  encode: (date: Date) => BigInt(date.getTime() / 1000),
});

describe("transform", () => {
  it("lies in memory as the inner layout", () => {
    const { size, alignment, inner, name } = seconds;
    assert.deepEqual(
      { size, alignment, inner, name },
      { size: 8, alignment: 8, inner: u64, name: "seconds" },
    );
  });
  it("has the inner layout's name when given none", () =>
    assert.equal(transform(u64, { decode: Number, encode: BigInt }).name, "u64"));
  it("reads what it wrote", () => {
    const date = new Date("2026-01-02T03:04:05Z");
    assert.equal(parseValue(u64, encodeValue(seconds, date)), 1767323045n);
    assert.deepEqual(parseValue(seconds, encodeValue(seconds, date)), date);
  });

  const Event = struct("event", { at: seconds });
  const refuse = (value: unknown, message: string): void =>
    assert.throws(
      () => encodeValue(Event as Layout<unknown>, value),
      (error) => error instanceof InvalidArgumentError && error.message === message,
    );
  it("names the field when encode throws", () =>
    refuse({ at: 5 }, "event.at: cannot be stored as seconds: date.getTime is not a function"));
  it("names the field when the result does not fit", () =>
    refuse(
      { at: new Date(-1000) },
      "event.at: -1n is out of range for u64 (0 to 18446744073709551615)",
    ));
  it("names the field when it is missing", () => refuse({}, "event.at: missing, expected seconds"));
  it("keeps what encode threw as cause", () => {
    const cause = new TypeError("no");
    const layout = transform(u64, {
      decode: Number,
      encode: () => {
        throw cause;
      },
    });
    assert.throws(() => encodeValue(struct("s", { a: layout }), { a: 1 }), { cause });
  });
  it("lets what decode throws through", () => {
    const cause = new TypeError("no");
    const layout = transform(u64, {
      decode: () => {
        throw cause;
      },
      encode: BigInt,
    });
    assert.throws(
      () => parseValue(struct("s", { a: layout }), new Uint8Array(8)),
      (error) => error === cause,
    );
  });
});
