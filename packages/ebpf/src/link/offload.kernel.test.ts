/**
 * Maps and filters for network cards, where the card is none: a pair of virtual interfaces. Programs of XDP are in
 * xdp-device.kernel.test.ts.
 * @module
 */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { loadCollection } from "../collection/load.ts";
import { NotFoundError, NotSupportedError } from "../kernel/errors.ts";
import { u32, u64 } from "../layout/integer.ts";
import { createMap } from "../map/create.ts";
import { arrayMap } from "../spec/array-map.ts";
import { hashMap } from "../spec/hash-map.ts";
import { tc } from "../spec/tc.ts";
import { openNativeKernel } from "../sys/native-kernel.ts";
import { needs } from "../testing/needs.ts";
import { inNetNamespace, makeVethPair } from "../testing/net-namespace.ts";
import { attachTc } from "./tc.ts";
import { counting, hits } from "./testing-hits.ts";
import { sendUntil } from "./testing-packets.ts";

const kernel = openNativeKernel();
const { network } = kernel;
const actOk = 0;

/** Checks that `run` is refused by name, with a hint. */
function refuses(run: () => unknown, message: RegExp, hint: RegExp): void {
  assert.throws(run, (error) => {
    assert.ok(error instanceof NotSupportedError, String(error));
    assert.match(error.message, message);
    assert.match(error.hint ?? "", hint);
    return true;
  });
}

inNetNamespace(import.meta.url, () => {
  const { near, far, neighbour: to } = makeVethPair();
  const into = { interface: kernel.interfaceIndex(far), direction: "ingress" } as const;

  describe("maps on a card", needs("root", "bpf"), () => {
    it("are refused where there is no such card", () => {
      for (const offloadTo of [far, "lo"]) {
        const options = { maxEntries: 2, offloadTo };
        const index = kernel.interfaceIndex(offloadTo);
        const message = new RegExp(`does not support maps on the card of interface ${index}$`);
        for (const spec of [hashMap("flows", u32, u64, options), arrayMap("flows", u64, options)])
          refuses(() => createMap(kernel, spec), message, /leave out offloadTo/);
      }
    });

    it("are refused with all that is loaded with them", () => {
      const flows = hashMap("flows", u32, u64, { maxEntries: 2, offloadTo: far });
      refuses(
        () => loadCollection(kernel, { flows, hits, look: tc("ingress", counting(actOk)) }),
        /maps on the card of interface \d+/,
        /leave out offloadTo/,
      );
    });

    it("are for an interface that there is", () => {
      const spec = hashMap("flows", u32, u64, { maxEntries: 2, offloadTo: "none0" });
      assert.throws(() => createMap(kernel, spec), NotFoundError);
    });
  });

  describe("filters on a card", needs("root", "bpf"), () => {
    const load = () => loadCollection(kernel, { hits, look: tc("ingress", counting(actOk)) });

    it("are refused where there is no such card, and leave nothing", () => {
      using tracer = load();
      const place = { direction: "ingress", hardware: "skip_sw" } as const;
      for (const name of [far, "lo"]) {
        refuses(
          () => attachTc(tracer.look, name, place),
          /filters that run only on a card, at ingress of interface \d+$/,
          /leave out hardware "skip_sw"/,
        );
        assert.ok(!network.hasClsact(kernel.interfaceIndex(name)));
      }
    });

    it("say it in their specification", () => {
      const look = tc("ingress", counting(actOk), { interface: far, hardware: "skip_sw" });
      using tracer = loadCollection(kernel, { hits, look });
      refuses(() => tracer.attach(), /filters that run only on a card/, /skip_sw/);
    });

    it("have programs that run there, which few cards can", () => {
      const look = tc("ingress", counting(actOk), { interface: far, device: "offload" });
      const message = /running programs on the card of interface \d+/;
      refuses(() => loadCollection(kernel, { hits, look }), message, /run it in the kernel/);
    });

    it("are kept off it by wish, and run in the kernel", async () => {
      using tracer = load();
      using other = load();
      using link = attachTc(tracer.look, far, { direction: "ingress", hardware: "skip_hw" });
      const told = () =>
        network.filters(into).map(({ hardware, inHardware }) => [hardware, inHardware]);
      assert.deepEqual(told(), [["skip_hw", false]]);
      await sendUntil(() => tracer.hits.value > 0n, { to });
      link.update(other.look);
      assert.deepEqual(told(), [["skip_hw", false]]);
      await sendUntil(() => other.hits.value > 0n, { to });
      assert.ok(!network.hasClsact(kernel.interfaceIndex(near)));
    });
  });
});
