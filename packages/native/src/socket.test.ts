import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { loadBridge } from "./load.ts";
import { errno, socket } from "./testing/kernel-words.ts";
import { UnixSocket } from "./testing/unix-socket.ts";

const bridge = loadBridge();

describe("sockets", () => {
  it("send to an address and receive", () => {
    using unix = new UnixSocket();
    assert.equal(unix.send(Uint8Array.of(1, 2, 3)), 3);
    assert.equal(unix.send(new Uint8Array(0)), 0);
    const data = new Uint8Array(8);
    assert.equal(unix.receive(data), 3);
    assert.deepEqual([...data], [1, 2, 3, 0, 0, 0, 0, 0]);
    assert.equal(unix.receive(data), 0);
    const EAGAIN = 11;
    assert.equal(unix.receive(data), -EAGAIN);
  });

  it("send nothing without an address or peer", () => {
    using unix = new UnixSocket();
    const ENOTCONN = 107;
    assert.equal(bridge.send(unix.fd, new Uint8Array(1), 0), -ENOTCONN);
  });

  it("read and write no more than the part of memory given", () => {
    using unix = new UnixSocket();
    unix.send(Uint8Array.of(9, 1, 2, 9).subarray(1, 3));
    const memory = new Uint8Array(4).fill(7);
    assert.equal(unix.receive(memory.subarray(1, 2)), 1);
    assert.deepEqual([...memory], [7, 1, 7, 7]);
  });

  it("get and set options", () => {
    using unix = new UnixSocket();
    const value = new Uint8Array(16);
    assert.equal(bridge.getSocketOption(unix.fd, socket.solSocket, socket.soType, value), 4);
    assert.equal(value[0], socket.datagram);
    const broadcast = 6; // SO_BROADCAST
    assert.equal(
      bridge.setSocketOption(unix.fd, socket.solSocket, broadcast, Uint8Array.of(1, 0, 0, 0)),
      0,
    );
    assert.equal(
      bridge.getSocketOption(unix.fd, socket.solSocket, broadcast, value.subarray(0, 2)),
      2,
    );
    assert.equal(value[0], 1);
    assert.equal(
      bridge.setSocketOption(unix.fd, socket.solSocket, broadcast, new Uint8Array(1)),
      -errno.EINVAL,
    );
  });

  it("talk to the kernel over netlink", () => {
    const fd = bridge.socket(socket.netlink, socket.raw, 0);
    // struct sockaddr_nl: family and zeros, the kernel then chooses the address.
    assert.equal(
      bridge.bind(fd, Uint8Array.of(socket.netlink, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)),
      0,
    );
    const request = new Uint8Array(20);
    const view = new DataView(request.buffer);
    const [getLink, requestAndDump] = [18, 0x301]; // RTM_GETLINK, NLM_F_REQUEST | NLM_F_DUMP
    view.setUint32(0, request.length, true);
    view.setUint16(4, getLink, true);
    view.setUint16(6, requestAndDump, true);
    assert.equal(bridge.send(fd, request, 0), request.length);
    const reply = new Uint8Array(1 << 16);
    const length = bridge.receive(fd, reply, 0);
    assert.ok(length > 16, String(length));
    const newLink = 16; // RTM_NEWLINK
    assert.equal(new DataView(reply.buffer).getUint16(4, true), newLink);
    assert.equal(bridge.close(fd), 0);
  });
});
