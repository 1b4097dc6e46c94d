import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, createServer, type Server, Socket } from "node:net";
import { describe, it } from "node:test";
import { loadBridge } from "@ts-ebpf/native";
import { mov } from "../asm/alu.ts";
import { assemble } from "../asm/assemble.ts";
import { call, exit } from "../asm/call.ts";
import { st } from "../asm/memory.ts";
import { at } from "../asm/place.ts";
import { InvalidArgumentError } from "../base/errors.ts";
import { r0, r1, r10 } from "../isa/register.ts";
import { u32, u64 } from "../layout/integer.ts";
import { loadProgram } from "../program/load.ts";
import { arrayMap } from "../spec/array-map.ts";
import { hashMap } from "../spec/hash-map.ts";
import { arrayOfMaps, hashOfMaps } from "../spec/map-of-maps.ts";
import { progArray } from "../spec/prog-array.ts";
import { program } from "../spec/program.ts";
import { cpumap, devmap, devmapHash } from "../spec/redirect-map.ts";
import { ringbuf } from "../spec/ringbuf.ts";
import { reuseportSockarray, sockmap } from "../spec/sockmap.ts";
import { fdOf } from "../sys/fd.ts";
import { openNativeKernel } from "../sys/native-kernel.ts";
import { needs } from "../testing/needs.ts";
import { connectedSockets, descriptorOf, portOf } from "../testing/sockets.ts";
import { createMap } from "./create.ts";

const usable = needs("root", "bpf");
const kernel = openNativeKernel();
const pass = assemble([mov(r0, 2), exit()]);

describe("a map of maps", usable, () => {
  const inner = hashMap("inner", u32, u64, 8);

  it("gives back the maps in it", () => {
    using outer = createMap(kernel, hashOfMaps("outer", { key: u64, inner }, 4));
    outer.create(7n).close();
    {
      using map = outer.open(7n)!;
      map.set(1, 5n);
    }
    using again = outer.open(7n)!;
    assert.equal(again.get(1), 5n);
    assert.equal(outer.open(8n), undefined);
    assert.deepEqual([...outer], [[7n, again.id]]);
    assert.equal(outer.count(), 1);
  });

  it("has maps that are replaced and taken out", () => {
    using outer = createMap(kernel, arrayOfMaps("outer", inner, 4));
    using first = outer.create(2);
    using second = createMap(kernel, inner);
    outer.set(2, second);
    assert.equal(outer.get(2), second.id);
    assert.equal(first.get(1), undefined);
    assert.equal(outer.delete(2), true);
    assert.equal(outer.has(2), false);
    assert.equal(outer.clear(), 0);
  });

  it("says what is wrong with a map that does not fit", () => {
    using outer = createMap(kernel, arrayOfMaps("outer", inner, 4));
    using other = createMap(kernel, hashMap("other", u64, u64, 8));
    assert.throws(
      () => outer.set(0, other),
      (error) =>
        error instanceof InvalidArgumentError && /keySize is 8 instead of 4/.test(error.message),
    );
    using array = createMap(kernel, arrayMap("array", u64, 8));
    assert.throws(() => outer.set(0, array), /type is array instead of hash/);
  });

  it("gives handles of rings, which are no maps of elements", needs("ringbuf"), () => {
    const rings = arrayOfMaps("rings", ringbuf("ring", u64, 4096), 2);
    using outer = createMap(kernel, rings);
    assert.throws(() => outer.create(0), InvalidArgumentError);
    assert.equal(outer.openHandle(0), undefined);
  });
});

describe("an array of programs", usable, () => {
  it("is listed and emptied", () => {
    using map = createMap(kernel, progArray("next", 4));
    using loaded = loadProgram(kernel, program("xdp", pass));
    map.set(1, loaded);
    map.set(3, loaded);
    assert.deepEqual(
      [...map],
      [
        [1, loaded.id],
        [3, loaded.id],
      ],
    );
    assert.equal(map.clear(), 2);
    assert.equal(map.count(), 0);
    assert.throws(() => map.set(4, loaded), /outside of it/);
  });
});

describe("maps to send packets through", usable, () => {
  it("run programs before packets leave", () => {
    const options = { expectedAttachType: "xdp_devmap" } as const;
    using leaving = loadProgram(kernel, program("xdp", pass, options));
    using devices = createMap(kernel, devmapHash("devices", 4));
    devices.set(9, "lo", leaving);
    assert.equal(devices.get(9)?.programId, leaving.id);
    using other = loadProgram(kernel, program("xdp", pass));
    assert.throws(() => devices.set(8, "lo", other));
    assert.equal(devices.has(8), false);
    using array = createMap(kernel, devmap("devices", 4));
    array.set(3, "lo");
    assert.deepEqual(
      [...array.entries()].map(([key]) => key),
      [3],
    );
    assert.throws(() => array.set(4, "lo"), /outside of it/);
  });

  it("run programs on other CPUs", () => {
    const options = { expectedAttachType: "xdp_cpumap" } as const;
    using arriving = loadProgram(kernel, program("xdp", pass, options));
    using cpus = createMap(kernel, cpumap("cpus", 4));
    cpus.set(0, 64, arriving);
    assert.deepEqual({ ...cpus.get(0) }, { queueSize: 64, programId: arriving.id });
    assert.equal(cpus.count(), 1);
    assert.equal(cpus.clear(), 1);
    assert.equal(cpus.get(0), undefined);
    assert.throws(() => cpus.set(0, 1 << 20));
  });
});

describe("a map of sockets", usable, () => {
  it("takes sockets of Node", async () => {
    await using pair = await connectedSockets();
    using map = createMap(kernel, sockmap("socks", 4));
    map.set(1, pair.client.socket);
    map.set(2, pair.server.socket);
    assert.equal(new Set([...map].map(([, cookie]) => cookie)).size, 2);
    assert.equal(map.clear(), 2);
    assert.equal(map.delete(1), false);
  });

  it("refuses what is no open socket", () => {
    using map = createMap(kernel, sockmap("socks", 4));
    assert.throws(() => map.set(0, new Socket()), InvalidArgumentError);
    assert.throws(() => map.set(0, 99_999), /cannot update/);
    assert.throws(() => map.set(0, map.handle), /cannot update/);
  });
});

describe("an array of listening sockets", usable, () => {
  /** SOL_SOCKET and SO_ATTACH_REUSEPORT_EBPF of include/uapi/asm-generic/socket.h. */
  const [socketLevel, attachReuseport] = [1, 52];

  it("lets a program choose who gets a connection", async () => {
    using stack = new DisposableStack();
    const listen = async (port: number): Promise<Server> => {
      const server = createServer((socket) => socket.end(String(server.listening)));
      stack.defer(() => void server.close());
      server.listen({ port, host: "127.0.0.1", reusePort: true });
      await once(server, "listening");
      return server;
    };
    const first = await listen(0);
    const second = await listen(portOf(first));
    const spec = reuseportSockarray("listeners", 4);
    using map = createMap(kernel, spec);
    map.set(0, first);
    map.set(1, second);
    assert.equal(new Set([...map].map(([, cookie]) => cookie)).size, 2);
    assert.throws(() => map.set(2, first), { name: "BusyError" });
    const choosesSecond = assemble([
      st("u32", r10, -4, 1),
      call("sk_select_reuseport", r1, spec, at(r10, -4), 0),
      mov(r0, 1),
      exit(),
    ]);
    const maps = new Map([[spec.name, map.handle]]);
    using chooser = loadProgram(kernel, program("sk_reuseport", choosesSecond), maps);
    const bytes = new Uint8Array(Int32Array.of(fdOf(chooser.handle).raw).buffer);
    const fd = descriptorOf(first);
    assert.equal(loadBridge().setSocketOption(fd, socketLevel, attachReuseport, bytes), 0);
    let chosen = 0;
    second.on("connection", () => (chosen += 1));
    for (let count = 0; count < 8; count++) {
      const client = connect(portOf(first), "127.0.0.1");
      client.resume();
      await once(client, "close");
    }
    assert.equal(chosen, 8);
    assert.equal(map.delete(1), true);
    assert.equal(map.has(1), false);
  });
});
