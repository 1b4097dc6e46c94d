import assert from "node:assert/strict";
import { after, describe, it } from "node:test";
import { BpfError, InvalidArgumentError } from "../base/errors.ts";
import { loadProgram } from "../program/load.ts";
import { createSimulatedKernel } from "../sim/simulated-kernel.ts";
import { xdp } from "../spec/xdp.ts";
import * as link from "./index.ts";

const kernel = createSimulatedKernel();
const spec = xdp([{ kind: "alu", op: "mov", width: 64, dst: "r0", src: 2 }, { kind: "exit" }]);

/** What each function is given behind the program. */
const places: { readonly [Name in keyof typeof link]?: readonly unknown[] } = {
  attach: [],
  attachCgroup: ["/sys/fs/cgroup", { way: "link", flags: [], anchor: {} }],
  attachIterator: ["task", { pid: 1 }],
  attachKprobe: [{ kind: "kprobe", symbol: "f", offset: 0 }],
  attachKprobeMulti: [{ kind: "kprobe_multi", functions: { symbols: ["f"] } }],
  attachLwt: [{ destination: "10.0.0.0/8", interface: "eth0" }],
  attachNetfilter: [{ family: "ipv4", hook: "forward", priority: 1 }],
  attachNetkit: ["eth0", { place: "peer", anchor: {} }],
  attachNetns: ["sk_lookup", "/proc/self/ns/net"],
  attachPerfEvent: [{ event: "cpu_clock", sampling: { frequencyHz: 9 } }],
  attachRawTracepoint: ["sched_switch", 1n],
  attachReuseport: [3],
  attachSocketFilter: [3],
  attachSockmap: [{}],
  attachSyscall: [{ kind: "ksyscall", name: "openat" }],
  attachTc: ["eth0", { direction: "ingress", replace: "none", priority: 1, hardware: "skip_hw" }],
  attachTcx: ["eth0", { direction: "ingress", way: "tcx" }],
  attachTpBtf: ["sched_switch", 1n],
  attachTracepoint: ["sched", "sched_switch", 1n],
  attachTrampoline: ["the start of f", 1n],
  attachUprobe: [{ kind: "uprobe", path: "libc", symbol: "malloc", offset: 0 }],
  attachUprobeMulti: [{ kind: "uprobe_multi", path: "libc", functions: { symbols: ["malloc"] } }],
  attachUsdt: [{ kind: "usdt", path: "libc", provider: "libc", name: "setjmp" }, new Map()],
  attachXdp: ["eth0", { mode: "skb", way: "link" }],
};

type Attacher = (...given: readonly unknown[]) => unknown;

// oxlint-disable-next-line import/namespace -- the table has its names
const attachers = (name: string): Attacher => link[name as keyof typeof link] as Attacher;

describe("functions that attach, given what cannot be meant", () => {
  const stack = new DisposableStack();
  after(() => stack.dispose());
  const program = stack.use(loadProgram(kernel, spec));

  for (const [name, given] of Object.entries(places)) {
    const attach = attachers(name);

    it(`${name} refuses what is no loaded program`, () => {
      for (const wrong of [undefined, null, 5, "x", {}, kernel, Symbol("wrong")])
        assert.throws(() => attach(wrong, ...given), InvalidArgumentError);
      assert.throws(() => attach(spec, ...given), {
        name: "InvalidArgumentError",
        message: "the program is not loaded yet",
      });
    });

    it(`${name} refuses places and options that are none`, () => {
      for (const [index] of given.entries()) {
        for (const wrong of [null, Symbol("wrong"), true, Number.NaN]) {
          const act = (): unknown => attach(program, ...given.with(index, wrong));
          assert.throws(act, BpfError, `${name} with ${String(wrong)} at ${index}`);
        }
      }
      assert.throws(() => attach(program), BpfError);
    });

    it(`${name} refuses options that there are not`, () => {
      const last = given.at(-1);
      if (given.length < 2 || typeof last !== "object" || last instanceof Map) return;
      const misspelled = given.with(given.length - 1, { ...last, anhcor: 1 });
      assert.throws(() => attach(program, ...misspelled), {
        name: "InvalidArgumentError",
        message: /takes no "anhcor"/,
      });
    });
  }

  it("are all in the table", () => {
    const functions = Object.keys(link).filter((name) => name.startsWith("attach"));
    assert.deepEqual(
      functions.filter((name) => !(name in places)),
      [],
    );
  });
});
