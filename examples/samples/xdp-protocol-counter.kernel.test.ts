import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { attachXdp, load, sum } from "ts-ebpf";
import { needs } from "ts-ebpf/testing";
import { inNetNamespace, makeVethPair } from "ts-ebpf/testing";
import { frame, sendUntil } from "./testing-packets.ts";
import { countProtocols, traffic } from "./xdp-protocol-counter.ts";

const [tcp, udp, icmpv6] = [6, 17, 58];
const pass = 2;
const ipv6 = Uint8Array.from(
  { length: 54 },
  (_, at) => ({ 12: 0x86, 13: 0xdd, 20: icmpv6 })[at] ?? 0,
);

inNetNamespace(import.meta.url, () => {
  describe("xdp-protocol-counter", needs("bpf", "btf"), () => {
    it("counts packets and bytes by protocol", async () => {
      await using counter = await load({ traffic, countProtocols });
      const frames = [frame({ protocol: "tcp" }), frame({ protocol: "udp" }), ipv6, ipv6];
      for (const data of frames) {
        assert.equal(counter.countProtocols.run({ data }).returnValue, pass);
      }
      const count = (protocol: number): object => {
        const values = counter.traffic.get(protocol)!;
        const [packets, bytes] = [values.map((v) => v.packets), values.map((v) => v.bytes)];
        return { packets: sum(packets), bytes: sum(bytes) };
      };
      assert.deepEqual(count(tcp), { packets: 1n, bytes: BigInt(frames[0]!.length) });
      assert.deepEqual(count(udp), { packets: 1n, bytes: BigInt(frames[1]!.length) });
      assert.deepEqual(count(icmpv6), { packets: 2n, bytes: 108n });
      const short = { data: frame({ protocol: "tcp" }).subarray(0, 33) };
      assert.equal(counter.countProtocols.run(short).returnValue, pass);
      assert.deepEqual(count(tcp), { packets: 1n, bytes: BigInt(frames[0]!.length) });
    });

    it("counts what an interface receives", async () => {
      const pair = makeVethPair();
      await using counter = await load({ traffic, countProtocols });
      using link = attachXdp(counter.countProtocols, pair.far);
      const packets = (): bigint => sum(counter.traffic.get(udp)!.map((value) => value.packets));
      await sendUntil(() => packets() >= 3n, pair.neighbour, 4242);
      assert.ok(!link.closed);
    });
  });
});
