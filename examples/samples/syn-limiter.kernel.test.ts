import assert from "node:assert/strict";
import { connect } from "node:net";
import { describe, it } from "node:test";
import { setImmediate } from "node:timers/promises";
import { attachXdp, load, parseIpv4, sum } from "ts-ebpf";
import { needs } from "ts-ebpf/testing";
import { inNetNamespace, makeVethPair } from "ts-ebpf/testing";
import { buckets, burstNs, costNs, dropped, limitSyns } from "./syn-limiter.ts";
import { frame, type FrameOptions } from "./testing-packets.ts";

const [drop, pass] = [1, 2];
const [syn, synAck] = [0x02, 0x12];
const hourNs = 3_600_000_000_000n;

/** At most `burst` connections, and one more each hour. */
async function loadLimiter(burst: bigint) {
  costNs.value = hourNs;
  burstNs.value = burst * hourNs;
  return load({ costNs, burstNs, buckets, dropped, limitSyns });
}

inNetNamespace(import.meta.url, () => {
  describe("syn-limiter", needs("bpf", "btf"), () => {
    it("lets each source open as many connections as it may", async () => {
      await using limiter = await loadLimiter(3n);
      const check = (given: Partial<FrameOptions>, expected: number): void => {
        const data = frame({ protocol: "tcp", flags: syn, ...given });
        const { returnValue } = limiter.limitSyns.run({ data });
        assert.equal(returnValue, expected, JSON.stringify(given));
      };
      for (const expected of [pass, pass, pass, drop, drop]) check({ port: 22 }, expected);
      check({ from: "10.9.9.9", options: 3 }, pass);
      check({ flags: synAck }, pass);
      check({ flags: 0x10 }, pass);
      check({ protocol: "udp" }, pass);
      assert.equal(sum(limiter.dropped.get(0)!), 2n);
      assert.equal(limiter.buckets.get(parseIpv4("10.9.9.9"))!.creditNs, 2n * hourNs);
      assert.ok(limiter.buckets.get(parseIpv4("10.0.0.1"))!.creditNs < hourNs);
    });

    it("gives back what was used as time passes, and no more", async () => {
      await using limiter = await loadLimiter(2n);
      const source = parseIpv4("10.0.0.1");
      const run = (): number => {
        const data = frame({ protocol: "tcp", flags: syn });
        return limiter.limitSyns.run({ data }).returnValue;
      };
      // Nothing for five hours, of which more than what may be saved up is lost; the clock may have started later.
      const filledNs = BigInt.asUintN(64, process.hrtime.bigint() - 5n * hourNs);
      limiter.buckets.set(source, { creditNs: 0n, filledNs });
      assert.deepEqual([run(), run(), run()], [pass, pass, drop]);
    });

    it("drops what comes in through an interface", async () => {
      const pair = makeVethPair();
      await using limiter = await loadLimiter(2n);
      using link = attachXdp(limiter.limitSyns, pair.far);
      const deadline = Date.now() + 60_000;
      while (sum(limiter.dropped.get(0)!) < 2n) {
        assert.ok(Date.now() < deadline, "no connection was refused");
        const socket = connect(80, pair.neighbour).on("error", () => {});
        await setImmediate();
        socket.destroy();
      }
      assert.ok(!link.closed);
      assert.deepEqual([...limiter.buckets.keys()], [parseIpv4("10.77.0.1")]);
    });
  });
});
