import assert from "node:assert/strict";
import { after, describe, it } from "node:test";
import { mov } from "../asm/alu.ts";
import { assemble } from "../asm/assemble.ts";
import { exit } from "../asm/call.ts";
import { ClosedError } from "../base/errors.ts";
import { r0 } from "../isa/register.ts";
import { NotFoundError, NotSupportedError, SyscallError } from "../kernel/errors.ts";
import type { Handle } from "../kernel/handle.ts";
import { loadProgram } from "../program/load.ts";
import type { Program } from "../program/program.ts";
import { lwt } from "../spec/lwt.ts";
import { netfilter } from "../spec/netfilter.ts";
import type { ProgramSpec } from "../spec/program-spec.ts";
import { tc } from "../spec/tc.ts";
import { xdp } from "../spec/xdp.ts";
import { openNativeKernel } from "../sys/native-kernel.ts";
import { needs } from "../testing/needs.ts";
import { refuse, unchecked } from "../testing/refusals.ts";
import { inNetNamespace, makeVethPair } from "../testing/net-namespace.ts";
import { attachLwt } from "./lwt.ts";
import { attachTc } from "./tc.ts";
import { attachNetkit, attachTcx } from "./tcx.ts";
import { attachXdp } from "./xdp.ts";

const kernel = openNativeKernel();
const code = assemble([mov(r0, 1), exit()]);

/** A program whose handle cannot be duplicated from the `nth` time on, as in a process without free descriptors. */
function withoutRoom(loaded: Program, nth: number): Program {
  let left = nth;
  const duplicate = (): Handle => {
    if (--left <= 0) throw new ClosedError("no descriptor is free");
    return loaded.handle.duplicate();
  };
  const handle = new Proxy(loaded.handle, {
    get: (target, name) => (name === "duplicate" ? duplicate : Reflect.get(target, name, target)),
    // What is private to a handle is only there in the handle itself.
    getPrototypeOf: (target) => Reflect.getPrototypeOf(target),
  });
  return new Proxy(loaded, {
    get: (target, name) => (name === "handle" ? handle : Reflect.get(target, name, target)),
  });
}

inNetNamespace(import.meta.url, () => {
  const pair = makeVethPair();
  const far = kernel.interfaceIndex(pair.far);
  const stack = new DisposableStack();
  after(() => stack.dispose());
  const load = (spec: ProgramSpec): Program => stack.use(loadProgram(kernel, spec));

  describe("places in the network that cannot be meant", needs("root", "bpf"), () => {
    const packets = load(xdp(code, { name: "packets" }));
    const filter = load(tc("ingress", code, { name: "filter" }));
    for (const number of [-1, 0, 1.5, Number.NaN, 2 ** 33, undefined, null]) {
      const message = /(number|name) of an interface is .*\n.*give/s;
      refuse([
        [
          `refuse interface ${String(number)} for XDP`,
          () => attachXdp(packets, unchecked(number)),
          message,
        ],
        [
          `refuse interface ${String(number)} for XDP over netlink`,
          () => attachXdp(packets, unchecked(number), { way: "netlink" }),
          message,
        ],
        [
          `refuse interface ${String(number)} for tcx`,
          () => attachTcx(filter, unchecked(number), { direction: "ingress" }),
          message,
        ],
        [
          `refuse interface ${String(number)} for netkit`,
          () => attachNetkit(filter, unchecked(number), { place: "peer" }),
          message,
        ],
        [
          `refuse interface ${String(number)} for a filter`,
          () => attachTc(filter, unchecked(number), { direction: "ingress" }),
          /of an interface is|number of a block/,
        ],
      ]);
    }
    refuse([
      ["refuse an unknown interface", () => attachXdp(packets, "far1"), /"far0"\?/, NotFoundError],
      [
        "refuse a number that no interface has",
        () => attachXdp(packets, 99_999),
        /no such interface/,
        NotFoundError,
      ],
      [
        "refuse an unknown mode",
        () => attachXdp(packets, pair.far, { mode: unchecked("sbk") }),
        /"sbk".*\n.*"skb"/s,
      ],
      [
        "refuse an unknown way",
        () => attachXdp(packets, pair.far, { way: unchecked("links") }),
        /"link"\?/,
      ],
      [
        "refuse a card that runs no programs",
        () => attachXdp(packets, pair.far, { mode: "hw" }),
        /on the card/,
        NotSupportedError,
      ],
      [
        "refuse to replace what is no program",
        () => attachXdp(packets, pair.far, { replace: unchecked({}) }),
        /to replace is missing/,
      ],
      [
        "refuse a program for something else",
        () => attachXdp(filter, pair.far),
        /its type/,
        SyscallError,
      ],
      [
        "refuse a filter of XDP",
        () => attachTc(packets, pair.far, { direction: "ingress" }),
        /sched_cls/,
        SyscallError,
      ],
      [
        "refuse an unknown direction",
        () => attachTc(filter, pair.far, { direction: unchecked("ingres") }),
        /"ingress"\?/,
      ],
      [
        "refuse no direction",
        () => attachTc(filter, pair.far, unchecked(undefined)),
        /has no direction/,
      ],
      [
        "refuse an unknown direction of tcx",
        () => attachTcx(filter, pair.far, { direction: unchecked("in") }),
        /ingress, egress/,
      ],
      [
        "refuse an unknown way of tcx",
        () => attachTcx(filter, pair.far, { direction: "ingress", way: unchecked("x") }),
        /"x".*\n.*"tcx"/s,
      ],
      [
        "refuse an unknown result",
        () => attachTc(filter, pair.far, { direction: "ingress", result: unchecked("classs") }),
        /"class"\?/,
      ],
      [
        "refuse a block without a number",
        () => attachTc(filter, { block: Number.NaN }, {}),
        /number of a block is NaN/,
      ],
      [
        "refuse a place that netkit has not",
        () => attachNetkit(filter, pair.far, { place: unchecked("pair") }),
        /"peer"\?/,
      ],
      [
        "refuse an anchor that is nowhere",
        () =>
          attachTcx(filter, pair.far, {
            direction: "ingress",
            way: "tcx",
            anchor: unchecked({ place: "behind" }),
          }),
        /"behind".*\n.*before, after/s,
      ],
    ]);

    const route = load(lwt("out", code));
    const at = (given: object) => (): unknown =>
      attachLwt(route, { destination: "10.9.0.0/16", interface: pair.near, ...given });
    refuse([
      [
        "refuse a route to nothing",
        at({ destination: unchecked(undefined) }),
        /destination of a route is/,
      ],
      ["refuse a network without a length", at({ destination: "0.0.0.0/" }), /is not a network/],
      [
        "refuse a network with two lengths",
        at({ destination: "10.9.0.0/16/4" }),
        /is not a network/,
      ],
      ["refuse a table that is none", at({ table: Number.NaN }), /table of a route is NaN/],
      ["refuse a table below 1", at({ table: -1 }), /from 1 to/],
      ["refuse more headroom than there can be", at({ headroom: 300 }), /from 0 to 256/],
      ["refuse an interface that is none for a route", at({ interface: 1.5 }), /interface is 1.5/],
    ]);
    const hook = { family: "ipv4", hook: "local_in", priority: 1 } as const;
    refuse([
      [
        "refuse an unknown family",
        () => netfilter(code, { hook: unchecked({ ...hook, family: "ip4" }) }),
        /"ipv4"\?/,
      ],
      [
        "refuse an unknown hook",
        () => netfilter(code, { hook: unchecked({ ...hook, hook: "local" }) }),
        /"local"/,
      ],
      [
        "refuse an unknown flag",
        () => netfilter(code, { hook: unchecked({ ...hook, flags: ["defrag"] }) }),
        /"defrag"/,
      ],
    ]);

    it("leave nothing attached", () => {
      assert.deepEqual(kernel.network.xdpPrograms(far), []);
      assert.equal(kernel.network.hasClsact(far), false);
      assert.deepEqual(kernel.network.xdpPrograms(1), []);
    });
    it("leave nothing attached either when there is no room for the link", () => {
      const isFull = { name: "ClosedError", message: "no descriptor is free is closed" };
      for (const nth of [1, 2]) {
        const full = withoutRoom(packets, nth);
        assert.throws(() => attachXdp(full, pair.far, { way: "netlink" }), isFull);
        assert.deepEqual(kernel.network.xdpPrograms(far), []);
      }
      const full = withoutRoom(filter, 1);
      assert.throws(() => attachTc(full, pair.far, { direction: "ingress" }), isFull);
      assert.equal(kernel.network.hasClsact(far), false);
    });
  });
});
