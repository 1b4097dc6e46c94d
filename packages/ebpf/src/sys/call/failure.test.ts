import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { SyscallError } from "../../kernel/errors.ts";
import { type ErrnoName, errno, errnoName, errnoReason } from "./errno.ts";
import { failureOf, fromSystem, type Operation, raise } from "./failure.ts";

const operation: Operation = { text: 'create map "counts"' };

describe("failureOf", () => {
  const check = (name: ErrnoName, expected: string): void =>
    assert.equal(failureOf(errno[name], operation).name, expected);

  it("tells the cases apart by class", () => {
    check("EPERM", "PermissionError");
    check("EACCES", "PermissionError");
    check("ENOENT", "NotFoundError");
    check("ENODEV", "NotFoundError");
    check("EEXIST", "ExistsError");
    check("EBUSY", "BusyError");
    check("E2BIG", "NoSpaceError");
    check("ENOSPC", "NoSpaceError");
    check("ENOMEM", "NoSpaceError");
    check("EAGAIN", "TransientError");
    check("EINTR", "TransientError");
    check("ENOSYS", "NotSupportedError");
    check("EOPNOTSUPP", "NotSupportedError");
    check("ENOTSUPP", "NotSupportedError");
    check("EINVAL", "SyscallError");
    check("EBADF", "SyscallError");
  });
  it("says what was done, to what, and why not", () => {
    const error = failureOf(errno.EBUSY, operation) as SyscallError;
    assert.equal(error.message, 'cannot create map "counts": somebody else is using it (EBUSY)');
    assert.equal(error.operation, 'create map "counts"');
    assert.equal(error.errno, 16);
    assert.equal(error.errnoName, "EBUSY");
  });
  it("formats in several lines", () => {
    const meanings = { EBUSY: { hint: "wait" } };
    const error = failureOf(errno.EBUSY, { ...operation, meanings });
    assert.equal(
      error.format(),
      `BusyError [BUSY]: cannot create map "counts": somebody else is using it (EBUSY)
  operation: create map "counts"
  errno: EBUSY (16)
  hint: wait`,
    );
  });
  it("lets an operation give an error a meaning of its own", () => {
    const meanings = { ENOENT: { kind: "busy", reason: "gone", hint: "look again" } } as const;
    const error = failureOf(errno.ENOENT, { ...operation, meanings });
    assert.equal(error.name, "BusyError");
    assert.match(error.message, /: gone \(ENOENT\)$/);
    assert.equal(error.hint, "look again");
  });
  it("prefers the kernel's own words", () =>
    assert.match(
      failureOf(errno.EINVAL, { ...operation, reason: "Device is down" }).message,
      /: Device is down \(EINVAL\)$/,
    ));
  it("knows what the kernel calls what it does not support", () => {
    const meanings = { ENOTSUPP: { feature: "this kind of map in memory" } };
    const error = failureOf(errno.ENOTSUPP, { ...operation, meanings });
    assert.equal(error.message, "this kernel does not support this kind of map in memory");
    assert.equal((error.cause as SyscallError).errnoName, "ENOTSUPP");
  });
  it("names an error that has no name by its number", () =>
    assert.match(failureOf(600, operation).message, /\(errno 600\)$/));

  const arena: Operation = {
    text: "create an arena",
    requires: [
      { feature: "maps", since: [3, 18] },
      { feature: "maps of type arena", since: [6, 9] },
    ],
  };
  it("takes a refusal by an older kernel for its age", () => {
    const error = failureOf(errno.EINVAL, arena, [6, 8, 9]);
    assert.equal(error.name, "NotSupportedError");
    assert.equal(
      error.message,
      "this kernel does not support maps of type arena (Linux has it since 6.9)",
    );
    assert.equal((error.cause as SyscallError).errnoName, "EINVAL");
  });
  it("takes the same refusal by a newer kernel for what it is", () =>
    assert.equal(failureOf(errno.EINVAL, arena, [6, 9, 0]).name, "SyscallError"));
  it("does not blame the age for what age does not cause", () =>
    assert.equal(failureOf(errno.EBUSY, arena, [6, 8]).name, "BusyError"));
  it("hints at the capability, when an operation says which it needs", () => {
    const error = failureOf(errno.EPERM, { ...operation, needs: ["CAP_BPF"] });
    assert.match(error.hint ?? "", /capabilit|lockdown/);
  });
});

describe("raise", () => {
  it("throws it", () =>
    assert.throws(() => raise(errno.EEXIST, operation), { name: "ExistsError" }));
});

describe("fromSystem", () => {
  it("returns what came back", () =>
    assert.equal(
      fromSystem(operation, () => 5),
      5,
    ));
  it("makes Node's errors ours", () => {
    const node = Object.assign(new Error("ENOENT: no such file"), { errno: -errno.ENOENT });
    const call = (): never => {
      throw node;
    };
    assert.throws(() => fromSystem(operation, call), {
      name: "NotFoundError",
      errno: errno.ENOENT,
    });
  });
  it("lets other errors through", () => {
    const call = (): never => {
      throw new TypeError("mine");
    };
    assert.throws(() => fromSystem(operation, call), { name: "TypeError", message: "mine" });
  });
});

describe("errnoName and errnoReason", () => {
  it("know the kernel's own number", () => assert.equal(errnoName(524), "ENOTSUPP"));
  it("know Node's reasons for the rest", () =>
    assert.equal(errnoReason(errno.ECONNREFUSED), "connection refused"));
  it("have a reason for everything", () => assert.equal(errnoReason(600), "the kernel refused"));
});
