import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { setImmediate } from "node:timers/promises";
import { add, mov } from "../asm/alu.ts";
import { assemble, label } from "../asm/assemble.ts";
import { call, exit } from "../asm/call.ts";
import { jgt, jne } from "../asm/jump.ts";
import { ldx } from "../asm/memory.ts";
import { increment } from "../asm/pattern/atomic-update.ts";
import { at } from "../asm/place.ts";
import { loadMapValue } from "../asm/wide.ts";
import { InvalidArgumentError } from "../base/errors.ts";
import { loadCollection } from "../collection/load.ts";
import { r0, r1, r2, r3, r4 } from "../isa/register.ts";
import { NotSupportedError } from "../kernel/errors.ts";
import { isAtLeast } from "../kernel/feature.ts";
import { xdp } from "../spec/xdp.ts";
import { openNativeKernel } from "../sys/native-kernel.ts";
import { inNetNamespace, makeVethPair } from "../testing/net-namespace.ts";
import { needsLinux } from "../testing/needs-linux.ts";
import { hits } from "./testing-hits.ts";
import { withoutIpv6 } from "./testing-packets.ts";

const kernel = openNativeKernel();
const [xdpDrop] = [1];
const flags = ["xdp_live_frames"] as const;

/** Counts frames without a protocol, as ours are; the network may send some of its own. */
const countOurs = assemble([
  ldx("u32", r2, r1, 0),
  ldx("u32", r3, r1, 4),
  mov(r4, r2),
  add(r4, 14),
  jgt(r4, r3, "other"),
  ldx("u16", r4, r2, 12),
  jne(r4, 0, "other"),
  loadMapValue(r1, hits),
  increment(at(r1, 0), r2),
  label("other"),
  mov(r0, xdpDrop),
  exit(),
]);

inNetNamespace(import.meta.url, () => {
  const { near, far } = makeVethPair();
  for (const name of [near, far]) withoutIpv6(name);
  const data = new Uint8Array(64).fill(0xff, 0, 6);
  /** Fewer than the 256 that an interface holds, whoever comes late to take them out. */
  const frames = 200;

  /** Sends each frame out through one interface, and counts what comes in at the other. */
  const load = () => {
    const out = assemble([call("redirect", kernel.interfaceIndex(near), 0), exit()]);
    const count = xdp(countOurs, { interface: far, mode: "drv" });
    const collection = loadCollection(kernel, { hits, count, send: xdp(out) });
    collection.attach("count");
    return collection;
  };

  describe("test runs with live frames", () => {
    for (const batchSize of [1, 7, 64, 256, undefined]) {
      it(`send all of them, ${batchSize ?? "as usual"} at a time`, needsLinux(5, 18), async () => {
        using tracer = load();
        const more = batchSize === undefined ? {} : { batchSize };
        const { data: after } = tracer.send.run({ data, flags, repeat: frames, ...more });
        assert.equal(after.length, 0);
        const deadline = Date.now() + 60_000;
        while (tracer.hits.value < frames) {
          assert.ok(Date.now() < deadline, `${tracer.hits.value} of ${frames} frames`);
          await setImmediate();
        }
        assert.equal(tracer.hits.value, BigInt(frames));
      });
    }

    it("refuse more at a time than the kernel takes, and batches of other runs", () => {
      using tracer = loadCollection(kernel, { pass: xdp(assemble([mov(r0, 2), exit()])) });
      for (const batchSize of [0, 257, 1.5, Number.NaN]) {
        assert.throws(() => tracer.pass.run({ data, flags, batchSize }), InvalidArgumentError);
      }
      assert.throws(() => tracer.pass.run({ data, batchSize: 8 }), {
        name: "InvalidArgumentError",
        hint: /xdp_live_frames/,
      });
    });

    const tooOld = isAtLeast(kernel.version, [5, 18]) && "this kernel has them";
    it("say since when there are some", { skip: tooOld }, () => {
      using tracer = loadCollection(kernel, { pass: xdp(assemble([mov(r0, 2), exit()])) });
      assert.throws(() => tracer.pass.run({ data, flags }), NotSupportedError);
    });
  });
});
