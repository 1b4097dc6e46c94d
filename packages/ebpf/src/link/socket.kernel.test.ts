import assert from "node:assert/strict";
import { openSync, closeSync } from "node:fs";
import { describe, it } from "node:test";
import { loadBridge } from "@ts-ebpf/native";
import { mov } from "../asm/alu.ts";
import { assemble } from "../asm/assemble.ts";
import { call, exit } from "../asm/call.ts";
import { st } from "../asm/memory.ts";
import { at } from "../asm/place.ts";
import { InvalidArgumentError } from "../base/errors.ts";
import { compileAndLoad, loadCollection } from "../collection/load.ts";
import { r0, r1, r10 } from "../isa/register.ts";
import type { Instruction } from "../isa/instruction.ts";
import { NotSupportedError, SyscallError } from "../kernel/errors.ts";
import { bpf } from "../lang/builtins/index.ts";
import { u32 } from "../layout/integer.ts";
import { global } from "../spec/global-spec.ts";
import { reuseportSockarray } from "../spec/sockmap.ts";
import { skReuseport, socketFilter } from "../spec/socket-program.ts";
import { openNativeKernel } from "../sys/native-kernel.ts";
import { inNetNamespace } from "../testing/net-namespace.ts";
import { needs } from "../testing/needs.ts";
import { attachReuseport, attachSocketFilter } from "./socket.ts";
import { counting, hits } from "./testing-hits.ts";

const kernel = openNativeKernel();
const bridge = loadBridge();
const [levelSocket, reusePort] = [1, 15];
const dontWait = 0x40;

/** A socket of UDP at 127.0.0.1. */
interface UdpSocket extends Disposable {
  readonly descriptor: number;
  readonly port: number;
  /** The packet that is there, if there is one. */
  readonly take: () => string | undefined;
  /** The next packet. */
  readonly receive: () => string;
}

/** `sockaddr_in`. */
function addressAt(port: number): Uint8Array {
  return Uint8Array.of(2, 0, port >> 8, port & 0xff, 127, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0);
}

function openUdp(port: number): UdpSocket {
  const descriptor = bridge.socket(2, 2, 0);
  assert.ok(descriptor >= 0);
  const on = new Uint8Array(Int32Array.of(1).buffer);
  assert.equal(bridge.setSocketOption(descriptor, levelSocket, reusePort, on), 0);
  const bound = bridge.bind(descriptor, addressAt(port));
  assert.equal(bound, 0, `port ${port} is free`);
  const buffer = new Uint8Array(2048);
  const take = (): string | undefined => {
    const length = bridge.receive(descriptor, buffer, dontWait);
    return length < 0 ? undefined : new TextDecoder().decode(buffer.subarray(0, length));
  };
  return {
    descriptor,
    port,
    take,
    receive: () => waitFor(take),
    [Symbol.dispose]: () => void bridge.close(descriptor),
  };
}

/**
 * What `find` finds at last. A busy kernel hands a packet over a moment after it was sent, though both happens on one machine.
 */
function waitFor<T>(find: () => T | undefined): T {
  const deadline = Date.now() + 60_000;
  for (;;) {
    const found = find();
    if (found !== undefined) return found;
    assert.ok(Date.now() < deadline, "no packet came");
  }
}

/** Waits until a program has seen so many packets, and no more. */
function waitForHits({ hits: seen }: { readonly hits: { readonly value: bigint } }, count: bigint) {
  assert.equal(
    waitFor(() => (seen.value >= count ? seen.value : undefined)),
    count,
  );
}

/** A port that nobody else has in this network namespace. */
let used = 0;
const freePort = (): number => 20_000 + used++;

function send(port: number, text: string): void {
  const socket = bridge.socket(2, 2, 0);
  const bytes = new TextEncoder().encode(text);
  assert.equal(bridge.send(socket, bytes, 0, addressAt(port)), bytes.length);
  bridge.close(socket);
}

const group = reuseportSockarray("group", 2);
const chosen = global("chosen", u32, 0);
/** Gives each packet to the socket whose index user space says. */
const chooseInTypeScript = skReuseport((context) => {
  "use bpf";
  if (context.ip_protocol !== 17) return 0;
  bpf.skSelectReuseport(context, group, chosen.value, 0n);
  return 1;
});

/** Of 20 packets to their port, how many each socket got. */
function countsOf(...sockets: readonly UdpSocket[]): readonly number[] {
  for (let index = 0; index < 20; index++) send(sockets[0]!.port, `${index}`);
  const counts = sockets.map(() => 0);
  waitFor(() => {
    for (const [index, { take }] of sockets.entries())
      if (take() !== undefined) counts[index]! += 1;
    return counts.reduce((all, count) => all + count) === 20 ? counts : undefined;
  });
  return counts;
}

/** Gives each packet to the socket at `index` of the group. */
function choose(index: number): readonly Instruction[] {
  return assemble([
    st("u32", r10, -4, index),
    call("sk_select_reuseport", r1, group, at(r10, -4), 0),
    mov(r0, 1),
    exit(),
  ]);
}

inNetNamespace(import.meta.url, () => {
  describe("a socket filter", needs("bpf"), () => {
    it("drops packets, or cuts them, until it is closed", () => {
      using socket = openUdp(freePort());
      using dropping = loadFilter(0);
      const link = attachSocketFilter(dropping.look, socket.descriptor);
      assert.equal(link.kind, "socket");
      send(socket.port, "dropped");
      waitForHits(dropping, 1n);
      assert.equal(socket.take(), undefined);
      using cutting = loadFilter(8 + 3);
      link.update(cutting.look);
      send(socket.port, "cut short");
      assert.equal(socket.receive(), "cut");
      link.close();
      send(socket.port, "whole");
      assert.equal(socket.receive(), "whole");
      assert.throws(() => link.update(cutting.look), /is closed/);
    });

    it("is gone with its socket, and does not hold it", () => {
      const port = freePort();
      using dropping = loadFilter(0);
      const socket = openUdp(port);
      const link = attachSocketFilter(dropping.look, socket.descriptor);
      socket[Symbol.dispose]();
      // The number is that of another socket now, whose filter stays.
      using other = openUdp(port);
      assert.equal(other.descriptor, socket.descriptor);
      using kept = attachSocketFilter(dropping.look, other.descriptor);
      link.close();
      send(port, "dropped");
      waitForHits(dropping, 1n);
      assert.equal(other.take(), undefined);
      assert.ok(!kept.closed);
    });

    it("is no link for the kernel", () => {
      using socket = openUdp(freePort());
      using tracer = loadFilter(0);
      using link = attachSocketFilter(tracer.look, socket.descriptor);
      assert.throws(() => link.info(), NotSupportedError);
      assert.throws(() => link.update(tracer.look, { expected: tracer.look }), NotSupportedError);
    });

    it("is for sockets", () => {
      using tracer = loadFilter(0);
      const file = openSync("/dev/null", "r");
      assert.throws(() => attachSocketFilter(tracer.look, file), InvalidArgumentError);
      assert.throws(() => attachSocketFilter(tracer.look, 1_000_000), InvalidArgumentError);
      closeSync(file);
      assert.throws(() => tracer.attach("look"), { hint: /attachSocketFilter/ });
      using socket = openUdp(freePort());
      using other = loadCollection(kernel, { group, look: skReuseport(choose(0)) });
      assert.throws(() => attachSocketFilter(other.look, socket.descriptor), SyscallError);
    });
  });

  describe("a choice among sockets of one port", needs("bpf"), () => {
    it("gives packets to the socket of the map", () => {
      const port = freePort();
      using first = openUdp(port);
      using second = openUdp(port);
      const spec = { group, first: skReuseport(choose(0)), second: skReuseport(choose(1)) };
      using tracer = loadCollection(kernel, spec);
      tracer.group.set(0, first.descriptor);
      tracer.group.set(1, second.descriptor);
      using link = attachReuseport(tracer.second, first.descriptor);
      assert.deepEqual(countsOf(first, second), [0, 20]);
      link.update(tracer.first);
      assert.deepEqual(countsOf(first, second), [20, 0]);
      link.close();
      const [hashed = 0] = countsOf(first, second);
      assert.ok(hashed > 0 && hashed < 20, `${hashed} of 20 by hash`);
    });

    it("is written in TypeScript", async () => {
      const port = freePort();
      using first = openUdp(port);
      using second = openUdp(port);
      const spec = { group, chosen, look: chooseInTypeScript };
      await using tracer = await compileAndLoad(kernel, spec);
      tracer.group.set(0, first.descriptor);
      tracer.group.set(1, second.descriptor);
      using link = attachReuseport(tracer.look, second.descriptor);
      tracer.chosen.value = 1;
      assert.deepEqual(countsOf(first, second), [0, 20]);
      tracer.chosen.value = 0;
      assert.deepEqual(countsOf(first, second), [20, 0]);
      assert.ok(!link.closed);
    });

    it("drops what it says", () => {
      const port = freePort();
      using socket = openUdp(port);
      using tracer = loadCollection(kernel, { hits, look: skReuseport(counting(0)) });
      using link = attachReuseport(tracer.look, socket.descriptor);
      send(port, "dropped");
      waitForHits(tracer, 1n);
      assert.equal(socket.take(), undefined);
      assert.ok(!link.closed);
    });

    it("is for sockets that share their port", () => {
      using tracer = loadCollection(kernel, { hits, look: skReuseport(counting(1)) });
      const alone = bridge.socket(2, 2, 0);
      assert.throws(() => attachReuseport(tracer.look, alone), /cannot be attached to this socket/);
      bridge.close(alone);
      assert.throws(() => tracer.attach("look"), { hint: /attachReuseport/ });
    });
  });
});

// oxlint-disable-next-line typescript/explicit-function-return-type -- the type is the spec's
function loadFilter(bytes: number) {
  return loadCollection(kernel, { hits, look: socketFilter(counting(bytes)) });
}
