import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { mov } from "../asm/alu.ts";
import { assemble } from "../asm/assemble.ts";
import { call, exit } from "../asm/call.ts";
import { InvalidArgumentError } from "../base/errors.ts";
import { compileAndLoad, loadCollection } from "../collection/load.ts";
import { r0, r1, r6 } from "../isa/register.ts";
import { BusyError, ExistsError, NotFoundError, SyscallError } from "../kernel/errors.ts";
import { isAtLeast } from "../kernel/feature.ts";
import { u32, u64 } from "../layout/integer.ts";
import { global } from "../spec/global-spec.ts";
import { lwt } from "../spec/lwt.ts";
import { netfilter } from "../spec/netfilter.ts";
import type { LwtRoute, NetfilterHook } from "../spec/network-target.ts";
import { flowDissector } from "../spec/socket-program.ts";
import { tc } from "../spec/tc.ts";
import { xdp } from "../spec/xdp.ts";
import { openNativeKernel } from "../sys/native-kernel.ts";
import { needs } from "../testing/needs.ts";
import { inNetNamespace, makeVethPair } from "../testing/net-namespace.ts";
import { attachLwt } from "./lwt.ts";
import { attachNetfilter } from "./netfilter.ts";
import { attachTc } from "./tc.ts";
import { counting, hits } from "./testing-hits.ts";
import { ip, sendOnce, sendUntil, setNetwork } from "./testing-packets.ts";

const kernel = openNativeKernel();
const [nfDrop, nfAccept] = [0, 1];
const [bpfOk, bpfDrop] = [0, 2];

const packets = global("packets", u64, 0n);
const longest = global("longest", u32, 0);
/** Counts packets that leave through an interface, and drops long ones. */
const dropLong = netfilter((context) => {
  "use bpf";
  packets.value += 1n;
  if (context.skb.len > longest.value) longest.value = context.skb.len;
  return context.skb.len > 100 ? 0 : 1;
});

/** Says where the headers of IP and TCP start. */
const dissectTcp = flowDissector((skb) => {
  "use bpf";
  skb.flow_keys.nhoff = 14;
  skb.flow_keys.thoff = 34;
  return 0;
});

inNetNamespace(import.meta.url, () => {
  const pair = makeVethPair();
  const to = pair.neighbour;

  describe("netfilter", needs("netfilter"), () => {
    const hook = { family: "ipv4", hook: "local_out", priority: -1 } as const;
    // oxlint-disable-next-line typescript/explicit-function-return-type -- the type is the spec's
    const load = (result = nfAccept, place?: NetfilterHook) =>
      loadCollection(kernel, {
        hits,
        look: netfilter(counting(result), place === undefined ? {} : { hook: place }),
      });

    it("drops what it says", async () => {
      using tracer = load(nfDrop, hook);
      assert.equal(await sendOnce(to), undefined);
      tracer.attach();
      assert.equal(await sendOnce(to), "EPERM");
      assert.ok(tracer.hits.value > 0n);
      const info = tracer.links.get("look")?.info();
      assert.ok(info?.type === "netfilter");
      const { pf, hooknum, priority, flags } = info.details;
      assert.deepEqual([pf, hooknum, priority | 0, flags], [2, 3, -1, 0]);
      tracer.detach();
      assert.equal(await sendOnce(to), undefined);
    });

    it("sees packets that arrive, by priority", async () => {
      using first = load(nfDrop);
      using second = load();
      using later = attachNetfilter(second.look, { ...hook, priority: 10 });
      using earlier = attachNetfilter(first.look, { ...hook, priority: 5 });
      assert.equal(await sendOnce(to), "EPERM");
      assert.equal(second.hits.value, 0n);
      assert.ok(!later.closed);
      earlier.close();
      await sendUntil(() => second.hits.value > 0n, { to });
    });

    it("has a priority to itself", () => {
      using tracer = load();
      using link = attachNetfilter(tracer.look, hook);
      assert.throws(() => attachNetfilter(tracer.look, hook), BusyError);
      assert.ok(!link.closed);
    });

    const canDefragment = isAtLeast(kernel.version, [6, 6]);
    it("puts fragments together", { skip: !canDefragment && "needs Linux 6.6" }, async () => {
      const route = { ...hook, hook: "pre_routing" } as const;
      const { far } = pair;
      for (const name of ["all", far]) setNetwork(`ipv4/conf/${name}/rp_filter`, 0);
      setNetwork(`ipv4/conf/${far}/accept_local`, 1);
      neighbourAtFar("10.77.0.9");
      await using tracer = await compileAndLoad(kernel, { packets, longest, dropLong });
      using whole = attachNetfilter(tracer.dropLong, { ...route, flags: ["ip_defrag"] });
      const info = whole.info();
      assert.ok(info.type === "netfilter" && info.details.flags === 1);
      await sendUntil(() => tracer.longest.value > 3000, { to: "10.77.0.9", bytes: 3000 });
    });

    it("is refused where no program may be", () => {
      using tracer = load();
      const attach = (place: Partial<NetfilterHook>): unknown =>
        attachNetfilter(tracer.look, { ...hook, ...place });
      assert.throws(() => attach({ priority: 0x7fff_ffff }), InvalidArgumentError);
      assert.throws(() => attach({ priority: 1.5 }), InvalidArgumentError);
      assert.throws(() => attach({ priority: -500, flags: ["ip_defrag"] }), /fragments/);
      assert.throws(() => tracer.attach("look"), { hint: /attachNetfilter/ });
    });

    it("reads the packet in TypeScript", async () => {
      const spec = { packets, longest, dropLong };
      await using tracer = await compileAndLoad(kernel, spec);
      using link = attachNetfilter(tracer.dropLong, hook);
      assert.equal(await sendOnce(to), undefined);
      assert.ok(tracer.longest.value > 0 && tracer.longest.value <= 100);
      await sendUntil(() => tracer.longest.value > 500, { to, bytes: 600 });
      assert.ok(tracer.packets.value >= 2n && !link.closed);
    });
  });

  describe("a flow dissector", () => {
    it("takes apart packets whose hash is asked for", async () => {
      using tracer = loadCollection(kernel, { hits, dissect: flowDissector(counting()) });
      const hash = assemble([
        mov(r6, r1),
        call("set_hash_invalid"),
        mov(r1, r6),
        call("get_hash_recalc"),
        mov(r0, -1),
        exit(),
      ]);
      using asking = loadCollection(kernel, { hash: tc("ingress", hash) });
      using link = attachTc(asking.hash, pair.far, { direction: "ingress" });
      tracer.attach();
      await sendUntil(() => tracer.hits.value > 0n, { to });
      assert.ok(!link.closed);
    });
  });

  it("a flow dissector in TypeScript says what it found", async () => {
    await using tracer = await compileAndLoad(kernel, { dissectTcp });
    // What it returns is told as a truth value by older kernels, and as it is since Linux 6.0.
    const { data } = tracer.dissectTcp.run({ data: new Uint8Array(64) });
    // The first members of struct bpf_flow_keys: nhoff, thoff.
    assert.deepEqual([...new Uint16Array(data.slice(0, 4).buffer)], [14, 34]);
  });

  describe("a route", () => {
    // oxlint-disable-next-line typescript/explicit-function-return-type -- the type is the spec's
    const load = (when: "in" | "out" | "xmit" | "seg6local", result = bpfOk) =>
      loadCollection(kernel, { hits, look: lwt(when, counting(result)) });
    const route: LwtRoute = {
      destination: "10.99.0.0/24",
      interface: pair.near,
      gateway: pair.neighbour,
    };
    const behind = "10.99.0.7";

    for (const when of ["out", "xmit"] as const) {
      it(`drops packets for ${when}, and is gone when closed`, async () => {
        using tracer = load(when, bpfDrop);
        const link = attachLwt(tracer.look, route);
        assert.equal(link.kind, "route");
        assert.match(ip("route show 10.99.0.0/24"), new RegExp(`encap bpf ${when} look`));
        assert.equal(await sendOnce(behind), "EPERM");
        assert.ok(tracer.hits.value > 0n);
        link.close();
        assert.equal(ip("route show 10.99.0.0/24"), "");
      });
    }

    it("lets packets pass that the program lets pass", async () => {
      const look = lwt("xmit", counting(bpfOk), { route: { ...route, headroom: 64 } });
      using tracer = loadCollection(kernel, { hits, look });
      using arriving = loadCollection(kernel, {
        hits,
        count: xdp(counting(1), { interface: pair.far }),
      });
      tracer.attach();
      arriving.attach();
      await sendUntil(() => tracer.hits.value > 0n && arriving.hits.value > 0n, { to: behind });
      tracer.detach();
      assert.equal(ip("route show 10.99.0.0/24"), "");
    });

    it("sees packets that come in over it", async () => {
      for (const name of ["all", pair.far]) setNetwork(`ipv4/conf/${name}/rp_filter`, 0);
      setNetwork(`ipv4/conf/${pair.far}/accept_local`, 1);
      setNetwork("ipv4/ip_forward", 1);
      const { gateway } = neighbourAtFar("10.77.0.3");
      using tracer = load("in", bpfDrop);
      using link = attachLwt(tracer.look, { ...route, gateway });
      await sendUntil(() => tracer.hits.value > 0n, { to: behind });
      assert.ok(!link.closed);
    });

    it("runs a program on segments of IPv6", async () => {
      ip(`address add fd77::1/64 dev ${pair.near} nodad`);
      const segment = "fc00:99::1";
      neighbourAtFar(segment);
      using tracer = load("seg6local", bpfDrop);
      using link = attachLwt(tracer.look, { destination: segment, interface: pair.near });
      const segments = `segs ${segment},fc00:bb::1`;
      ip(`-6 route add fc00:aa::/64 encap seg6 mode encap ${segments} dev ${pair.near}`);
      await sendUntil(() => tracer.hits.value > 0n, { to: "fc00:aa::1" });
      assert.ok(!link.closed);
    });

    it("is there once", () => {
      using tracer = load("out");
      using link = attachLwt(tracer.look, route);
      assert.throws(() => attachLwt(tracer.look, route), ExistsError);
      assert.ok(!link.closed);
    });

    it("may be gone before its link, and its interface too", () => {
      using tracer = load("out");
      using link = attachLwt(tracer.look, route);
      ip("route del 10.99.0.0/24");
      link.close();
      ip("link add short0 type veth peer name short1");
      ip("link set short0 up");
      using other = attachLwt(tracer.look, { destination: "10.98.0.1", interface: "short0" });
      ip("link del short0");
      other.close();
      assert.ok(other.closed);
    });

    it("is refused with words", () => {
      using tracer = load("out");
      const attach = (place: Partial<LwtRoute>): unknown =>
        attachLwt(tracer.look, { ...route, ...place });
      assert.throws(() => attach({ interface: "nearr0" }), NotFoundError);
      assert.throws(() => attach({ destination: "10.99.0.1/24" }), /bits behind the first 24/);
      assert.throws(() => attach({ destination: "10.99.0.0/33" }), /is not a network/);
      assert.throws(() => attach({ destination: "ten" }), InvalidArgumentError);
      assert.throws(() => tracer.attach("look"), { hint: /attachLwt/ });
      using segments = load("seg6local");
      assert.throws(() => attachLwt(segments.look, route), SyscallError);
      using other = loadCollection(kernel, { hits, look: xdp(counting()) });
      assert.throws(() => attachLwt(other.look, route), /is of type xdp/);
    });
  });

  /** Makes an address one that is behind the other interface, which takes packets to it. */
  function neighbourAtFar(address: string): { readonly gateway: string } {
    const mac = / link\/ether (\S+)/.exec(ip(`link show ${pair.far}`))![1]!;
    ip(`neighbour replace ${address} lladdr ${mac} dev ${pair.near} nud permanent`);
    return { gateway: address };
  }
});
