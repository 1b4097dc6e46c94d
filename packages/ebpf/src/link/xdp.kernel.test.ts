import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { mov } from "../asm/alu.ts";
import { assemble } from "../asm/assemble.ts";
import { call, exit } from "../asm/call.ts";
import { InvalidArgumentError } from "../base/errors.ts";
import { loadCollection } from "../collection/load.ts";
import {
  BusyError,
  ExistsError,
  NotFoundError,
  NotSupportedError,
  SyscallError,
} from "../kernel/errors.ts";
import type { ProgramId } from "../kernel/handle.ts";
import { r0 } from "../isa/register.ts";
import { cpumap, devmap } from "../spec/redirect-map.ts";
import { xdp, xdpCpumap, xdpDevmap } from "../spec/xdp.ts";
import { openNativeKernel } from "../sys/native-kernel.ts";
import { needs } from "../testing/needs.ts";
import { withoutCommand } from "../testing/older-kernel.ts";
import { inNetNamespace, makeVethPair } from "../testing/net-namespace.ts";
import { counting, hits } from "./testing-hits.ts";
import { ip, sendUntil, withoutIpv6 } from "./testing-packets.ts";
import { attachXdp } from "./xdp.ts";

const kernel = openNativeKernel();
const [xdpDrop, xdpPass] = [1, 2];

inNetNamespace(import.meta.url, () => {
  const pair = makeVethPair();
  const far = kernel.interfaceIndex(pair.far);
  const to = pair.neighbour;
  const attached = (): readonly (readonly [string, ProgramId])[] =>
    kernel.network.xdpPrograms(far).map(({ mode, program }) => [mode, program]);
  // oxlint-disable-next-line typescript/explicit-function-return-type -- the type is the spec's
  const loadPass = () => loadCollection(kernel, { hits, look: xdp(counting(xdpPass)) });

  describe("XDP over netlink", () => {
    for (const mode of ["drv", "skb"] as const) {
      it(`sees packets in mode ${mode}, and is gone when closed`, async () => {
        using tracer = loadPass();
        const link = attachXdp(tracer.look, pair.far, { mode, way: "netlink" });
        assert.equal(link.kind, "xdp_netlink");
        assert.deepEqual(attached(), [[mode, tracer.look.id]]);
        await sendUntil(() => tracer.hits.value > 0n, { to });
        link.close();
        assert.deepEqual(attached(), []);
      });
    }

    it("has room for one program", () => {
      using tracer = loadPass();
      using other = loadPass();
      using link = attachXdp(tracer.look, pair.far, { way: "netlink" });
      assert.throws(() => attachXdp(other.look, pair.far, { way: "netlink" }), BusyError);
      assert.throws(() => attachXdp(other.look, pair.far, { way: "link" }), BusyError);
      assert.ok(!link.closed);
    });

    it("takes the place of the program that is expected, and of no other", () => {
      using tracer = loadPass();
      using other = loadPass();
      using first = attachXdp(tracer.look, pair.far, { way: "netlink" });
      assert.throws(() => attachXdp(other.look, pair.far, { replace: other.look }), ExistsError);
      using second = attachXdp(other.look, pair.far, { replace: tracer.look });
      assert.equal(second.kind, "xdp_netlink");
      assert.deepEqual(attached(), [["drv", other.look.id]]);
      // It is not its place any more.
      first.close();
      assert.deepEqual(attached(), [["drv", other.look.id]]);
      using third = attachXdp(tracer.look, pair.far, { replace: "any" });
      assert.deepEqual(attached(), [["drv", tracer.look.id]]);
      assert.ok(!third.closed);
    });

    it("is replaced under its link", async () => {
      using tracer = loadPass();
      using other = loadPass();
      using link = attachXdp(tracer.look, pair.far, { way: "netlink" });
      assert.throws(() => link.update(other.look, { expected: other.look }), ExistsError);
      link.update(other.look, { expected: tracer.look });
      await sendUntil(() => other.hits.value > 0n, { to });
      assert.deepEqual(attached(), [["drv", other.look.id]]);
      link.close();
      assert.deepEqual(attached(), []);
      assert.throws(() => link.update(tracer.look), /link .* is closed/);
    });

    it("is the way where the kernel has no links", async () => {
      const older = withoutCommand(kernel, "linkCreate");
      using tracer = loadCollection(older, { hits, look: xdp(counting(xdpPass)) });
      assert.throws(() => attachXdp(tracer.look, pair.far, { way: "link" }), NotSupportedError);
      using link = attachXdp(tracer.look, pair.far);
      assert.equal(link.kind, "xdp_netlink");
      await sendUntil(() => tracer.hits.value > 0n, { to });
    });

    it("is no link for the kernel", () => {
      using tracer = loadPass();
      using link = attachXdp(tracer.look, pair.far, { way: "netlink" });
      assert.throws(() => link.info(), NotSupportedError);
      assert.throws(() => link.pin("/nowhere"), NotSupportedError);
      assert.throws(() => link.detach(), NotSupportedError);
    });

    it("outlives nothing that is gone", () => {
      ip("link add short0 type veth peer name short1");
      using tracer = loadPass();
      using link = attachXdp(tracer.look, "short0", { way: "netlink" });
      assert.ok(kernel.network.removeInterface(kernel.interfaceIndex("short1")));
      link.close();
      assert.ok(link.closed);
    });
  });

  describe("an XDP link", () => {
    it("is told among the programs of the interface, and cannot be replaced over netlink", () => {
      using tracer = loadPass();
      using other = loadPass();
      using link = attachXdp(tracer.look, pair.far, { way: "link", mode: "skb" });
      const overAny = { mode: "skb", replace: "any" } as const;
      assert.deepEqual(attached(), [["skb", tracer.look.id]]);
      assert.throws(() => attachXdp(other.look, pair.far, overAny), BusyError);
      link.update(other.look);
      assert.deepEqual(attached(), [["skb", other.look.id]]);
      link.detach();
      assert.deepEqual(attached(), []);
    });

    it("replaces nothing", () => {
      using tracer = loadPass();
      const replace = (): unknown =>
        attachXdp(tracer.look, pair.far, { way: "link", replace: "any" });
      assert.throws(replace, InvalidArgumentError);
    });
  });

  describe("what cannot be", () => {
    for (const way of ["link", "netlink"] as const) {
      it(`is said by the ${way}`, () => {
        using tracer = loadPass();
        const attach = (target: string | number, mode: "drv" | "hw" = "drv"): unknown =>
          attachXdp(tracer.look, target, { way, mode });
        assert.throws(() => attach("farr0"), {
          name: "NotFoundError",
          hint: 'did you mean "far0"?',
        });
        assert.throws(() => attach(9999), NotFoundError);
        assert.throws(() => attach(pair.far, "hw"), NotSupportedError);
        using ended = attachXdp(tracer.look, pair.far, { way, mode: "skb" });
        assert.throws(() => attach(pair.far), SyscallError);
        assert.ok(!ended.closed);
      });
    }
  });

  describe("a program for several fragments", needs("xdp-frags"), () => {
    it("takes packets that one for one fragment is refused for", async () => {
      ip(`link set ${pair.near} mtu 9000`);
      using tracer = loadCollection(kernel, {
        hits,
        one: xdp(counting(xdpPass)),
        several: xdp(counting(xdpPass), { fragments: "several" }),
      });
      assert.throws(() => attachXdp(tracer.one, pair.far, { mode: "drv" }), SyscallError);
      using link = attachXdp(tracer.several, pair.far, { mode: "drv" });
      await sendUntil(() => tracer.hits.value > 0n, { to, bytes: 7000 });
      assert.ok(!link.closed);
      link.close();
      ip(`link set ${pair.near} mtu 1500`);
    });
  });

  describe("a program behind a redirection", () => {
    it("sees packets before they leave", async () => {
      ip("link add out0 type veth peer name away0");
      for (const name of ["out0", "away0"]) withoutIpv6(name);
      ip("link set out0 up");
      ip("link set away0 up");
      const places = devmap("places", 1);
      const redirect = assemble([call("redirect_map", places, 0, 0), exit()]);
      using redirecting = loadCollection(kernel, { places, redirect: xdp(redirect) });
      using passing = loadCollection(kernel, { hits, look: xdpDevmap(counting(xdpPass)) });
      using dropping = loadCollection(kernel, { hits, drop: xdpDevmap(counting(xdpDrop)) });
      using arriving = loadCollection(kernel, { hits, look: xdp(counting(xdpDrop)) });
      using arrived = attachXdp(arriving.look, "away0");
      redirecting.places.set(0, "out0", passing.look);
      using link = attachXdp(redirecting.redirect, pair.far);
      await sendUntil(() => arriving.hits.value > 0n && passing.hits.value > 0n, { to });
      assert.equal(redirecting.places.get(0)?.programId, passing.look.id);
      redirecting.places.set(0, "out0", dropping.drop);
      await sendUntil(() => dropping.hits.value > 10n, { to });
      const before = arriving.hits.value;
      const seen = dropping.hits.value;
      await sendUntil(() => dropping.hits.value > seen + 10n, { to });
      assert.equal(arriving.hits.value, before);
      assert.ok(!arrived.closed && !link.closed);
    });

    it("sees packets on the other CPU", async () => {
      const cpus = cpumap("cpus", 1);
      const redirect = assemble([call("redirect_map", cpus, 0, 0), exit()]);
      using redirecting = loadCollection(kernel, { cpus, redirect: xdp(redirect) });
      using passing = loadCollection(kernel, { hits, look: xdpCpumap(counting(xdpPass)) });
      redirecting.cpus.set(0, 64, passing.look);
      using link = attachXdp(redirecting.redirect, pair.far);
      await sendUntil(() => passing.hits.value > 0n, { to });
      assert.deepEqual(redirecting.cpus.get(0), { queueSize: 64, programId: passing.look.id });
      assert.ok(!link.closed);
    });

    it("is put into a map and attached nowhere, and the map takes no others", () => {
      const places = devmap("places", 1);
      using tracer = loadCollection(kernel, {
        hits,
        places,
        look: xdpDevmap(counting(xdpPass)),
        other: xdp(counting(xdpPass)),
      });
      assert.throws(() => tracer.attach(), InvalidArgumentError);
      assert.equal(tracer.links.size, 0);
      assert.throws(() => tracer.attach("look"), { hint: /put it into a devmap/ });
      assert.throws(() => tracer.places.set(0, pair.far, tracer.other), SyscallError);
      assert.throws(() => attachXdp(tracer.look, pair.far), SyscallError);
    });
  });

  describe("a spec", () => {
    it("says the way", () => {
      const look = xdp(assemble([mov(r0, xdpPass), exit()]), {
        interface: pair.far,
        way: "netlink",
      });
      using tracer = loadCollection(kernel, { look });
      tracer.attach();
      assert.equal(tracer.links.get("look")?.kind, "xdp_netlink");
      tracer.detach();
      assert.deepEqual(attached(), []);
    });
  });
});
