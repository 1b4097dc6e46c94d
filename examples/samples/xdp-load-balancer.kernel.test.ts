import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { describe, it } from "node:test";
import { attachXdp, formatMac, load, parseIpv4 } from "ts-ebpf";
import { needs } from "ts-ebpf/testing";
import { inNetNamespace, makeVethPair } from "ts-ebpf/testing";
import { assertChecksums, frame, type FrameOptions, macs, sendUntil } from "./testing-packets.ts";
import { backendCount, backends, balance, service } from "./xdp-load-balancer.ts";

const text = { encoding: "utf8" } as const;
const [pass, transmit] = [2, 3];
const servers = ["192.168.0.1", "192.168.0.2", "192.168.0.3"];
const spec = { service, backendCount, backends, balance };

async function loadBalancer(address: string, count: number) {
  service.value = parseIpv4(address);
  backendCount.value = count;
  return load(spec);
}

inNetNamespace(import.meta.url, () => {
  describe("xdp-load-balancer", needs("bpf", "btf"), () => {
    it("rewrites packets to the service, and their checksums", async () => {
      await using balancer = await loadBalancer("10.0.0.2", servers.length);
      servers.forEach((address, index) => {
        const mac = `02:00:00:00:01:0${index}`;
        balancer.backends.set(index, { address: parseIpv4(address), mac, packets: 0n });
      });
      const given = Array.from({ length: 300 }, (_, index): FrameOptions => {
        const options = index % 3;
        return { protocol: index % 2 === 0 ? "tcp" : "udp", sourcePort: 2000 + index, options };
      });
      for (const options of given) {
        const [first, again] = [0, 1].map(() => balancer.balance.run({ data: frame(options) }));
        assert.equal(first!.returnValue, transmit);
        assert.deepEqual(first!.data, again!.data, "a flow stays with its server");
        assertChecksums(first!.data);
        const view = new DataView(first!.data.buffer, first!.data.byteOffset);
        const server = servers.findIndex((address) => parseIpv4(address) === view.getUint32(30));
        assert.equal(formatMac(first!.data.subarray(0, 6)), `02:00:00:00:01:0${server}`);
        assert.equal(formatMac(first!.data.subarray(6, 12)), macs.destination);
      }
      const counts = servers.map((_, index) => Number(balancer.backends.get(index)!.packets));
      assert.equal(
        counts.reduce((all, count) => all + count),
        2 * given.length,
      );
      for (const count of counts) assert.ok(count > given.length / 3, `${count} of 600`);
    });

    it("leaves a checksum of 0 alone", async () => {
      await using balancer = await loadBalancer("10.0.0.2", 1);
      const data = frame({ protocol: "udp" });
      data.set([0, 0], 40);
      const result = balancer.balance.run({ data });
      assert.equal(result.returnValue, transmit);
      assert.deepEqual([...result.data.subarray(40, 42)], [0, 0]);
    });

    it("lets everything else pass as it is", async () => {
      await using balancer = await loadBalancer("10.0.0.2", 1);
      await using empty = await loadBalancer("10.0.0.2", 0);
      const other = frame({ protocol: "udp", to: "10.0.0.3" });
      assert.equal(balancer.balance.run({ data: other }).returnValue, pass);
      const service = frame({ protocol: "udp" });
      assert.equal(balancer.balance.run({ data: service.subarray(0, 41) }).returnValue, pass);
      const result = empty.balance.run({ data: service });
      assert.equal(result.returnValue, pass);
      assert.deepEqual(result.data, service);
    });

    it("sends packets to a server on the wire", async () => {
      const pair = makeVethPair();
      // The server is the sender itself, which is no longer refused a packet from itself.
      writeFileSync(`/proc/sys/net/ipv4/conf/${pair.near}/accept_local`, "1");
      const mac = /link\/ether (\S+)/.exec(
        execFileSync("ip", ["link", "show", pair.near], text),
      )![1]!;
      await using balancer = await loadBalancer(pair.neighbour, 1);
      balancer.backends.set(0, { address: parseIpv4("10.77.0.1"), mac, packets: 0n });
      using link = attachXdp(balancer.balance, pair.far, { mode: "skb" });
      const server = createSocket("udp4");
      server.bind(4242, "10.77.0.1");
      await once(server, "listening");
      let received = 0;
      server.on("message", () => received++);
      await sendUntil(() => received >= 3, pair.neighbour, 4242);
      server.close();
      assert.ok(balancer.backends.get(0)!.packets >= 3n);
      assert.ok(!link.closed);
    });
  });
});
