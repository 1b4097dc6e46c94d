import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { attachXdp, load, parseIpv4 } from "ts-ebpf";
import { needs } from "ts-ebpf/testing";
import { inNetNamespace, makeVethPair } from "ts-ebpf/testing";
import { frame, type FrameOptions, sendUntil } from "./testing-packets.ts";
import { blockedPorts, firewall, rules } from "./xdp-firewall.ts";

const [drop, pass] = [1, 2];
const spec = { rules, blockedPorts, firewall };
const network = (prefixlen: number, address: string) => ({
  prefixlen,
  address: parseIpv4(address),
});

inNetNamespace(import.meta.url, () => {
  describe("xdp-firewall", needs("bpf", "btf"), () => {
    it("decides by the longest prefix and by ports", async () => {
      await using loaded = await load(spec);
      loaded.rules.set(network(8, "10.0.0.0"), { action: drop, hits: 0n });
      loaded.rules.set(network(16, "10.1.0.0"), { action: pass, hits: 0n });
      loaded.blockedPorts.set(53, 0n);
      const check = (given: FrameOptions, expected: number): void => {
        const { returnValue } = loaded.firewall.run({ data: frame(given) });
        assert.equal(returnValue, expected, JSON.stringify(given));
      };
      check({ protocol: "udp", from: "10.2.3.4" }, drop);
      check({ protocol: "udp", from: "10.1.3.4" }, pass);
      check({ protocol: "udp", from: "11.1.3.4", port: 53 }, drop);
      check({ protocol: "tcp", from: "11.1.3.4", port: 53 }, drop);
      check({ protocol: "tcp", from: "11.1.3.4", port: 54 }, pass);
      check({ protocol: "udp", from: "10.1.3.4", port: 53, options: 10 }, drop);
      check({ protocol: "udp", from: "10.2.3.4", vlan: 7 }, drop);
      check({ protocol: "udp", from: "11.2.3.4", port: 53, vlan: 7, options: 1 }, drop);
      assert.equal(loaded.rules.get(network(8, "10.0.0.0"))!.hits, 2n);
      assert.equal(loaded.rules.get(network(16, "10.1.0.0"))!.hits, 2n);
      assert.equal(loaded.blockedPorts.get(53), 4n);
    });

    it("lets pass what ends too early", async () => {
      await using loaded = await load(spec);
      loaded.rules.set(network(0, "0.0.0.0"), { action: pass, hits: 0n });
      loaded.blockedPorts.set(53, 0n);
      const whole = frame({ protocol: "udp", port: 53, vlan: 1, options: 2 });
      const behindPorts = 14 + 4 + 28 + 8;
      for (let length = 14; length <= whole.length; length++) {
        const { returnValue } = loaded.firewall.run({ data: whole.subarray(0, length) });
        assert.equal(returnValue, length < behindPorts ? pass : drop, `${length} bytes`);
      }
    });

    it("drops what comes in through an interface", async () => {
      const pair = makeVethPair();
      await using loaded = await load(spec);
      loaded.rules.set(network(32, "10.77.0.1"), { action: drop, hits: 0n });
      using link = attachXdp(loaded.firewall, pair.far);
      const hits = (): bigint => loaded.rules.get(network(32, "10.77.0.1"))!.hits;
      await sendUntil(() => hits() >= 3n, pair.neighbour, 4242);
      assert.equal(link.kind, "xdp");
    });
  });
});
