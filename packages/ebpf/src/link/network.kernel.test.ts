import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, createServer } from "node:net";
import { describe, it } from "node:test";
import { mov } from "../asm/alu.ts";
import { assemble } from "../asm/assemble.ts";
import { call, exit } from "../asm/call.ts";
import { st } from "../asm/memory.ts";
import { lookupElement } from "../asm/pattern/map-element.ts";
import { at } from "../asm/place.ts";
import { InvalidArgumentError } from "../base/errors.ts";
import { loadCollection } from "../collection/load.ts";
import { r0, r1, r6, r7, r10 } from "../isa/register.ts";
import { BusyError, NoSpaceError, NotFoundError } from "../kernel/errors.ts";
import { sockmap } from "../spec/sockmap.ts";
import { flowDissector, skLookup } from "../spec/socket-program.ts";
import { tcx } from "../spec/tcx.ts";
import { xdp } from "../spec/xdp.ts";
import { openNativeKernel } from "../sys/native-kernel.ts";
import { needs } from "../testing/needs.ts";
import { descriptorOf } from "../testing/sockets.ts";
import { inNetNamespace, makeVethPair } from "../testing/net-namespace.ts";
import { attachTcx } from "./tcx.ts";
import { attachXdp } from "./xdp.ts";
import { counting, hits } from "./testing-hits.ts";
import { sendUntil } from "./testing-packets.ts";

const kernel = openNativeKernel();

const [xdpPass, xdpDrop, tcNext, skDrop] = [2, 1, -1, 0];

const sockets = sockmap("sockets", 1);

/** Gives each connection to the first socket of the map. */
const assignFirst = assemble([
  mov(r6, r1),
  st("u32", r10, -4, 0),
  lookupElement({ map: sockets, key: at(r10, -4) }),
  mov(r7, r0),
  call("sk_assign", r6, r7, 0),
  call("sk_release", r7),
  mov(r0, 1),
  exit(),
]);

inNetNamespace(import.meta.url, () => {
  const pair = makeVethPair();

  const to = pair.neighbour;

  describe("XDP", () => {
    for (const mode of ["any", "drv", "skb"] as const) {
      it(`sees packets in mode ${mode}`, async () => {
        const look = xdp(counting(xdpPass), { interface: pair.far, mode });
        using tracer = loadCollection(kernel, { hits, look });
        tracer.attach();
        await sendUntil(() => tracer.hits.value > 0n, { to });
        const link = tracer.links.get("look")!;
        assert.equal(link.kind, "xdp");
        assert.equal(link.info().details["ifindex"], kernel.interfaceIndex(pair.far));
        tracer.detach();
        const before = tracer.hits.value;
        using again = attachXdp(tracer.look, pair.far);
        await sendUntil(() => tracer.hits.value > before, { to });
        assert.ok(!again.closed);
      });
    }

    it("has room for one program", () => {
      using tracer = loadCollection(kernel, { hits, drop: xdp(counting(xdpDrop)) });
      using link = attachXdp(tracer.drop, pair.far);
      assert.ok(!link.closed);
      assert.throws(() => attachXdp(tracer.drop, pair.far), BusyError);
      assert.throws(() => attachXdp(tracer.drop, "farr0"), NotFoundError);
    });

    it("is attached where its spec says, or nowhere", () => {
      using tracer = loadCollection(kernel, { hits, drop: xdp(counting(xdpDrop)) });
      assert.throws(() => tracer.attach(), InvalidArgumentError);
      assert.equal(tracer.links.size, 0);
      assert.throws(() => tracer.attach("drop"), InvalidArgumentError);
    });
  });

  describe("tcx", needs("tcx"), () => {
    it("sees packets that come and go", async () => {
      const out = tcx("egress", counting(tcNext), { interface: pair.near });
      using leaving = loadCollection(kernel, { hits, out });
      const into = tcx("ingress", counting(tcNext), { interface: pair.far });
      using coming = loadCollection(kernel, { hits, into });
      leaving.attach();
      coming.attach();
      await sendUntil(() => leaving.hits.value > 0n && coming.hits.value > 0n, { to });
      assert.equal(leaving.links.get("out")?.info().type, "tcx");
    });

    it("takes several programs in an order", () => {
      using tracer = loadCollection(kernel, { hits, out: tcx("egress", counting(tcNext)) });
      using other = loadCollection(kernel, { hits, out: tcx("egress", counting(tcNext)) });
      using first = attachTcx(tracer.out, pair.near, { direction: "egress" });
      const anchor = { place: "before", link: first.handle } as const;
      using second = attachTcx(other.out, pair.near, { direction: "egress", anchor });
      const target = kernel.interfaceIndex(pair.near);
      const { programs } = kernel.bpf("progQuery", { target, attachType: "tcx_egress" });
      assert.deepEqual(programs, [second.info().programId, tracer.out.id]);
    });
  });

  describe("a flow dissector", () => {
    it("is the only one of its namespace", () => {
      using tracer = loadCollection(kernel, { hits, dissect: flowDissector(counting()) });
      using other = loadCollection(kernel, { hits, dissect: flowDissector(counting()) });
      tracer.attach();
      assert.equal(tracer.links.get("dissect")?.info().attachType, "flow_dissector");
      assert.throws(() => other.attach(), NoSpaceError);
    });
  });

  describe("sk_lookup", () => {
    it("sees searches for sockets", async () => {
      using tracer = loadCollection(kernel, { hits, steer: skLookup(counting(skDrop)) });
      tracer.attach();
      await sendUntil(() => tracer.hits.value > 0n, { to: "127.0.0.1" });
      assert.equal(tracer.links.get("steer")?.info().type, "netns");
    });

    it("chooses sockets", async () => {
      await using server = createServer((socket) => socket.end("found"));
      server.listen(0, "127.0.0.1");
      await once(server, "listening");
      using tracer = loadCollection(kernel, { sockets, steer: skLookup(assignFirst) });
      tracer.sockets.set(0, descriptorOf(server));
      tracer.attach();
      const client = connect(7777, "127.0.0.1");
      const [answer] = (await once(client, "data")) as [Buffer];
      assert.equal(answer.toString(), "found");
      client.destroy();
    });
  });
});
