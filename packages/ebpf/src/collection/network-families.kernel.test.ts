import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { describe, it } from "node:test";
import { setImmediate } from "node:timers/promises";
import { u64 } from "../layout/integer.ts";
import { global } from "../spec/global-spec.ts";
import { devmap } from "../spec/redirect-map.ts";
import { tcx } from "../spec/tcx.ts";
import { xdp } from "../spec/xdp.ts";
import { openNativeKernel } from "../sys/native-kernel.ts";
import { inNetNamespace, makeVethPair } from "../testing/net-namespace.ts";
import { needs } from "../testing/needs.ts";
import { compileAndLoad } from "./load.ts";

const kernel = openNativeKernel();
const packets = global("packets", u64, 0n);
const bytes = global("bytes", u64, 0n);

inNetNamespace(import.meta.url, () => {
  const pair = makeVethPair();

  /** Sends packets until `seen` is true. */
  async function sendUntil(seen: () => boolean): Promise<void> {
    const socket = createSocket("udp4");
    const deadline = Date.now() + 60_000;
    while (!seen()) {
      assert.ok(Date.now() < deadline, "no packet was seen");
      socket.send("hello", 4242, pair.neighbour);
      await setImmediate();
    }
    socket.close();
  }

  describe("programs in TypeScript on the network", () => {
    it("see packets that arrive, and send them on", async () => {
      const devices = devmap("devices", 2);
      const forward = xdp(
        (ctx) => {
          "use bpf";
          if (ctx.ingress_ifindex === 0) return 0;
          packets.value += 1n;
          return devices.redirect(1, 2);
        },
        { interface: pair.far },
      );
      using tracer = await compileAndLoad(kernel, { packets, devices, forward });
      tracer.devices.set(1, pair.far);
      tracer.attach();
      await sendUntil(() => tracer.packets.value > 2n);
    });

    it("see packets that leave", needs("tcx"), async () => {
      const count = tcx(
        "egress",
        (skb) => {
          "use bpf";
          packets.value += 1n;
          bytes.value += u64(skb.len);
          return -1;
        },
        { interface: pair.near },
      );
      using tracer = await compileAndLoad(kernel, { packets, bytes, count });
      tracer.attach();
      // A packet is counted before its bytes are.
      const { packets: seen, bytes: length } = tracer;
      await sendUntil(() => seen.value > 0n && length.value >= 14n * seen.value);
    });
  });
});
