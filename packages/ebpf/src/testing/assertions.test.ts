import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ClosedError, InvalidArgumentError } from "../base/errors.ts";
import { NotFoundError, NotSupportedError, SyscallError } from "../kernel/errors.ts";
import { assertBytes, assertErrno } from "./assertions.ts";
import { ExpectationError } from "./program/expectation-error.ts";

describe("assertBytes", () => {
  const bytes = (...numbers: readonly number[]): Uint8Array => Uint8Array.from(numbers);

  it("holds for equal bytes, whatever holds them", () => {
    assertBytes(bytes(), bytes());
    assertBytes(Buffer.from([1, 2]), bytes(1, 2));
    assertBytes(bytes(9, 1, 2).subarray(1), bytes(1, 2));
  });
  it("shows the rows that differ", () => {
    const actual = new Uint8Array(40);
    const expected = new Uint8Array(40).fill(1, 17, 18);
    assert.throws(() => assertBytes(actual, expected, "the value"), {
      name: "ExpectationError",
      message: [
        "the value has other bytes than expected",
        "0x0010 is       00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00",
        "0x0010 expected 00 01 00 00 00 00 00 00 00 00 00 00 00 00 00 00",
      ].join("\n"),
    });
  });
  it("tells lengths apart, and gives both to the test runner", () => {
    assert.throws(
      () => assertBytes(bytes(1), bytes(1, 2)),
      (error) => {
        assert.ok(error instanceof ExpectationError);
        assert.match(error.message, /^it has 1 byte, expected 2\n0x0000 is {7}01\n/);
        assert.deepEqual([error.actual, error.expected], [bytes(1), bytes(1, 2)]);
        return true;
      },
    );
  });
});

describe("assertErrno", () => {
  const failure = { operation: "open it", errno: 2, errnoName: "ENOENT", reason: "gone" };
  const throwing = (error: unknown) => (): never => {
    throw error;
  };

  it("holds for the error of a kernel, also behind what was made of it", () => {
    const error = new NotFoundError(failure);
    assert.equal(assertErrno(throwing(error), "ENOENT"), error);
    const cause = new SyscallError({ ...failure, errno: 22, errnoName: "EINVAL" });
    const old = new NotSupportedError("this", { cause, since: [6, 1] });
    assert.equal(assertErrno(throwing(old), "EINVAL"), old);
  });
  it("says what happened instead", () => {
    const refuse = (call: () => unknown, message: string): void =>
      assert.throws(() => assertErrno(call, "EPERM"), { name: "ExpectationError", message });
    refuse(() => 5, "the call is not refused, expected EPERM");
    refuse(
      throwing(new NotFoundError(failure)),
      "the call fails with ENOENT, expected EPERM: cannot open it: gone (ENOENT)",
    );
    refuse(
      throwing(new ClosedError("it")),
      "the call fails with what is no error of the kernel's, expected EPERM: it is closed",
    );
    refuse(throwing(5), "the call fails with what is no error of the kernel's, expected EPERM");
  });
  it("knows the names of errors", () =>
    assert.throws(() => assertErrno(() => 0, "ENOTFOUND" as "ENOENT"), InvalidArgumentError));
});
