import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { loadBridge } from "@ts-ebpf/native";
import { once } from "node:events";
import { connect, createServer } from "node:net";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { InvalidArgumentError } from "../base/errors.ts";
import { ipv6Prefix } from "../layout/address/prefix.ts";
import { u32, u64 } from "../layout/integer.ts";
import { spinLock } from "../layout/opaque.ts";
import { struct } from "../layout/struct.ts";
import { hashMap, lruHashMap, resizableHashMap } from "../spec/hash-map.ts";
import { insnArray } from "../spec/insn-array.ts";
import { lpmTrie } from "../spec/lpm-trie.ts";
import { inodeStorage, skStorage, taskStorage } from "../spec/storage-map.ts";
import { openNativeKernel } from "../sys/native-kernel.ts";
import { needs } from "../testing/needs.ts";
import { needsMap } from "../testing/needs-map.ts";
import { connectedSockets, descriptorOf } from "../testing/sockets.ts";
import { createMap } from "./create.ts";

const usable = needs("root", "bpf");
const kernel = openNativeKernel();

describe("a resizable hash map", needsMap("rhash"), () => {
  it("grows to its limit", () => {
    using map = createMap(kernel, resizableHashMap("growing", u32, u64, 5000));
    map.setMany(Array.from({ length: 5000 }, (_, key) => [key, BigInt(key)] as const));
    assert.equal(map.count(), 5000);
    assert.throws(() => map.set(5000, 0n), { name: "NoSpaceError" });
    assert.equal(map.get(4999), 4999n);
    assert.equal(map.lookupAndDelete(4999), 4999n);
    assert.equal(map.delete(4999), false);
    assert.throws(() => map.set(1, 0n, { mode: "noexist" }), { name: "ExistsError" });
    assert.deepEqual(new Set(map.keys()), new Set(Array(4999).keys()));
    assert.deepEqual(map.info().flags, ["no_prealloc"]);
    assert.equal(map.clear(), 4999);
  });

  it("gives each key once while others are deleted", () => {
    using map = createMap(kernel, resizableHashMap("moving", u32, u32, 2000));
    for (let key = 0; key < 1000; key++) map.set(key, key);
    const met = new Set<number>();
    for (const batch of map.batches({ batchSize: 16 })) {
      for (const [key] of batch) {
        assert.ok(!met.has(key), `${key} comes twice`);
        met.add(key);
        map.delete(key);
      }
    }
    assert.equal(met.size, 1000);
  });
});

describe("an LRU hash with lists for each CPU", usable, () => {
  it("drops old elements", () => {
    const options = { maxEntries: 256, flags: ["no_common_lru"] } as const;
    using map = createMap(kernel, lruHashMap("own_lists", u32, u32, options));
    for (let key = 0; key < 2000; key++) map.set(key, key);
    assert.ok(map.count() <= 256);
    assert.equal(map.get(1999), 1999);
    assert.deepEqual(map.info().flags, ["no_common_lru"]);
  });

  it("is no other kind of hash", () => {
    const options = { maxEntries: 256, flags: ["no_common_lru"] } as const;
    assert.throws(() => createMap(kernel, hashMap("plain", u32, u32, options)), {
      name: "SyscallError",
      hint: /do not take the flag "no_common_lru"; those of type lru_hash/,
    });
  });
});

describe("a trie of IPv6 prefixes", usable, () => {
  it("finds the longest match", () => {
    using routes = createMap(kernel, lpmTrie("routes6", ipv6Prefix, u32, 8));
    routes.set("2001:db8::/32", 1);
    routes.set("2001:db8:1::/48", 2);
    routes.set("::/0", 3);
    const check = (address: string, expected: number): void =>
      assert.equal(routes.get(address), expected);
    check("2001:db8::1", 1);
    check("2001:db8:1::1", 2);
    check("fe80::1", 3);
    assert.deepEqual(new Set(routes.keys()), new Set(["2001:db8::/32", "2001:db8:1::/48", "::/0"]));
    assert.throws(() => routes.get("2001:db8::/129"), InvalidArgumentError);
    assert.throws(() => routes.set("10.0.0.0/8", 1), InvalidArgumentError);
  });

  it("gives each prefix once while others are deleted, and counts how often it was thrown back", () => {
    using routes = createMap(kernel, lpmTrie("thinning", ipv6Prefix, u32, 100));
    for (let net = 0; net < 64; net++) routes.set(`2001:${net.toString(16)}::/32`, net);
    const met = new Set<number>();
    for (const batch of routes.batches({ batchSize: 8 })) {
      for (const [, net] of batch) {
        assert.ok(!met.has(net), `${net} comes twice`);
        met.add(net);
      }
      // Behind which the kernel would go on.
      routes.delete(batch.key(batch.length - 1));
    }
    assert.equal(met.size, 64);
    if (routes.batchSupport === "batch") assert.ok(routes.restarts > 0, "it was never thrown back");
  });
});

describe("places in a program's code", needsMap("insn_array"), () => {
  it("are set before the program is loaded", () => {
    using map = createMap(kernel, insnArray("places", 2));
    map.place(1, 7);
    assert.deepEqual({ ...map.get(1) }, { original: 7, translated: 0, jited: 0 });
    assert.equal(map.count(), 2);
    map.freeze();
    assert.throws(() => map.place(0, 1), { name: "PermissionError" });
    assert.equal(map.get(2), undefined);
  });
});

describe("values with a lock", usable, () => {
  const Guarded = struct("guarded", { lock: spinLock, low: u32, high: u32 });

  it("are written and read whole", () => {
    using map = createMap(kernel, hashMap("guarded", u32, Guarded, 4));
    map.set(1, { low: 1, high: 2 }, { mode: "any-locked" });
    assert.deepEqual({ ...map.get(1, { lock: "locked" }) }, { low: 1, high: 2 });
    map.set(1, { low: 3, high: 4 }, { mode: "exist-locked" });
    assert.deepEqual({ ...map.get(1) }, { low: 3, high: 4 });
    assert.throws(() => map.set(1, { low: 0, high: 0 }, { mode: "noexist-locked" }), {
      name: "ExistsError",
    });
  });

  it("are wanted for locking", () => {
    using map = createMap(kernel, hashMap("unguarded", u32, u32, 4));
    map.set(1, 1);
    assert.throws(() => map.get(1, { lock: "locked" }), /does not take these flags/);
  });
});

describe("local storage", usable, () => {
  it("of a socket of Node", async () => {
    await using pair = await connectedSockets();
    using map = createMap(kernel, skStorage("marks", u32));
    map.set(pair.client.socket, 5, { mode: "noexist" });
    assert.equal(map.get(pair.client.descriptor), 5);
    assert.throws(() => map.set(pair.client.socket, 5, { mode: "noexist" }), {
      name: "ExistsError",
    });
    assert.throws(() => map.get(99_999), /cannot look up/);
  });

  it("of a task, by a pidfd", needsMap("task_storage"), async (context) => {
    const folder = mkdtempSync(join(tmpdir(), "ts-ebpf-"));
    const path = join(folder, "socket");
    const server = createServer();
    try {
      server.listen(path);
      await once(server, "listening");
      const client = connect(path);
      await once(client, "connect");
      const pidfd = peerPidfd(descriptorOf(client));
      client.destroy();
      if (pidfd === undefined) return context.skip("needs SO_PEERPIDFD, of Linux 6.5");
      using map = createMap(kernel, taskStorage("tasks", u64));
      assert.equal(map.get(pidfd), undefined);
      map.set(pidfd, 7n);
      assert.equal(map.get(pidfd), 7n);
      assert.equal(map.delete(pidfd), true);
      loadBridge().close(pidfd);
    } finally {
      server.close();
      rmSync(folder, { recursive: true });
    }
  });

  it("of a file", needsMap("inode_storage"), () => {
    using map = createMap(kernel, inodeStorage("files", u64));
    using file = kernel.openPath("/etc/passwd");
    try {
      map.set(file, 3n);
    } catch (error) {
      // Without BPF among the active security modules inodes have no room for it.
      assert.match(String(error), /cannot update/);
      return;
    }
    assert.equal(map.get(file), 3n);
    assert.equal(map.delete(file), true);
  });
});

/** A pidfd of whoever made the other end of a socket: SO_PEERPIDFD of include/uapi/asm-generic/socket.h. */
function peerPidfd(socket: number): number | undefined {
  const value = new Uint8Array(4);
  const [socketLevel, peerPidfdOption] = [1, 77];
  const result = loadBridge().getSocketOption(socket, socketLevel, peerPidfdOption, value);
  return result < 0 ? undefined : new Int32Array(value.buffer)[0];
}
