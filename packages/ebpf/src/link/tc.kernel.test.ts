import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { describe, it } from "node:test";
import { InvalidArgumentError } from "../base/errors.ts";
import { loadCollection } from "../collection/load.ts";
import { ExistsError, NotFoundError, NotSupportedError, SyscallError } from "../kernel/errors.ts";
import type { Anchor } from "../kernel/commands.ts";
import { isAtLeast } from "../kernel/feature.ts";
import { netkit } from "../spec/netkit.ts";
import { tc } from "../spec/tc.ts";
import { tcx } from "../spec/tcx.ts";
import { openNativeKernel } from "../sys/native-kernel.ts";
import type { Capability } from "../testing/capabilities.ts";
import { needs, type NeedsOptions } from "../testing/needs.ts";
import { inNetNamespace, makeVethPair } from "../testing/net-namespace.ts";
import type { Link } from "./link.ts";
import { attachTc } from "./tc.ts";
import { attachNetkit, attachTcx } from "./tcx.ts";
import { counting, hits } from "./testing-hits.ts";
import { ip, sendUntil } from "./testing-packets.ts";

const kernel = openNativeKernel();
const { network } = kernel;
const [actOk, actShot, next] = [0, 2, -1];

inNetNamespace(import.meta.url, () => {
  const pair = makeVethPair();
  const to = pair.neighbour;
  const near = kernel.interfaceIndex(pair.near);
  const far = kernel.interfaceIndex(pair.far);
  const into = { interface: far, direction: "ingress" } as const;
  // oxlint-disable-next-line typescript/explicit-function-return-type -- the type is the spec's
  const loadTc = (result = next) =>
    loadCollection(kernel, { hits, look: tc("ingress", counting(result)) });

  describe("a filter of traffic control", () => {
    it("sees packets that come and go, and leaves nothing behind", async () => {
      using coming = loadTc(actOk);
      using leaving = loadCollection(kernel, { hits, look: tc("egress", counting(actOk)) });
      const ingress = attachTc(coming.look, pair.far, { direction: "ingress" });
      const egress = attachTc(leaving.look, pair.near, { direction: "egress" });
      assert.equal(ingress.kind, "clsact");
      await sendUntil(() => coming.hits.value > 0n && leaving.hits.value > 0n, { to });
      assert.ok(network.hasClsact(far) && network.hasClsact(near));
      ingress.close();
      egress.close();
      assert.ok(!network.hasClsact(far) && !network.hasClsact(near));
    });

    it("is listed with all that tells it apart", () => {
      using tracer = loadTc();
      const wanted = { priority: 7, handle: 3, protocol: 0x0800, name: "seven", classId: 0x1_0002 };
      const actions = { directAction: true, hardware: undefined, inHardware: false };
      using link = attachTc(tracer.look, pair.far, { direction: "ingress", ...wanted });
      assert.deepEqual(network.filters(into), [
        { kind: "bpf", chain: 0, program: tracer.look.id, ...actions, ...wanted },
      ]);
      assert.deepEqual(network.filters({ ...into, direction: "egress" }), []);
      assert.deepEqual(link.filter, { priority: 7, handle: 3, protocol: 0x0800 });
    });

    it("runs by priority, and drops what no later one sees", async () => {
      using dropping = loadTc(actShot);
      using looking = loadTc(actOk);
      const direction = "ingress";
      const first = attachTc(dropping.look, pair.far, { direction, priority: 1 });
      using later = attachTc(looking.look, pair.far, { direction, priority: 2 });
      await sendUntil(() => dropping.hits.value > 10n, { to });
      assert.equal(looking.hits.value, 0n);
      first.close();
      await sendUntil(() => looking.hits.value > 0n, { to });
      assert.ok(!later.closed);
    });

    it("leaves packets to the next one", async () => {
      using first = loadTc(next);
      using second = loadTc(actOk);
      using later = attachTc(second.look, pair.far, { direction: "ingress" });
      // The kernel puts one without a priority before those that are there.
      using earlier = attachTc(first.look, pair.far, { direction: "ingress" });
      assert.ok(earlier.filter.priority < later.filter.priority);
      await sendUntil(() => first.hits.value > 0n && second.hits.value > 0n, { to });
    });

    it("says a class instead of an action", async () => {
      using tracer = loadTc(next);
      using link = attachTc(tracer.look, pair.far, { direction: "ingress", result: "class" });
      assert.equal(network.filters(into)[0]?.directAction, false);
      await sendUntil(() => tracer.hits.value > 0n, { to });
      assert.ok(!link.closed);
    });

    it("keeps its place to itself, or gives it up", async () => {
      using tracer = loadTc();
      using other = loadTc();
      const place = { direction: "ingress", priority: 5, handle: 1 } as const;
      using first = attachTc(tracer.look, pair.far, place);
      assert.throws(() => attachTc(other.look, pair.far, place), ExistsError);
      using second = attachTc(other.look, pair.far, { ...place, replace: "same" });
      // It is not its place any more.
      first.close();
      assert.equal(network.filters(into)[0]?.program, other.look.id);
      second.update(tracer.look);
      assert.equal(network.filters(into)[0]?.program, tracer.look.id);
      await sendUntil(() => tracer.hits.value > 0n, { to });
      assert.throws(() => second.update(tracer.look, { expected: other.look }), NotSupportedError);
      second.close();
      assert.deepEqual(network.filters(into), []);
      assert.throws(() => second.update(tracer.look), /is closed/);
    });

    it("is no link for the kernel", () => {
      using tracer = loadTc();
      using link = attachTc(tracer.look, pair.far, { direction: "ingress" });
      assert.throws(() => link.info(), { name: "NotSupportedError", hint: /tcx has links/ });
      assert.throws(() => link.pin("/nowhere"), NotSupportedError);
    });
  });

  describe("clsact", () => {
    it("stays with the last program of several", () => {
      using tracer = loadTc();
      const first = attachTc(tracer.look, pair.far, { direction: "ingress" });
      const second = attachTc(tracer.look, pair.far, { direction: "egress" });
      first.close();
      assert.ok(network.hasClsact(far));
      second.close();
      assert.ok(!network.hasClsact(far));
    });

    it("stays when it was there before", () => {
      using tracer = loadTc();
      assert.ok(network.addClsact(far));
      assert.ok(!network.addClsact(far));
      attachTc(tracer.look, pair.far, { direction: "ingress" }).close();
      assert.ok(network.hasClsact(far));
      assert.ok(network.removeClsact(far));
      assert.ok(!network.removeClsact(far));
    });

    it("stays while others have filters in it", () => {
      using tracer = loadTc();
      const link = attachTc(tracer.look, pair.far, { direction: "ingress" });
      const added = { program: tracer.look.handle, name: "", directAction: true, replace: false };
      const id = network.addFilter({ ...into, direction: "egress" }, added);
      link.close();
      assert.ok(network.hasClsact(far));
      assert.ok(network.removeFilter({ ...into, direction: "egress" }, id));
      assert.ok(!network.removeFilter({ ...into, direction: "egress" }, id));
      network.removeClsact(far);
    });

    it("is gone when the program could not be attached", () => {
      using tracer = loadTc();
      const handle = 0xffff_ffff;
      const [priority, protocol] = [1, 0x0800];
      using link = attachTc(tracer.look, pair.far, { direction: "ingress", handle, priority });
      const again = { direction: "ingress", handle, priority, protocol } as const;
      assert.throws(() => attachTc(tracer.look, pair.far, again), SyscallError);
      link.close();
      assert.ok(!network.hasClsact(far));
      const wrong = loadCollection(kernel, { hits, look: tc("egress", counting()) });
      wrong.close();
      assert.throws(() => attachTc(wrong.look, pair.far, { direction: "egress" }), /is closed/);
      assert.ok(!network.hasClsact(far));
    });

    it("goes with its interface", () => {
      ip("link add short0 type veth peer name short1");
      using tracer = loadTc();
      using link = attachTc(tracer.look, "short0", { direction: "ingress" });
      network.removeInterface(kernel.interfaceIndex("short0"));
      link.close();
      assert.ok(link.closed);
    });

    it("does not take the place of ingress", () => {
      execFileSync("tc", ["qdisc", "add", "dev", pair.far, "ingress"]);
      using tracer = loadTc();
      const direction = "ingress";
      assert.throws(() => attachTc(tracer.look, pair.far, { direction }), ExistsError);
      execFileSync("tc", ["qdisc", "del", "dev", pair.far, "ingress"]);
    });
  });

  describe("a block", () => {
    it("runs the program for all interfaces that share it", async () => {
      network.addClsact(far, { ingress: 4 });
      network.addClsact(near, { egress: 4 });
      using tracer = loadTc(actOk);
      using link = attachTc(tracer.look, { block: 4 }, { priority: 3 });
      const [filter] = network.filters({ block: 4 });
      assert.deepEqual([filter?.program, filter?.priority], [tracer.look.id, 3]);
      await sendUntil(() => tracer.hits.value > 1n, { to });
      link.close();
      assert.deepEqual(network.filters({ block: 4 }), []);
      assert.ok(network.removeClsact(far) && network.removeClsact(near));
    });

    it("has no direction and must be there", () => {
      using tracer = loadTc();
      const direction = "ingress";
      const attach = (place: object): unknown => attachTc(tracer.look, { block: 4 }, place);
      assert.throws(() => attach({ direction }), InvalidArgumentError);
      assert.throws(() => attach({}), SyscallError);
    });
  });

  describe("what cannot be", () => {
    it("is said", () => {
      using tracer = loadTc();
      const direction = "ingress";
      const attach = (target: string | number, place: object): unknown =>
        attachTc(tracer.look, target, place);
      assert.throws(() => attach("farr0", { direction }), { hint: 'did you mean "far0"?' });
      assert.throws(() => attach(9999, { direction }), NotFoundError);
      assert.throws(() => attach(pair.far, {}), { hint: /direction/ });
      assert.throws(() => attach(pair.far, { direction, priority: 70_000 }), /priority .* 70000/);
      assert.throws(() => tc("ingress", counting(), { handle: -1 }), InvalidArgumentError);
      assert.ok(!network.hasClsact(far));
    });
  });

  describe("a program for tcx", () => {
    it("is a filter where there is no tcx, which its link tells", async () => {
      using tracer = loadTcx(actOk);
      using link = attachTcx(tracer.look, pair.far, { direction: "ingress" });
      assert.equal(link.kind, isAtLeast(kernel.version, [6, 6]) ? "tcx" : "clsact");
      await sendUntil(() => tracer.hits.value > 0n, { to });
      link.close();
      assert.ok(!network.hasClsact(far));
    });

    it("is a filter by wish", async () => {
      const look = tcx("ingress", counting(actOk), { interface: pair.far, way: "clsact" });
      using tracer = loadCollection(kernel, { hits, look });
      tracer.attach();
      assert.equal(tracer.links.get("look")?.kind, "clsact");
      await sendUntil(() => tracer.hits.value > 0n, { to });
      tracer.detach();
      assert.ok(!network.hasClsact(far));
      const anchor = { place: "before" } as const;
      const attach = (): unknown =>
        attachTcx(tracer.look, pair.far, { direction: "ingress", way: "clsact", anchor });
      assert.throws(attach, InvalidArgumentError);
    });

    it("is nothing else where tcx or an order is demanded", unless("tcx"), () => {
      using tracer = loadTcx();
      const direction = "ingress";
      const attach = (place: object): unknown =>
        attachTcx(tracer.look, pair.far, { direction, ...place });
      assert.throws(() => attach({ way: "tcx" }), { name: "NotSupportedError", since: [6, 6] });
      assert.throws(() => attach({ anchor: { place: "before" } }), NotSupportedError);
    });
  });

  describe("the order of tcx", needs("tcx"), () => {
    const direction = "egress";
    const query = (): { readonly programs: readonly number[]; readonly revision: bigint } =>
      kernel.bpf("progQuery", { target: near, attachType: "tcx_egress" });

    it("is by anchors: a handle, a number, a link, or all of them", () => {
      using a = loadTcx();
      using b = loadTcx();
      using c = loadTcx();
      using d = loadTcx();
      const attach = (tracer: typeof a, anchor: Anchor): Link =>
        attachTcx(tracer.look, pair.near, { direction, anchor });
      using first = attachTcx(a.look, pair.near, { direction });
      using second = attach(b, { place: "before", program: a.look.id });
      using third = attach(c, { place: "after", link: second.info().id });
      using fourth = attach(d, { place: "before" });
      const ids = [d, b, c, a].map(({ look }) => look.id);
      assert.deepEqual(query().programs, ids);
      using e = loadTcx();
      using fifth = attach(e, { place: "after", program: d.look.handle });
      using f = loadTcx();
      using sixth = attach(f, { place: "after" });
      const [dId, ...others] = ids;
      assert.deepEqual(query().programs, [dId, e.look.id, ...others, f.look.id]);
      const links = [first, second, third, fourth, fifth, sixth];
      assert.ok(links.every(({ kind }) => kind === "tcx"));
    });

    it("changes only from the revision that is expected", () => {
      using tracer = loadTcx();
      using other = loadTcx();
      using first = attachTcx(tracer.look, pair.near, { direction });
      const { revision } = query();
      const attach = (expectedRevision: bigint): Disposable =>
        attachTcx(other.look, pair.near, { direction, anchor: { expectedRevision } });
      assert.throws(() => attach(revision - 1n), /have changed since the revision was read/);
      using second = attach(revision);
      assert.equal(query().programs.length, 2);
      assert.ok(query().revision > revision);
      assert.ok(!first.closed && second !== undefined);
    });

    it("is refused with words when the anchor is not there", () => {
      using tracer = loadTcx();
      using other = loadTcx();
      const anchor = { place: "before", program: other.look.handle } as const;
      assert.throws(() => attachTcx(tracer.look, pair.near, { direction, anchor }), NotFoundError);
    });
  });

  describe("netkit", needs("netkit"), () => {
    it("sees what leaves through both of a pair, and drops it", async () => {
      network.addNetkit({ primary: "kit0", peer: "kit1", mode: "l3" });
      ip("address add 10.78.0.1/24 dev kit0");
      ip("link set kit0 up");
      ip("link set kit1 up");
      const behind = { to: "10.78.0.2" };
      using out = loadCollection(kernel, {
        hits,
        look: netkit("primary", counting(next), { interface: "kit0" }),
      });
      out.attach();
      await sendUntil(() => out.hits.value > 0n, behind);
      assert.equal(out.links.get("look")?.info().type, "netkit");
      using drop = loadCollection(kernel, { hits, look: netkit("primary", counting(actShot)) });
      const anchor = { place: "before" } as const;
      using dropping = attachNetkit(drop.look, "kit0", { place: "primary", anchor });
      const before = out.hits.value;
      await sendUntil(() => drop.hits.value > 10n, behind);
      assert.equal(out.hits.value, before);
      using peer = loadCollection(kernel, { hits, look: netkit("peer", counting(next)) });
      using atPeer = attachNetkit(peer.look, "kit0", { place: "peer" });
      assert.equal(atPeer.info().attachType, "netkit_peer");
      assert.throws(() => attachNetkit(peer.look, "kit1", { place: "peer" }), /is the peer/);
      assert.throws(
        () => attachNetkit(peer.look, pair.far, { place: "peer" }),
        /not one of netkit/,
      );
      assert.ok(!dropping.closed);
    });

    it("is made with names that are free", () => {
      const add = (primary: string, peer: string): void => network.addNetkit({ primary, peer });
      assert.throws(() => add(pair.far, "kit3"), ExistsError);
      assert.throws(() => add("a name", "kit3"), InvalidArgumentError);
    });
  });

  it("makes no netkit where the kernel has none", unless("netkit"), () => {
    const add = (): void => network.addNetkit({ primary: "kit0", peer: "kit1" });
    assert.throws(add, NotSupportedError);
    using tracer = loadTc();
    const refusal = isAtLeast(kernel.version, [6, 7])
      ? { hint: /CONFIG_NETKIT/ }
      : NotSupportedError;
    assert.throws(() => attachNetkit(tracer.look, pair.far, { place: "peer" }), refusal);
  });
});

// oxlint-disable-next-line typescript/explicit-function-return-type -- the type is the spec's
function loadTcx(result = next) {
  return loadCollection(kernel, { hits, look: tcx("ingress", counting(result)) });
}

/** For tests of what is said by kernels that lack something. */
function unless(capability: Capability): NeedsOptions {
  return { skip: needs(capability).skip === false && `this kernel has ${capability}` };
}
