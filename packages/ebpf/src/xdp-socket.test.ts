import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { assemble } from "./asm/assemble.ts";
import { call, exit } from "./asm/call.ts";
import { InvalidArgumentError } from "./base/errors.ts";
import { loadCollection } from "./collection/load.ts";
import { BusyError, NotFoundError, NotSupportedError } from "./kernel/errors.ts";
import { attachXdp } from "./link/xdp.ts";
import { createSimulatedKernel, type SimulatedKernel } from "./sim/simulated-kernel.ts";
import { xskmap } from "./spec/redirect-map.ts";
import { xdp } from "./spec/xdp.ts";
import {
  openUmem,
  openXdpSocket,
  openXdpSockets,
  type PacketBatch,
  type XdpSocket,
  type XdpSocketOptions,
} from "./xdp-socket.ts";

const small = { fill: 8, receive: 8, send: 8, completion: 8 };
const frame = (mark: number, length = 60): Uint8Array => new Uint8Array(length).fill(mark);

function kernelWithInterface(queues = 2): SimulatedKernel {
  const kernel = createSimulatedKernel();
  kernel.addInterface("eth0", { queues });
  return kernel;
}

const open = (kernel: SimulatedKernel, more: Partial<XdpSocketOptions> = {}): Promise<XdpSocket> =>
  openXdpSocket({ kernel, interface: "eth0", frames: 16, rings: small, ...more });

const marksOf = (batch: PacketBatch | undefined): readonly number[] =>
  batch === undefined ? [] : Array.from(batch, (packet) => packet[0]!);

describe("an AF_XDP socket on the simulated kernel", () => {
  it("receives what comes in by its queue", async () => {
    const kernel = kernelWithInterface();
    using socket = await open(kernel, { queue: 1 });
    assert.equal(socket.mode, "copy");
    const mine = kernel.fire.receive("eth0", frame(7, 61), { queue: 1 });
    assert.equal(mine.verdict, "redirect");
    assert.equal(mine.delivered, true);
    const other = kernel.fire.receive("eth0", frame(8));
    assert.equal(other.verdict, "pass");
    const batch = socket.fetch()!;
    assert.deepEqual(
      Array.from(batch, (packet) => packet.slice()),
      [frame(7, 61)],
    );
    socket.release();
    assert.equal(socket.fetch(), undefined);
  });

  it("wakes who waits, as often as packets come", async () => {
    const kernel = kernelWithInterface();
    using socket = await open(kernel);
    const found: number[] = [];
    setImmediate(() => kernel.fire.receive("eth0", frame(1)));
    for await (const batch of socket.packets({ timeoutMs: 10_000 })) {
      found.push(...marksOf(batch));
      if (found.length === 30) break;
      kernel.fire.receive("eth0", frame(found.length + 1));
    }
    assert.deepEqual(
      found,
      Array.from({ length: 30 }, (_, index) => index + 1),
    );
    assert.equal(socket.statistics().fillRingEmpty, 0n);
  });

  it("loses what there is no room for, and counts it", async () => {
    const kernel = kernelWithInterface();
    using socket = await open(kernel, { receiveFrames: 3 });
    const delivered = [1, 2, 3, 4].map(
      (mark) => kernel.fire.receive("eth0", frame(mark)).delivered,
    );
    assert.deepEqual(delivered, [true, true, true, false]);
    const { fillRingEmpty, receiveDropped } = socket.statistics();
    assert.deepEqual([fillRingEmpty, receiveDropped], [1n, 1n]);
    assert.deepEqual(marksOf(socket.fetch()), [1, 2, 3]);
  });

  it("sends frames through its interface", async () => {
    const kernel = kernelWithInterface();
    using socket = await open(kernel, { map: "none" });
    assert.equal(socket.send([frame(1), frame(2, 100)]), 2);
    assert.deepEqual(kernel.takeSent("eth0"), [frame(1), frame(2, 100)]);
    assert.deepEqual(kernel.takeSent("eth0"), []);
    for (let round = 0; round < 20; round++) assert.equal(socket.send([frame(round)]), 1);
    assert.equal(kernel.takeSent("eth0").length, 20);
    assert.throws(() => kernel.takeSent("eth1"), NotFoundError);
  });

  it("is one of several over one memory", async () => {
    const kernel = kernelWithInterface();
    using group = await openXdpSockets({ kernel, interface: "eth0", queues: [0, 1], rings: small });
    kernel.fire.receive("eth0", frame(1), { queue: 1 });
    kernel.fire.receive("eth0", frame(2), { queue: 0 });
    assert.deepEqual(
      group.sockets.map((socket) => marksOf(socket.fetch())),
      [[2], [1]],
    );
  });

  it("gets from a program of one's own what that sends it, of its own queue", async () => {
    const kernel = kernelWithInterface();
    const sockets = xskmap("sockets", 2);
    const onPacket = xdp(assemble([call("redirect_map", sockets, 1, 1), exit()]));
    using loaded = loadCollection(kernel, { sockets, onPacket });
    using _ = attachXdp(loaded.onPacket, "eth0");
    // Nobody is there yet: what the lower bits of the flags say happens, XDP_DROP.
    assert.equal(kernel.fire.receive("eth0", frame(1)).verdict, "drop");
    const socket = await open(kernel, { queue: 1, map: loaded.sockets });
    assert.equal(kernel.fire.receive("eth0", frame(2), { queue: 1 }).delivered, true);
    assert.equal(kernel.fire.receive("eth0", frame(3), { queue: 0 }).delivered, false);
    assert.deepEqual(marksOf(socket.fetch()), [2]);
    socket.close();
    assert.equal(kernel.fire.receive("eth0", frame(4), { queue: 1 }).verdict, "drop");
    // The queue is free again.
    (await open(kernel, { queue: 1, map: "none" })).close();
  });

  it("is refused as on a machine", async () => {
    const kernel = kernelWithInterface();
    using first = await open(kernel, { map: "none" });
    await assert.rejects(open(kernel, { map: "none" }), BusyError);
    await assert.rejects(open(kernel, { map: "none", queue: 2 }), NotFoundError);
    await assert.rejects(open(kernel, { interface: "eth1" }), NotFoundError);
    await assert.rejects(open(kernel, { queue: 1, mode: "zero-copy" }), NotSupportedError);
    assert.throws(() => openUmem({ kernel, frames: 3, frameBytes: 2048 }), InvalidArgumentError);
    assert.throws(() => kernel.fire.receive("eth0", frame(1), { queue: 2 }), InvalidArgumentError);
    const sockets = xskmap("sockets", 2);
    using loaded = loadCollection(kernel, { sockets });
    using plain = kernel.addSocket();
    assert.throws(() => loaded.sockets.set(0, { handle: plain }), NotSupportedError);
    assert.ok(!first.closed);
  });
});
