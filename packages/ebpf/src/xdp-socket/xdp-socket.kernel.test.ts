import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createSocket, type RemoteInfo, type Socket } from "node:dgram";
import { once } from "node:events";
import { describe, it } from "node:test";
import { setImmediate } from "node:timers/promises";
import { ClosedError, InvalidArgumentError } from "../base/errors.ts";
import { loadCollection } from "../collection/load.ts";
import { BusyError, NotFoundError, NotSupportedError } from "../kernel/errors.ts";
import type { Instruction } from "../isa/instruction.ts";
import { assemble } from "../asm/assemble.ts";
import { call, exit } from "../asm/call.ts";
import { attachXdp } from "../link/xdp.ts";
import { xskmap } from "../spec/redirect-map.ts";
import { xdp } from "../spec/xdp.ts";
import { openNativeKernel } from "../sys/native-kernel.ts";
import { inNetNamespace, makeVethPair } from "../testing/net-namespace.ts";
import { openSocket, openSockets, type XdpSocketOptions } from "./open.ts";
import type { PacketBatch } from "./packet-batch.ts";
import { XdpRedirect } from "./redirect.ts";
import { macOf, turnRound, udpPacket, udpText } from "./testing-packets.ts";
import { makeQueues } from "./testing-queues.ts";
import { Umem } from "./umem.ts";
import type { XdpSocket } from "./xdp-socket.ts";

const kernel = openNativeKernel();
const timeoutMs = 60_000;
/** Rings that a test fills up quickly. */
const small = { fill: 64, receive: 64, send: 64, completion: 64 };

inNetNamespace(import.meta.url, () => {
  const pair = makeVethPair();
  const ends = { toMac: macOf(pair.near), from: pair.neighbour, to: "10.77.0.1", port: 7000 };

  const open = (options: Partial<XdpSocketOptions> = {}): Promise<XdpSocket> =>
    openSocket(kernel, { interface: pair.far, ...options });

  /** Sends datagrams through the near end, all of them before it returns. */
  async function sendDatagrams(socket: Socket, texts: readonly string[]): Promise<void> {
    for (const text of texts) {
      await new Promise<void>((resolve, reject) => {
        socket.send(text, 4242, pair.neighbour, (error) => (error ? reject(error) : resolve()));
      });
    }
  }

  /** Texts of the datagrams in a batch; there are other packets, too. */
  const textsOf = (batch: PacketBatch): string[] =>
    [...batch].flatMap((packet) => udpText(packet) ?? []);

  /** Reads until `count` datagrams have come. */
  async function receive(packets: AsyncIterable<PacketBatch>, count: number): Promise<string[]> {
    const texts: string[] = [];
    for await (const batch of packets) {
      texts.push(...textsOf(batch));
      if (texts.length >= count) break;
    }
    return texts;
  }

  /** A UDP socket at the near end. */
  async function nearSocket(port = 0): Promise<Socket> {
    const socket = createSocket("udp4");
    await new Promise<void>((resolve) => void socket.bind(port, "10.77.0.1", resolve));
    return socket;
  }

  /** The next datagram that an ordinary socket receives. */
  async function messageOf(socket: Socket): Promise<{ text: string; address: string }> {
    const signal = AbortSignal.timeout(timeoutMs);
    const [data, { address }] = (await once(socket, "message", { signal })) as [Buffer, RemoteInfo];
    return { text: data.toString(), address };
  }

  describe("an AF_XDP socket", () => {
    it("receives packets", async () => {
      using socket = await open();
      await using udp = await nearSocket();
      await sendDatagrams(udp, ["one", "two", "three"]);
      assert.deepEqual(await receive(socket.packets({ timeoutMs }), 3), ["one", "two", "three"]);
      const { received, batches, receiveDropped } = socket.statistics();
      assert.ok(received >= 3 && batches > 0 && receiveDropped === 0n);
      assert.equal(socket.mode, "copy");
    });

    it("receives into frames again and again", async () => {
      using socket = await open({ frames: 64, rings: small, receiveFrames: 16, headroomBytes: 64 });
      await using udp = await nearSocket();
      for (let round = 0; round < 40; round++) {
        const sent = Array.from({ length: 8 }, (_, index) => `${round}.${index}`);
        await sendDatagrams(udp, sent);
        assert.deepEqual(await receive(socket.packets({ timeoutMs }), 8), sent);
      }
      assert.equal(socket.umem.freeFrames, 48);
      assert.equal(socket.statistics().fillRingEmpty, 0n);
    });

    it("hands packets to a callback", async () => {
      using socket = await open({ frameBytes: 2048 });
      await using udp = await nearSocket();
      const texts: string[] = [];
      const all = Promise.withResolvers<void>();
      using consumer = socket.consume((batch) => {
        texts.push(...textsOf(batch));
        if (texts.length === 2) all.resolve();
      });
      await sendDatagrams(udp, ["one", "two"]);
      await all.promise;
      assert.deepEqual(texts, ["one", "two"]);
      assert.ok(consumer.running);
      socket.close();
      assert.ok(!consumer.running);
    });

    it("sends packets that an ordinary socket receives", async () => {
      using socket = await open({ map: "none" });
      await using udp = await nearSocket(ends.port);
      const message = messageOf(udp);
      assert.equal(socket.send([udpPacket(ends, "from a frame")]), 1);
      assert.deepEqual(await message, { text: "from a frame", address: pair.neighbour });
    });

    it("sends more packets than its rings hold", async () => {
      const rings = { ...small, send: 32 };
      using socket = await open({ map: "none", frames: 64, rings, receiveFrames: 1 });
      await using udp = await nearSocket(ends.port);
      udp.setRecvBufferSize(1 << 20);
      const texts = Array.from({ length: 200 }, (_, index) => `number ${index}`);
      const seen: string[] = [];
      const all = Promise.withResolvers<void>();
      udp.on("message", (data) => {
        if (seen.push(data.toString()) === texts.length) all.resolve();
      });
      const packets = texts.map((text) => udpPacket(ends, text));
      assert.equal(await socket.sendAll(packets, { timeoutMs }), texts.length);
      await all.promise;
      assert.deepEqual(seen, texts);
      assert.equal(socket.statistics().sent, texts.length);
      assert.ok(await socket.flush({ timeoutMs }));
      assert.equal(socket.statistics().completed, texts.length);
    });

    it("sends back what it received, from where it lies", async () => {
      using socket = await open();
      await using udp = await nearSocket();
      using echo = socket.consume((batch) => {
        const indexes = Array.from({ length: batch.length }, (_, index) => index).filter(
          (index) => udpText(batch.packet(index)) !== undefined,
        );
        for (const index of indexes) turnRound(batch.packet(index));
        assert.equal(batch.socket.sendBatch(batch, indexes), indexes.length);
        assert.equal(batch.left, batch.length - indexes.length);
      });
      for (let round = 0; round < 200; round++) {
        const message = messageOf(udp);
        await sendDatagrams(udp, [`echo ${round}`]);
        assert.equal((await message).text, `echo ${round}`);
      }
      assert.ok(echo.running);
      assert.equal(socket.statistics().sent, 200);
    });

    it("sends packets that were written into its frames", async () => {
      using socket = await open({ map: "none", receiveFrames: 0 });
      await using udp = await nearSocket(ends.port);
      const batch = socket.reserve(2);
      assert.equal(batch.length, 2);
      assert.equal(socket.umem.freeFrames, socket.umem.frames - 2);
      const packet = udpPacket(ends, "written");
      batch.packet(1).set(packet);
      batch.resize(1, packet.length);
      const message = messageOf(udp);
      assert.equal(socket.sendBatch(batch, [1]), 1);
      assert.equal((await message).text, "written");
      assert.equal(socket.sendBatch(batch, [1]), 0);
      assert.equal(socket.reserve(0).length, 0);
      assert.equal(socket.umem.freeFrames, socket.umem.frames - socket.inFlight);
    });

    it("counts what was dropped", async () => {
      using socket = await open({ frames: 64, rings: small, receiveFrames: 16 });
      await using udp = await nearSocket();
      await sendDatagrams(
        udp,
        Array.from({ length: 100 }, () => "x"),
      );
      const texts = await receive(socket.packets({ timeoutMs }), 1);
      assert.ok(texts.length <= 16);
      const dropped = (): bigint => {
        const { fillRingEmpty, receiveDropped, receiveRingFull } = socket.statistics();
        return fillRingEmpty + receiveDropped + receiveRingFull;
      };
      const deadline = Date.now() + timeoutMs;
      while (dropped() < 80n) {
        assert.ok(Date.now() < deadline, `${dropped()} were dropped`);
        await setImmediate();
      }
    });

    it("gives packets to the program that is there already", async () => {
      const sockets = xskmap("sockets", 4);
      using own = loadCollection(kernel, { sockets, look: xdp(redirectFrom(sockets)) });
      using link = attachXdp(own.look, pair.far);
      using socket = await open({ map: own.sockets });
      await using udp = await nearSocket();
      await sendDatagrams(udp, ["by the user's program"]);
      assert.deepEqual(await receive(socket, 1), ["by the user's program"]);
      assert.ok(!link.closed);
    });

    it("ends its readers when it is closed", async () => {
      const socket = await open();
      const reading = receive(socket.packets(), 1);
      void setImmediate().then(() => socket.close());
      assert.deepEqual(await reading, []);
      assert.throws(() => socket.fetch(), ClosedError);
      assert.throws(() => socket.send([]), ClosedError);
      assert.throws(() => socket.statistics(), ClosedError);
      assert.throws(() => socket.handle, ClosedError);
      socket.close();
      assert.equal(socket.umem.closed, true);
    });

    it("stops waiting at a time-out and a signal", async () => {
      using socket = await open({ map: "none" });
      assert.deepEqual(await receive(socket.packets({ timeoutMs: 10 }), 1), []);
      const signal = AbortSignal.abort();
      assert.deepEqual(await receive(socket.packets({ signal }), 1), []);
    });

    it("says that the interface is down", async () => {
      const { near } = makeQueues();
      using socket = await open({ interface: near, map: "none" });
      execFileSync("ip", ["link", "set", near, "down"]);
      assert.throws(() => socket.send([udpPacket(ends, "nowhere")]), /interface is down/);
      execFileSync("ip", ["link", "set", near, "up"]);
      assert.ok(await socket.flush({ timeoutMs }));
    });

    it("refuses packets that cannot be sent", async () => {
      using socket = await open({ map: "none" });
      using other = new Umem(kernel, { frames: 2 });
      assert.throws(() => socket.send([new Uint8Array()]), InvalidArgumentError);
      assert.throws(() => socket.send([new Uint8Array(4097)]), InvalidArgumentError);
      assert.throws(() => socket.reserve(-1), InvalidArgumentError);
      assert.throws(() => socket.reserve(Number.NaN), InvalidArgumentError);
      using second = await openSockets(kernel, {
        interface: pair.near,
        queues: [0],
        map: "none",
        umem: other,
      });
      const batch = second.sockets[0]!.reserve(1);
      assert.throws(() => socket.sendBatch(batch), InvalidArgumentError);
    });
  });

  describe("memory for packets", () => {
    it("is shared by sockets of several queues", async () => {
      const { near, far } = makeQueues();
      using to = await openSockets(kernel, { interface: near, queues: [0, 1], map: "none" });
      using from = await openSockets(kernel, { interface: far, queues: [0, 1] });
      const queues = new Map<number, string[]>([0, 1].map((queue) => [queue, []]));
      for (const { queue } of to.sockets)
        assert.equal(to.socket(queue).send([udpPacket(ends, `queue ${queue}`)]), 1);
      for await (const batch of from.packets({ timeoutMs })) {
        assert.equal(batch.umem, from.sockets[0]!.umem);
        queues.get(batch.socket.queue)!.push(...textsOf(batch));
        if ([...queues.values()].every((texts) => texts.length > 0)) break;
      }
      assert.deepEqual(
        queues,
        new Map([
          [0, ["queue 0"]],
          [1, ["queue 1"]],
        ]),
      );
    });

    it("lets one socket send what another one received", async () => {
      const { near, far } = makeQueues();
      using to = await openSockets(kernel, { interface: near, queues: [0, 1] });
      using from = await openSockets(kernel, { interface: far, queues: [0, 1] });
      const { umem } = from.sockets[0]!;
      const before = umem.freeFrames;
      using crossing = from.socket(0).consume((batch) => {
        const udp = [...batch.places.keys()].filter(
          (index) => index < batch.length && udpText(batch.packet(index)) !== undefined,
        );
        from.socket(1).sendBatch(batch, udp);
      });
      to.socket(0).send([udpPacket(ends, "crossed")]);
      assert.deepEqual(await receive(to.socket(1).packets({ timeoutMs }), 1), ["crossed"]);
      crossing.close();
      while (from.socket(1).inFlight > 0) from.socket(1).complete();
      assert.equal(umem.freeFrames, before);
    });

    it("gets all frames back from sockets that are closed", async () => {
      using umem = new Umem(kernel, { frames: 256 });
      using redirect = new XdpRedirect(kernel, { interface: pair.far });
      for (let round = 0; round < 3; round++) {
        using socket = await open({ umem, map: redirect.map });
        await using udp = await nearSocket();
        await sendDatagrams(udp, ["in", "between"]);
        assert.deepEqual(await receive(socket.packets({ timeoutMs }), 2), ["in", "between"]);
        socket.reserve(3);
        socket.fetch();
        assert.equal(umem.freeFrames, 256 - 128 - 3);
        socket.close();
        assert.equal(umem.freeFrames, 256);
      }
    });

    it("is not closed by the sockets that borrow it, and refuses new ones when it is closed", async () => {
      const umem = new Umem(kernel, { frames: 2 });
      (await open({ umem, map: "none" })).close();
      assert.ok(!umem.closed);
      umem.close();
      await assert.rejects(open({ umem, map: "none" }), ClosedError);
    });
  });

  describe("opening an AF_XDP socket", () => {
    type Class = abstract new (...given: never[]) => Error;
    const check = async (
      options: Partial<XdpSocketOptions>,
      expected: Class,
      message: RegExp,
    ): Promise<void> =>
      assert.rejects(open(options), (error) => {
        assert.ok(error instanceof expected, String(error));
        assert.match(error.message, message);
        return true;
      });

    it("refuses an interface that is not there", () =>
      check({ interface: "farr0" }, NotFoundError, /interface "farr0"/));
    it("refuses a number of an interface that is not there", () =>
      check({ interface: 4711, map: "none" }, NotFoundError, /4711 is not there/));
    it("refuses a queue that is not there", () =>
      check({ queue: 3 }, NotFoundError, /has no queue 3/));
    it("refuses a queue that is no number", () =>
      check({ queue: -1 }, InvalidArgumentError, /queue -1/));
    it("refuses zero copy where the driver has none", () =>
      check({ mode: "zero-copy" }, NotSupportedError, /zero copy .* driver of far0/));
    it("refuses frames that are no power of two", () =>
      check({ frameBytes: 3000 }, InvalidArgumentError, /frames of 3000 bytes/));
    it("refuses frames that are too small", () =>
      check({ frameBytes: 1024 }, InvalidArgumentError, /frames of 1024 bytes/));
    it("refuses frames larger than a page", () =>
      check({ frameBytes: 1 << 17, frames: 2 }, InvalidArgumentError, /larger than a page/));
    it("refuses frames that are not whole pages", () =>
      check({ frameBytes: 2048, frames: 3 }, InvalidArgumentError, /whole pages/));
    it("refuses no frames", () => check({ frames: 0 }, InvalidArgumentError, /0 frames/));
    it("refuses too many frames", () =>
      check({ frames: 1 << 20 }, InvalidArgumentError, /more than 1 GiB/));
    it("refuses headroom without room for packets", () =>
      check({ headroomBytes: 4000 }, InvalidArgumentError, /headroom of 4000/));
    it("refuses rings that are no power of two", () =>
      check({ rings: { send: 100 } }, InvalidArgumentError, /send ring cannot have 100/));
    it("refuses words that are none", async () => {
      await check(
        { mode: "copied" as "copy" },
        InvalidArgumentError,
        /mode of a socket is "copied"/,
      );
      await check({ wakeUp: "never" as "always" }, InvalidArgumentError, /waking .* is "never"/);
      const attachMode = "sbk" as "skb";
      await check({ attachMode }, InvalidArgumentError, /mode of .*XDP.* is "sbk"/);
    });
    it("refuses numbers that no interface has", async () => {
      for (const number of [0, -1, 1.5, Number.NaN])
        await check({ interface: number }, InvalidArgumentError, /number of an interface is/);
    });
    it("refuses times that cannot be meant", async () => {
      using socket = await open();
      await assert.rejects(socket.flush({ timeoutMs: Number.NaN }), InvalidArgumentError);
      await assert.rejects(socket.sendAll([], { timeoutMs: -1 }), InvalidArgumentError);
      await assert.rejects(socket.packets({ timeoutMs: -1 }).next(), InvalidArgumentError);
    });
    it("refuses a number of frames that is none", () =>
      check({ receiveFrames: -1 }, InvalidArgumentError, /into -1 frames/));
    it("refuses sizes beside memory that has its own", async () => {
      using umem = new Umem(kernel, { frames: 2 });
      await check({ umem, frames: 4 }, InvalidArgumentError, /frames and umem/);
    });
    it("refuses a queue that has a socket", async () => {
      using socket = await open();
      await check({ map: "none" }, BusyError, /another AF_XDP socket has queue 0/);
      await check(
        { umem: socket.umem, map: "none" },
        InvalidArgumentError,
        /has a socket of this memory/,
      );
      assert.ok(!socket.closed);
    });
    it("refuses an interface that has an XDP program, and closes what it made", async () => {
      using redirect = new XdpRedirect(kernel, { interface: pair.far });
      await check({}, BusyError, /has an XDP program already/);
      using socket = await open({ map: redirect.map });
      assert.ok(!socket.closed);
    });
    it("refuses a map that is too small", async () => {
      const { far } = makeQueues();
      using redirect = new XdpRedirect(kernel, { interface: far, queues: 1 });
      await assert.rejects(openSocket(kernel, { interface: far, queue: 1, map: redirect.map }));
    });
    it("refuses a group without queues", async () =>
      assert.rejects(
        openSockets(kernel, { interface: pair.far, queues: [] }),
        InvalidArgumentError,
      ));
  });
});

/** Sends each packet to the socket at index 0. */
function redirectFrom(sockets: ReturnType<typeof xskmap>): readonly Instruction[] {
  return assemble([call("redirect_map", sockets, 0, 2), exit()]);
}
