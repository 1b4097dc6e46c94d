import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Poll } from "@ts-ebpf/native";
import { type ErrnoName, errno } from "../call/errno.ts";
import { Fd } from "../fd.ts";
import { NativeMemory } from "./memory.ts";
import { raiseMemoryLimit, readMemoryLimit } from "./memory-limit.ts";
import { type FakeBridge, fakeBridge } from "../testing-bridge.ts";
import { NativeWatch } from "./watch.ts";

const fd = (bridge: FakeBridge): Fd => new Fd(bridge, 10, { kind: "map", label: 'map "events"' });

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
