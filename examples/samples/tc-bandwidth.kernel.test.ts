import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { attachTcx, load, parseIpv4 } from "ts-ebpf";
import { needs } from "ts-ebpf/testing";
import { inNetNamespace, makeVethPair } from "ts-ebpf/testing";
import { burstNs, bytesPerSecond, flows, limitBandwidth } from "./tc-bandwidth.ts";
import { frame, sendUntil } from "./testing-packets.ts";

const [next, drop] = [0xffff_ffff, 2];
const secondNs = 1_000_000_000n;

async function loadLimiter(bytes: bigint, burstS: bigint) {
  bytesPerSecond.value = bytes;
  burstNs.value = burstS * secondNs;
  return load({ bytesPerSecond, burstNs, flows, limitBandwidth });
}

inNetNamespace(import.meta.url, () => {
  describe("tc-bandwidth", needs("bpf", "btf"), () => {
    it("lets each flow send its share", async () => {
      const data = frame({ protocol: "udp", options: 1 });
      const bytes = BigInt(data.length);
      // Two packets at once behind the first one, which makes the flow known.
      await using limiter = await loadLimiter(1n, 2n * bytes);
      const run = (given: Uint8Array): number =>
        limiter.limitBandwidth.run({ data: given }).returnValue;
      assert.deepEqual(
        [1, 2, 3, 4, 5].map(() => run(data)),
        [next, next, next, drop, drop],
      );
      assert.equal(run(frame({ protocol: "tcp" })), next);
      const flow = {
        source: parseIpv4("10.0.0.1"),
        destination: parseIpv4("10.0.0.2"),
        sourcePort: 1024,
        destinationPort: 80,
      };
      const { sent, dropped } = limiter.flows.get({ ...flow, protocol: 17 })!;
      assert.deepEqual({ sent, dropped }, { sent: 3n * bytes, dropped: 2n * bytes });
      assert.equal(limiter.flows.count(), 2);
      assert.equal(limiter.flows.get({ ...flow, protocol: 6 })!.dropped, 0n);
    });

    it("measures and limits what leaves through an interface", async () => {
      const pair = makeVethPair();
      await using limiter = await loadLimiter(1n, 200n);
      using link = attachTcx(limiter.limitBandwidth, pair.near, { direction: "egress" });
      const ours = () => {
        const entries = [...limiter.flows].filter(([flow]) => flow.destinationPort === 4242);
        return entries.map(([, usage]) => usage);
      };
      const isLimited = (): boolean => ours().some((usage) => usage.dropped > 0n);
      await sendUntil(isLimited, pair.neighbour, 4242);
      assert.ok(!link.closed);
      const [usage] = ours();
      // Ethernet, IP, UDP and six bytes: 48. The share is four packets behind the first.
      assert.equal(usage!.sent, 5n * 48n);
      assert.equal(usage!.dropped % 48n, 0n);
    });
  });
});
