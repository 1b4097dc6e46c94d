import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Poll, Ring } from "@ts-ebpf/native";
import { type ErrnoName, errno } from "../call/errno.ts";
import { Fd } from "../fd.ts";
import { NativeMemory } from "./memory.ts";
import { raiseMemoryLimit, readMemoryLimit } from "./memory-limit.ts";
import { NativeRing } from "./ring.ts";
import { type FakeBridge, fakeBridge } from "../testing-bridge.ts";
import { NativeWatch } from "./watch.ts";

const fd = (bridge: FakeBridge): Fd => new Fd(bridge, 10, { kind: "map", label: 'map "events"' });

describe("NativeRing", () => {
  const open = (found: number): { readonly ring: NativeRing; readonly closed: () => number } => {
    let closed = 0;
    const bridge = fakeBridge(() => 0, {
      ringOpen: () => ({}) as Ring,
      ringFind: (_ring, _made, _enough, place) => {
        place[0] = 40;
        return found;
      },
      ringRelease: () => -errno.EINVAL,
      ringClose: () => closed++,
      pageSize: () => 4096,
      map: (_fd, length) => new ArrayBuffer(length),
      unmap: () => 0,
    });
    return { ring: new NativeRing(bridge, fd(bridge), 4096), closed: () => closed };
  };

  it("returns how many bytes it has found, and where", () => {
    const { ring } = open(24);
    assert.deepEqual([ring.find(8), ring.start, ring.pendingBytes()], [24, 40, 24]);
  });
  it("says when positions make no sense, or too much is released", () => {
    assert.throws(() => open(-errno.EIO).ring.find(8), { message: /^cannot read map "events"/ });
    assert.throws(() => open(0).ring.release(8), {
      message: /^cannot release records of map "events"/,
    });
  });
  it("closes once, and is of no use after that", () => {
    const { ring, closed } = open(0);
    ring.close();
    ring.close();
    assert.equal(closed(), 1);
    const isClosed = { name: "ClosedError", message: 'map "events" is closed' };
    for (const use of [() => ring.find(8), () => ring.release(0), () => ring.data])
      assert.throws(use, isClosed);
    assert.throws(() => ring.pendingBytes(), isClosed);
  });
  it("tells when it cannot be mapped", () => {
    const bridge = fakeBridge(() => 0, { ringOpen: () => -errno.EINVAL });
    assert.throws(() => new NativeRing(bridge, fd(bridge), 100), {
      message: 'cannot map map "events" into memory: it is not a ring buffer of this size (EINVAL)',
    });
  });
});

describe("NativeMemory", () => {
  const refuse = (name: ErrnoName, error: object): void => {
    const bridge = fakeBridge(() => 0, { map: () => -errno[name] });
    const options = { sizeBytes: 8, access: "read-write" } as const;
    assert.throws(() => new NativeMemory(bridge, fd(bridge), options), error);
  };

  it("tells why it cannot be mapped", () => {
    refuse("EPERM", { name: "PermissionError", message: /the map is frozen/ });
    refuse("EINVAL", { hint: 'create it with the flag "mmapable"' });
    refuse("ENODEV", { name: "NotSupportedError" });
  });
  it("unmaps once", () => {
    let unmapped = 0;
    const bridge = fakeBridge(() => 0, { map: () => new ArrayBuffer(8), unmap: () => unmapped++ });
    const memory = new NativeMemory(bridge, fd(bridge), { sizeBytes: 8, access: "read" });
    assert.equal(memory.bytes.length, 8);
    memory.close();
    memory.close();
    assert.equal(unmapped, 1);
    assert.equal(memory.bytes.length, 0);
  });
});

describe("NativeWatch", () => {
  const watching = (poll: Poll | number): FakeBridge =>
    fakeBridge(() => 0, {
      pollStart: () => poll,
      pollStop: () => 0,
      pollKeepAlive: () => 0,
      epollCreate: () => 50,
      epollControl: (_, __, number) => (number === 99 ? -errno.EPERM : 0),
    });

  it("wants something to wait for", () =>
    assert.throws(() => new NativeWatch(watching(0), [], () => {}), {
      name: "InvalidArgumentError",
    }));
  it("stops once, and keeps no descriptor beside the bridge's", () => {
    let stopped = 0;
    const bridge = fakeBridge(() => 0, {
      pollStart: () => ({}) as Poll,
      pollStop: () => stopped++,
      epollCreate: () => 50,
      epollControl: () => 0,
    });
    const watch = new NativeWatch(bridge, [fd(bridge), fd(bridge)], () => {});
    assert.deepEqual(bridge.closed, [50]);
    watch.close();
    watch.close();
    assert.equal(stopped, 1);
  });
  it("says what it cannot wait for", () =>
    assert.throws(() => new NativeWatch(watching(-errno.EPERM), [fd(watching(0))], () => {}), {
      message: /^cannot wait for map "events"/,
    }));
  it("leaves nothing open when one of several cannot be waited for", () => {
    const bridge = watching({} as Poll);
    const odd = new Fd(bridge, 99, { kind: "file", label: "odd file" });
    assert.throws(() => new NativeWatch(bridge, [fd(bridge), odd], () => {}), {
      message: /^cannot wait for odd file/,
    });
    assert.deepEqual(bridge.closed, [50]);
  });
});

describe("the limit of locked memory", () => {
  const limited = (mayRaise: boolean): { readonly bridge: FakeBridge; readonly set: bigint[] } => {
    const set: bigint[] = [];
    const bridge = fakeBridge(() => 0, {
      resourceLimit: (_, wanted, get) => {
        get?.set([1024n, 4096n]);
        if (wanted === undefined) return 0;
        if (!mayRaise && wanted[1]! > 4096n) return -errno.EPERM;
        set.push(...wanted);
        return 0;
      },
    });
    return { bridge, set };
  };

  it("is taken away where that is allowed", () => {
    const { bridge, set } = limited(true);
    raiseMemoryLimit(bridge);
    assert.deepEqual(set, [0xffff_ffff_ffff_ffffn, 0xffff_ffff_ffff_ffffn]);
  });
  it("is raised as far as possible where not", () => {
    const { bridge, set } = limited(false);
    raiseMemoryLimit(bridge);
    assert.deepEqual(set, [4096n, 4096n]);
  });
  it("can be read", () =>
    assert.deepEqual(readMemoryLimit(limited(true).bridge), {
      softBytes: 1024n,
      hardBytes: 4096n,
    }));
});
