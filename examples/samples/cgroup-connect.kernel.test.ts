import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:net";
import { describe, it } from "node:test";
import { attachCgroup, load, parseIpv4 } from "ts-ebpf";
import { needs } from "ts-ebpf/testing";
import { makeCgroup } from "ts-ebpf/testing";
import { portOf } from "ts-ebpf/testing";
import { onConnect, rules } from "./cgroup-connect.ts";

const refused = { address: 0, port: 0 };

describe("cgroup-connect", needs("root", "bpf", "btf", "cgroup2"), () => {
  it("refuses and replaces destinations, only in its group", async () => {
    using group = makeCgroup();
    using other = makeCgroup();
    await using server = createServer((socket) => socket.on("error", () => {}).end("here"));
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const local = { address: parseIpv4("127.0.0.1"), port: portOf(server) };
    const elsewhere = { address: parseIpv4("192.0.2.1"), port: 9 };

    await using filter = await load({ rules, onConnect });
    using link = attachCgroup(filter.onConnect, group.folder);
    const connect = (place: string, port: number): string => `exec 3<>/dev/tcp/${place}/${port}`;
    assert.equal(group.run(connect("127.0.0.1", local.port)), 0);

    filter.rules.set(elsewhere, { instead: local, hits: 0n });
    assert.equal(group.run(connect("192.0.2.1", 9)), 0);
    assert.equal(filter.rules.get(elsewhere)!.hits, 1n);

    filter.rules.set(local, { instead: refused, hits: 0n });
    assert.notEqual(group.run(connect("127.0.0.1", local.port)), 0);
    assert.equal(filter.rules.get(local)!.hits, 1n);
    assert.equal(other.run(connect("127.0.0.1", local.port)), 0);
    link.close();
    assert.equal(group.run(connect("127.0.0.1", local.port)), 0);
    assert.equal(filter.rules.get(local)!.hits, 1n);
  });
});
