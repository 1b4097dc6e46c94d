import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { mov } from "../asm/alu.ts";
import { assemble } from "../asm/assemble.ts";
import { exit } from "../asm/call.ts";
import { loadCollection } from "../collection/load.ts";
import { r0 } from "../isa/register.ts";
import { u32 } from "../layout/integer.ts";
import { attachTc } from "../link/tc.ts";
import { congestion } from "../link/testing-congestion.ts";
import { hits } from "../link/testing-hits.ts";
import { createMap } from "../map/create.ts";
import { loadProgram } from "../program/load.ts";
import { createSimulatedKernel } from "../sim/simulated-kernel.ts";
import { hashMap } from "../spec/hash-map.ts";
import { program } from "../spec/program.ts";
import { tc } from "../spec/tc.ts";
import { xdp } from "../spec/xdp.ts";

describe("programs of the simulated kernel", () => {
  it("have no network cards to run on, nor do maps", () => {
    const kernel = createSimulatedKernel();
    kernel.addInterface("eth0");
    const onCard = { interface: "eth0", device: "offload" } as const;
    const code = assemble([mov(r0, 0), exit()]);
    const refused = (run: () => unknown, message: RegExp): void =>
      assert.throws(run, { name: "NotSupportedError", message, hint: /few cards can/ });
    refused(() => loadProgram(kernel, xdp(code, onCard)), /running programs on the card/);
    refused(() => loadProgram(kernel, tc("ingress", code, onCard)), /running programs on the card/);
    const flows = hashMap("flows", u32, u32, { maxEntries: 2, offloadTo: "eth0" });
    refused(() => createMap(kernel, flows), /maps on the card of interface/);
    using filter = loadProgram(kernel, tc("ingress", code));
    const skipping = (hardware: "skip_sw" | "skip_hw") =>
      attachTc(filter, "eth0", { direction: "ingress", hardware });
    refused(() => skipping("skip_sw"), /filters that run only on a card/);
    using link = skipping("skip_hw");
    const there = { interface: kernel.interfaceIndex("eth0"), direction: "ingress" } as const;
    assert.deepEqual(kernel.network.filters(there)[0]?.hardware, "skip_hw");
    assert.ok(!link.closed);
  });

  it("keep the struct of functions that they work for, one alone", () => {
    const kernel = createSimulatedKernel({ version: [7, 0] });
    using one = loadCollection(kernel, { hits, ops: congestion() });
    using other = loadCollection(kernel, { hits, ops: congestion() });
    using loaded = loadProgram(kernel, program("xdp", assemble([mov(r0, 2), exit()])));
    assert.throws(() => loaded.associateStructOps(one.hits), { errnoName: "EINVAL" });
    const { id } = one.ops;
    loaded.associateStructOps(one.ops);
    loaded.associateStructOps(one.ops);
    assert.throws(() => loaded.associateStructOps(other.ops), { name: "BusyError" });
    one.close();
    kernel.bpf("mapGetFdById", { id }).close();
    loaded.close();
    assert.throws(() => kernel.bpf("mapGetFdById", { id }), { name: "NotFoundError" });
  });
});
