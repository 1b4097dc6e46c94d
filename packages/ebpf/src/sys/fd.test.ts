import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Handle } from "../kernel/handle.ts";
import { Fd, fdOf, rawOf } from "./fd.ts";
import { errno } from "./call/errno.ts";
import { fakeBridge } from "./testing-bridge.ts";

const map = { kind: "map", label: 'map "counts"' } as const;
const isClosed = { name: "ClosedError", message: 'map "counts" is closed' };

describe("fdOf", () => {
  it("says what is missing, or of another kernel", () => {
    const refuse = (handle: unknown, message: string): void =>
      assert.throws(() => fdOf(handle as Handle, "map", "program"), {
        name: "InvalidArgumentError",
        message,
      });
    for (const nothing of [undefined, null, {}, 5]) refuse(nothing, "map or program is missing");
    refuse({ kind: "map" }, "this map is not of the native kernel");
    assert.throws(() => fdOf(undefined as never), { message: "a handle is missing" });
  });
});

describe("Fd", () => {
  it("closes its number once", () => {
    const bridge = fakeBridge();
    const fd = new Fd(bridge, 7, map);
    assert.equal(fd.closed, false);
    fd.close();
    fd.close();
    assert.deepEqual(bridge.closed, [7]);
    assert.equal(fd.closed, true);
  });
  it("closes at the end of its scope", () => {
    const bridge = fakeBridge();
    {
      using _ = new Fd(bridge, 7, map);
      assert.deepEqual(bridge.closed, []);
    }
    assert.deepEqual(bridge.closed, [7]);
  });
  it("refuses everything once closed, and says what it was", () => {
    const fd = new Fd(fakeBridge(), 7, map);
    fd.close();
    assert.throws(() => fd.raw, isClosed);
    assert.throws(() => fd.assertOpen(), isClosed);
    assert.throws(() => fd.move(), isClosed);
    assert.throws(() => fd.duplicate(), isClosed);
  });
  it("moves to another owner", () => {
    const bridge = fakeBridge();
    const fd = new Fd(bridge, 7, map);
    const moved = fd.move();
    assert.equal(fd.closed, true);
    assert.equal(moved.raw, 7);
    assert.equal(moved.label, 'map "counts"');
    fd.close();
    assert.deepEqual(bridge.closed, []);
    moved.close();
    assert.deepEqual(bridge.closed, [7]);
  });
  it("duplicates into an independent one", () => {
    const bridge = fakeBridge(() => 0, { duplicate: (fd) => fd + 1 });
    const fd = new Fd(bridge, 7, map);
    const second = fd.duplicate();
    fd.close();
    assert.equal(second.raw, 8);
    second.close();
    assert.deepEqual(bridge.closed, [7, 8]);
  });
  it("tells when there is no number left for a duplicate", () => {
    const bridge = fakeBridge(() => 0, { duplicate: () => -errno.EMFILE });
    assert.throws(() => new Fd(bridge, 7, map).duplicate(), {
      name: "NoSpaceError",
      message:
        'cannot duplicate the descriptor of map "counts": this process has too many files open (EMFILE)',
    });
  });
});

describe("rawOf", () => {
  const fd = new Fd(fakeBridge(), 7, map);

  it("lends the number", () => assert.equal(rawOf(fd), 7));
  it("takes one of several kinds", () => assert.equal(rawOf(fd, "program", "map"), 7));
  it("refuses another kind", () =>
    assert.throws(() => fdOf(fd, "program", "link"), {
      name: "InvalidArgumentError",
      message: 'map "counts" is not a program or link',
    }));
  it("refuses handles of another kernel", () =>
    assert.throws(() => rawOf({ kind: "map" } as Handle), {
      name: "InvalidArgumentError",
      message: "this map is not of the native kernel",
    }));
});
