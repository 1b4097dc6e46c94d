/**
 * What testProgram does in whichever kernel: one suite for both.
 * @module
 */
import assert from "node:assert/strict";
import { it } from "node:test";
import { mov } from "../../asm/alu.ts";
import { assemble } from "../../asm/assemble.ts";
import { exit } from "../../asm/call.ts";
import { ldx } from "../../asm/memory.ts";
import { r0, r1 } from "../../isa/register.ts";
import { atomic } from "../../lang/builtins/atomic.ts";
import { ntohs } from "../../lang/builtins/byte-order.ts";
import { kernel } from "../../lang/builtins/kernel-struct.ts";
import { packet } from "../../lang/builtins/packet.ts";
import { u16, u32, u64 } from "../../layout/integer.ts";
import { struct } from "../../layout/struct.ts";
import { hashMap } from "../../spec/hash-map.ts";
import { ringbuf } from "../../spec/ringbuf.ts";
import { skLookup } from "../../spec/socket-program.ts";
import { tcx } from "../../spec/tcx.ts";
import { rawTracepoint } from "../../spec/tracepoint.ts";
import { xdp } from "../../spec/xdp.ts";
import { isAtLeast } from "../../kernel/feature.ts";
import { openNativeKernel } from "../../sys/native-kernel.ts";
import { ethernet } from "../packet/packet.ts";
import { skLookupContext } from "./context.ts";
import { testProgram } from "./test-program.ts";

/** A program of instructions without a name. */
export const dropping = xdp(assemble(mov(r0, 1), exit()));

/** Packets by port. */
export const countersMap = hashMap("counters", u16, u64, 16);
const counters = countersMap;
const Seen = struct("seen", { port: u16, length: u32 });
const events = ringbuf("events", Seen, 4096);

/** Counts UDP packets by port, and lets only the first one pass. */
export const counter = xdp((ctx) => {
  "use bpf";
  const pkt = packet(ctx);
  const eth = pkt.next(kernel.ethhdr);
  if (!eth || ntohs(eth.h_proto) !== 0x0800) return 2;
  const ip = pkt.next(kernel.iphdr);
  if (!ip || ip.protocol !== 17) return 2;
  const udp = pkt.next(kernel.udphdr);
  if (!udp) return 0;
  const port = ntohs(udp.dest);
  events.output({ port, length: ntohs(udp.len) });
  udp.source = udp.dest;
  const count = counters.lookup(port);
  if (count) {
    atomic(count).value += 1n;
    return 1;
  }
  counters.update(port, 1n);
  return 2;
});

const marking = tcx("ingress", (ctx) => {
  "use bpf";
  if (ctx.mark === 7) return 2;
  ctx.mark = ctx.mark + 1;
  return 0;
});

const steering = skLookup((lookup) => {
  "use bpf";
  if (lookup.family !== 2 || lookup.protocol !== 6 || ntohs(lookup.remote_port) !== 4000) return 1;
  return lookup.local_port === 7 ? 0 : 1;
});

/** Defines the tests. */
export function checkBehaviour(chosen: "simulated" | "native"): void {
  checkPackets(chosen);
  checkOthers(chosen);
}

function checkPackets(chosen: "simulated" | "native"): void {
  it("runs a program on packets: verdict, packet, maps, events", async () => {
    using test = await testProgram(counter, { kernel: chosen });
    assert.equal(test.kernel.kind, chosen);
    const sent = ethernet().ipv4().udp({ source: 53, destination: 53 }).payload("hello");
    test.run({ packet: sent }).expectVerdict("pass").expectPacket(sent);
    test.run({ packet: sent }).expectVerdict("drop");
    test.run({ packet: ethernet().ipv4().tcp() }).expectVerdict("pass");
    test.run({ packet: ethernet().ipv4({ protocol: 17 }) }).expectVerdict("aborted");
    test.expectMap(countersMap, [[53, 2n]]);
    const seen = { port: 53, length: 13 };
    test.expectEvents(events, [seen, seen]);
    test.expectEvents(events, []);
  });
  it("shows the packet that a program changed", async () => {
    using test = await testProgram(counter, { kernel: chosen });
    const sent = { destination: 80, checksum: 0 };
    const run = test.run({ packet: ethernet().ipv4().udp(sent).payload("x") });
    run.expectPacket(
      ethernet()
        .ipv4()
        .udp({ ...sent, source: 80 })
        .payload("x"),
    );
    const layer = run.layers.find(({ kind }) => kind === "udp");
    assert.ok(layer?.kind === "udp" && layer.source === 80);
  });
  it("begins with empty maps each time", async () => {
    using test = await testProgram(counter, { kernel: chosen });
    test.expectMap(countersMap, []);
    test.map(countersMap).set(53, 4n);
    test.run({ packet: ethernet().ipv4().udp({ destination: 53 }) }).expectVerdict("drop");
    test.expectMap(countersMap, [[53, 5n]]);
  });
  it("gives fields of contexts, and shows what became of them", async () => {
    using test = await testProgram(marking, { kernel: chosen });
    const run = (mark: number) => test.run({ packet: ethernet().ipv4().tcp(), fields: { mark } });
    run(7).expectVerdict("drop");
    const { context } = run(8).expectVerdict("pass");
    assert.equal(new DataView(context.buffer, context.byteOffset).getUint32(8, true), 9);
  });
}

function checkOthers(chosen: "simulated" | "native"): void {
  it("runs programs of instructions, and names what they return with sign", async () => {
    const minusOne = tcx("egress", assemble(mov(r0, -1), exit()));
    using test = await testProgram(minusOne, { kernel: chosen });
    const run = test.run({ packet: ethernet().ipv4() });
    assert.equal(run.returned, -1);
    assert.equal(run.verdict, "next");
  });
  it("gives programs that choose sockets what they choose for", lookupRuns(chosen), async () => {
    using test = await testProgram(steering, { kernel: chosen });
    const lookup = (port: number) => {
      const remote = { address: "10.0.0.9", port: 4000 };
      const local = { address: "10.0.0.1", port };
      return test.run({ context: skLookupContext({ remote, local }) });
    };
    lookup(7).expectVerdict("drop");
    lookup(8).expectVerdict("pass");
  });
  it("gives arguments to raw tracepoints", async () => {
    const second = rawTracepoint("sys_enter", assemble(ldx("u64", r0, r1, 8), exit()));
    using test = await testProgram(second, { kernel: chosen });
    test.run({ args: [1, -2] }).expectReturn(-2);
    test.run({ args: [1n, 3n] }).expectReturn(3);
  });
  it("shows instructions as text", async () => {
    using test = await testProgram(dropping, { kernel: chosen });
    assert.equal(test.instructions, 'xdp program "tested"\n   0: (b7) r0 = 1\n   1: (95) exit\n');
  });
  it("closes what it made", async () => {
    const test = await testProgram(counter, { kernel: chosen });
    test.close();
    assert.throws(() => test.run({ packet: ethernet().ipv4() }), { name: "ClosedError" });
  });
}

/** Kernels run programs that choose sockets on purpose since 5.14. */
function lookupRuns(chosen: "simulated" | "native"): { readonly skip: string | false } {
  if (chosen === "simulated" || isAtLeast(openNativeKernel().version, [5, 14]))
    return { skip: false };
  return { skip: "needs Linux 5.14" };
}
