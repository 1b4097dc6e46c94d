import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { add, mov } from "../asm/alu.ts";
import { assemble } from "../asm/assemble.ts";
import { callKfunc, exit } from "../asm/call.ts";
import { st, stx } from "../asm/memory.ts";
import { at } from "../asm/place.ts";
import { loadMapValue } from "../asm/wide.ts";
import { InvalidArgumentError } from "../base/errors.ts";
import { loadCollection } from "../collection/load.ts";
import { r0, r1, r10, r2 } from "../isa/register.ts";
import { NotFoundError, NotSupportedError, SyscallError } from "../kernel/errors.ts";
import { isAtLeast } from "../kernel/feature.ts";
import { s64 } from "../layout/integer.ts";
import { global } from "../spec/global-spec.ts";
import type { XdpOptions } from "../spec/xdp.ts";
import { xdp } from "../spec/xdp.ts";
import { openNativeKernel } from "../sys/native-kernel.ts";
import { inNetNamespace, makeVethPair } from "../testing/net-namespace.ts";
import { needsLinux } from "../testing/needs-linux.ts";
import { VerifierError } from "../verifier/verifier-error.ts";
import { counting, hits } from "./testing-hits.ts";
import { sendUntil } from "./testing-packets.ts";
import { attachXdp } from "./xdp.ts";

const kernel = openNativeKernel();
const xdpPass = 2;

/** What the driver answered, and 1 added: 0 means that it was not asked. */
const answer = global("answer", s64, 0n);

/** A program that asks the driver when the packet came in. */
const asking = (options: XdpOptions) =>
  xdp(
    assemble([
      st("u64", r10, -8, 0),
      callKfunc("bpf_xdp_metadata_rx_timestamp", r1, at(r10, -8)),
      add(r0, 1),
      loadMapValue(r2, answer),
      stx("u64", r2, 0, r0),
      mov(r0, xdpPass),
      exit(),
    ]),
    options,
  );

inNetNamespace(import.meta.url, () => {
  const { near, far, neighbour: to } = makeVethPair();

  describe("XDP programs for one interface alone", () => {
    it("ask the driver about packets", needsLinux(6, 3), async () => {
      const ask = asking({ interface: far, mode: "drv", device: "metadata" });
      using tracer = loadCollection(kernel, { answer, ask });
      tracer.attach();
      await sendUntil(() => tracer.answer.value !== 0n, { to });
      // A pair of interfaces has no clock of its own: either a time of the sender's (0), or ENODATA.
      assert.ok([1n, -60n].includes(tracer.answer.value), `${tracer.answer.value}`);
    });

    it("cannot ask when they are for any", needsLinux(6, 3), () => {
      const ask = asking({ interface: far });
      assert.throws(() => loadCollection(kernel, { answer, ask }), VerifierError);
    });

    it("are attached nowhere else", needsLinux(6, 3), () => {
      const look = xdp(counting(xdpPass), { interface: far, mode: "drv", device: "metadata" });
      using tracer = loadCollection(kernel, { hits, look });
      assert.throws(() => attachXdp(tracer.look, near, { mode: "drv" }), SyscallError);
      assert.throws(() => attachXdp(tracer.look, far, { mode: "skb" }), SyscallError);
    });

    const tooOld = isAtLeast(kernel.version, [6, 3]) && "this kernel has them";
    it("say since when they are", { skip: tooOld }, () => {
      const look = xdp(counting(xdpPass), { interface: far, device: "metadata" });
      assert.throws(() => loadCollection(kernel, { hits, look }), {
        name: "NotSupportedError",
        message: /for one interface alone \(Linux has it since 6\.3\)/,
      });
    });

    it("say that the card cannot run them", () => {
      for (const name of [far, "lo"]) {
        const look = xdp(counting(xdpPass), { interface: name, mode: "hw", device: "offload" });
        assert.throws(
          () => loadCollection(kernel, { hits, look }),
          (error) => {
            assert.ok(error instanceof NotSupportedError, String(error));
            assert.match(error.message, /running programs on the card of interface \d+/);
            assert.match(error.hint ?? "", /leave out device "offload"/);
            return true;
          },
        );
      }
    });

    it("say that there is no such interface, or that none was named", () => {
      const look = xdp(counting(xdpPass), { interface: "none0", device: "metadata" });
      assert.throws(() => loadCollection(kernel, { hits, look }), NotFoundError);
      assert.throws(() => xdp(counting(), { device: "offload" }), InvalidArgumentError);
    });
  });
});
