import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import type { Xsk } from "./bridge.ts";
import { loadBridge } from "./load.ts";
import { assertPrivileged } from "./testing/bpf.ts";
import { granted } from "./testing/granted.ts";
import { errno } from "./testing/kernel-words.ts";

const bridge = loadBridge();
// include/linux/socket.h, include/uapi/linux/if_xdp.h
const [afXdp, raw, solXdp] = [44, 3, 283];
const options = { receive: 2, send: 3, memory: 4, fill: 5, completion: 6 } as const;
const ring = { fill: 0, completion: 1, receive: 2, send: 3 } as const;
const entries = 8;

before(assertPrivileged);

/** A socket with memory of 16 frames and rings of 8 entries, which is bound to nothing. */
class TestSocket implements Disposable {
  readonly fd: number;
  readonly memory: Uint8Array;

  constructor() {
    this.fd = bridge.socket(afXdp, raw, 0);
    assert.ok(this.fd >= 0);
    const readWrite = 3;
    const sharedAnonymous = 0x21;
    this.memory = new Uint8Array(granted(bridge.map(-1, 1 << 16, readWrite, sharedAnonymous, 0)));
    const request = new Uint8Array(BigUint64Array.of(0n, 1n << 16n, 4096n, 0n).buffer);
    const pointers = [request, 0, this.memory, 0];
    assert.equal(bridge.setSocketOption(this.fd, solXdp, options.memory, request, pointers), 0);
    const size = new Uint8Array(Uint32Array.of(entries).buffer);
    for (const option of [options.fill, options.completion, options.receive, options.send])
      assert.equal(bridge.setSocketOption(this.fd, solXdp, option, size), 0);
  }

  open(sizes = Int32Array.of(entries, entries, entries, entries)): Xsk {
    return granted(bridge.xskOpen(this.fd, sizes, this.memory));
  }

  [Symbol.dispose](): void {
    bridge.close(this.fd);
    bridge.unmap(this.memory.buffer as ArrayBuffer);
  }
}

describe("rings of an AF_XDP socket", () => {
  it("take what they have room for", () => {
    using socket = new TestSocket();
    const xsk = socket.open();
    const places = new Int32Array(20).map((_, index) => 4096 * index);
    for (const side of [ring.fill, ring.send]) {
      assert.equal(bridge.xskPut(xsk, side, places, 5), 5);
      assert.equal(bridge.xskPending(xsk, side), 5);
      assert.equal(bridge.xskPut(xsk, side, places, 10), 3);
      assert.equal(bridge.xskPut(xsk, side, places, 1), 0);
      assert.equal(bridge.xskPending(xsk, side), entries);
    }
  });

  it("have nothing that the kernel did not put there", () => {
    using socket = new TestSocket();
    const xsk = socket.open();
    const places = Int32Array.of(7, 7);
    for (const side of [ring.completion, ring.receive])
      assert.equal(bridge.xskTake(xsk, side, places), 0);
    assert.deepEqual([...places], [7, 7]);
    assert.equal(bridge.xskTake(xsk, ring.receive, new Int32Array(0)), 0);
  });

  it("are used in their direction, and no further than memory reaches", () => {
    using socket = new TestSocket();
    const xsk = socket.open();
    const places = new Int32Array(4);
    assert.throws(() => bridge.xskTake(xsk, ring.fill, places), RangeError);
    assert.throws(() => bridge.xskTake(xsk, ring.send, places), RangeError);
    assert.throws(() => bridge.xskTake(xsk, 4, places), RangeError);
    assert.throws(() => bridge.xskPut(xsk, ring.receive, places, 1), RangeError);
    assert.throws(() => bridge.xskPut(xsk, ring.completion, places, 1), RangeError);
    assert.throws(() => bridge.xskPut(xsk, ring.send, places, 3), RangeError);
    assert.throws(() => bridge.xskPending(xsk, 4), RangeError);
    assert.throws(() => bridge.xskTake({} as Xsk, ring.receive, places), TypeError);
  });

  it("have sizes that are powers of two and as large as the kernel's", () => {
    using socket = new TestSocket();
    const open = (...sizes: readonly number[]): Xsk | number =>
      bridge.xskOpen(socket.fd, Int32Array.from(sizes), socket.memory);
    assert.throws(() => open(8, 8, 8), RangeError);
    assert.throws(() => open(8, 8, 8, 7), RangeError);
    assert.throws(() => open(-8, 8, 8, 8), RangeError);
    assert.throws(() => open(8, 8, 8, 1 << 25), RangeError);
    assert.equal(open(8, 8, 8, 1 << 16), -errno.EINVAL);
  });

  it("are there only as far as they were asked for", () => {
    using socket = new TestSocket();
    const xsk = socket.open(Int32Array.of(entries, 0, 0, 0));
    const places = new Int32Array(2);
    assert.equal(bridge.xskPut(xsk, ring.fill, places, 1), 1);
    assert.equal(bridge.xskPut(xsk, ring.send, places, 1), -errno.EBADF);
    assert.equal(bridge.xskTake(xsk, ring.receive, places), -errno.EBADF);
    assert.equal(bridge.xskWake(xsk, socket.fd, 1), 0);
  });

  it("wake nobody when the socket is bound to nothing", () => {
    using socket = new TestSocket();
    const xsk = socket.open();
    assert.equal(bridge.xskWake(xsk, socket.fd, 1), 0);
    bridge.xskPut(xsk, ring.send, Int32Array.of(0, 60), 1);
    const ENXIO = 6;
    assert.equal(bridge.xskWake(xsk, socket.fd, 1), -ENXIO);
  });

  it("are closed twice without harm, and refuse after that", () => {
    using socket = new TestSocket();
    const xsk = socket.open();
    assert.equal(bridge.xskClose(xsk), 0);
    assert.equal(bridge.xskClose(xsk), 0);
    const places = new Int32Array(2);
    assert.equal(bridge.xskTake(xsk, ring.receive, places), -errno.EBADF);
    assert.equal(bridge.xskPut(xsk, ring.fill, places, 1), -errno.EBADF);
    assert.equal(bridge.xskPending(xsk, ring.send), -errno.EBADF);
    assert.equal(bridge.xskWake(xsk, socket.fd, 1), -errno.EBADF);
  });

  it("are not there on other descriptors", () => {
    using socket = new TestSocket();
    const unix = bridge.socket(1, 2, 0);
    const result = bridge.xskOpen(unix, new Int32Array(4), socket.memory);
    bridge.close(unix);
    assert.ok(typeof result === "number" && result < 0);
  });
});
