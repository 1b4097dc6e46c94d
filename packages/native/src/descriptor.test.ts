import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { loadBridge } from "./load.ts";
import { errno, socket } from "./testing/kernel-words.ts";
import { UnixSocket } from "./testing/unix-socket.ts";

const bridge = loadBridge();
const closeOnExec = 0o2000000; // O_CLOEXEC, include/uapi/asm-generic/fcntl.h

function isClosedOnExec(fd: number): boolean {
  const info = readFileSync(`/proc/self/fdinfo/${fd}`, "utf8");
  return (Number.parseInt(/flags:\s*(\d+)/.exec(info)?.[1] ?? "", 8) & closeOnExec) !== 0;
}

describe("descriptors", () => {
  it("are closed on exec, whatever opened them", () => {
    using unix = new UnixSocket();
    const opened = [
      bridge.epollCreate(),
      bridge.duplicate(unix.fd),
      bridge.socket(socket.unix, socket.datagram, 0),
    ];
    for (const fd of opened) {
      assert.ok(fd > 2);
      assert.ok(isClosedOnExec(fd), String(fd));
      assert.equal(bridge.close(fd), 0);
      assert.equal(bridge.close(fd), -errno.EBADF);
    }
  });

  it("are independent of their duplicates", () => {
    using unix = new UnixSocket();
    const duplicate = bridge.duplicate(unix.fd);
    assert.notEqual(duplicate, unix.fd);
    bridge.close(duplicate);
    assert.equal(unix.send(new Uint8Array(3)), 3);
    assert.equal(bridge.duplicate(-1), -errno.EBADF);
  });
});

describe("ioctl", () => {
  it("writes into the memory given", () => {
    using unix = new UnixSocket();
    unix.send(new Uint8Array(5));
    const available = new Int32Array(1);
    const FIONREAD = 0x541b; // include/uapi/asm-generic/ioctls.h
    assert.equal(bridge.ioctl(unix.fd, FIONREAD, new Uint8Array(available.buffer)), 0);
    assert.equal(available[0], 5);
  });

  it("takes small numbers as they are", () => {
    using unix = new UnixSocket();
    assert.equal(bridge.ioctl(unix.fd, 0x7fff_ffff, 1), -25); // ENOTTY
  });
});

describe("resourceLimit", () => {
  const openFiles = 7; // RLIMIT_NOFILE, include/uapi/asm-generic/resource.h

  it("tells and sets the limits", () => {
    const before = new BigUint64Array(2);
    assert.equal(bridge.resourceLimit(openFiles, undefined, before), 0);
    const [soft = 0n, hard = 0n] = before;
    assert.ok(soft > 0n && soft <= hard);
    const lower = BigUint64Array.of(soft - 1n, hard);
    const previous = new BigUint64Array(2);
    assert.equal(bridge.resourceLimit(openFiles, lower, previous), 0);
    assert.deepEqual(previous, before);
    assert.equal(bridge.resourceLimit(openFiles, before, previous), 0);
    assert.deepEqual(previous, lower);
  });

  it("returns what the kernel refuses", () => {
    assert.equal(
      bridge.resourceLimit(openFiles, BigUint64Array.of(2n, 1n), undefined),
      -errno.EINVAL,
    );
    assert.equal(bridge.resourceLimit(1000, undefined, new BigUint64Array(2)), -errno.EINVAL);
  });
});
