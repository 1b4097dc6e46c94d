import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { assemble } from "../asm/assemble.ts";
import { mov } from "../asm/alu.ts";
import { call, exit } from "../asm/call.ts";
import { ldx, st, stx } from "../asm/memory.ts";
import { at } from "../asm/place.ts";
import { loadMapValue } from "../asm/wide.ts";
import { compileAndLoad, loadCollection } from "../collection/load.ts";
import { u64 } from "../layout/index.ts";
import type { Instruction } from "../isa/instruction.ts";
import { r0, r1, r2, r6, r10 } from "../isa/register.ts";
import { attachCgroup } from "../link/cgroup.ts";
import { attachNetkit } from "../link/tcx.ts";
import { attachLwt } from "../link/lwt.ts";
import { loadProgram } from "../program/load.ts";
import { createSimulatedKernel } from "../sim/simulated-kernel.ts";
import { cgroupDevice, cgroupSockopt } from "../spec/cgroup.ts";
import { global } from "../spec/global-spec.ts";
import { lwt } from "../spec/lwt.ts";
import { netkit } from "../spec/netkit.ts";
import { program } from "../spec/program.ts";
import { flowDissector } from "../spec/socket-program.ts";

const noted = global("noted", u64, 0n);
const group = "/sys/fs/cgroup";

describe("packets that are taken apart", () => {
  /** Says where the header behind that of the network is, and whether that is so. */
  const dissect = (thoff: number, result: number): readonly Instruction[] =>
    assemble([
      ldx("u64", r2, r1, 144),
      st("u16", r2, 2, thoff),
      st("u16", r2, 14, 443),
      mov(r0, result),
      exit(),
    ]);
  const packet = new Uint8Array(60).fill(8, 12, 13);

  const check = (
    code: readonly Instruction[],
    expected: readonly [string, number, number, number],
  ): void => {
    const kernel = createSimulatedKernel();
    using loaded = loadCollection(kernel, { look: flowDissector(code) });
    assert.equal(kernel.fire.dissect(packet).verdict, "continue");
    loaded.attach();
    const { verdict, keys } = kernel.fire.dissect(packet, { flags: 2 });
    assert.deepEqual([verdict, keys["nhoff"], keys["thoff"], keys["flags"]], expected);
    assert.equal(keys["n_proto"], 8);
  };

  it("leave keys of their flow", () => check(dissect(34, 0), ["ok", 14, 34, 2]));
  it("have offsets within them", () => check(dissect(200, 0), ["ok", 14, 60, 2]));
  it("have no flow when the program says so", () => check(dissect(34, 2), ["drop", 14, 34, 2]));
  it("are left to the kernel", () => check(dissect(34, 129), ["continue", 14, 34, 2]));

  it("have a header of Ethernet", () =>
    assert.throws(() => createSimulatedKernel().fire.dissect(new Uint8Array(13)), {
      name: "InvalidArgumentError",
    }));
});

describe("routes with programs", () => {
  const packetTo = (...address: readonly number[]): Uint8Array => {
    const packet = new Uint8Array(40);
    packet[0] = 0x45;
    packet.set(address, 16);
    return packet;
  };
  const returning = (result: number) => lwt("out", assemble([mov(r0, result), exit()]));

  it("run the one of the longest prefix", () => {
    const kernel = createSimulatedKernel();
    using loaded = loadCollection(kernel, { wide: returning(2), narrow: returning(0) });
    using wide = attachLwt(loaded.wide, {
      destination: "10.0.0.0/8",
      interface: "lo",
    });
    const verdictTo = (...address: readonly number[]) =>
      kernel.fire.route("out", packetTo(...address)).verdict;
    using _ = attachLwt(loaded.narrow, {
      destination: "10.1.2.0/23",
      interface: "lo",
    });
    assert.equal(verdictTo(10, 9, 9, 9), "drop");
    assert.equal(verdictTo(10, 1, 3, 9), "pass");
    assert.equal(verdictTo(10, 1, 4, 9), "drop");
    assert.equal(verdictTo(11, 1, 3, 9), "pass");
    assert.deepEqual(kernel.fire.route("in", packetTo(10, 9, 9, 9)).runs, []);
    wide.close();
    assert.equal(verdictTo(10, 9, 9, 9), "pass");
    const twice = { destination: "10.1.2.0/23", interface: "lo" } as const;
    assert.throws(() => attachLwt(loaded.narrow, twice), { name: "ExistsError" });
    assert.throws(() => kernel.fire.route("out", new Uint8Array(40)), { hint: /header of IP/ });
  });

  it("put a header in front of packets", () => {
    // A header of IP in front: 20 bytes that start with 0x45.
    const encapsulate = assemble([
      mov(r6, r1),
      st("u64", r10, -24, 0x45),
      st("u64", r10, -16, 0),
      st("u32", r10, -8, 7),
      call("lwt_push_encap", r6, 2, at(r10, -24), 20),
      loadMapValue(r1, noted),
      stx("u64", r1, 0, r0),
      mov(r0, 0),
      exit(),
    ]);
    const kernel = createSimulatedKernel();
    using loaded = loadCollection(kernel, { noted, push: lwt("xmit", encapsulate) });
    using _ = attachLwt(loaded.push, { destination: "10.0.0.1", interface: "lo" });
    const { packet, verdict } = kernel.fire.route("xmit", packetTo(10, 0, 0, 1));
    assert.deepEqual(
      [verdict, packet.length, packet[0], packet[16], packet[20]],
      ["pass", 60, 0x45, 7, 0x45],
    );
    assert.equal(loaded.noted.value, 0n);
  });
});

describe("netkit interfaces", () => {
  it("run programs of the one that packets leave through", () => {
    const kernel = createSimulatedKernel();
    kernel.network.addNetkit({ primary: "kit0", peer: "kit1" });
    const returning = (place: "primary" | "peer", result: number) =>
      netkit(place, assemble([mov(r0, result), exit()]));
    using loaded = loadCollection(kernel, {
      goOn: returning("primary", -1),
      drop: returning("primary", 2),
      atPeer: returning("peer", 0),
    });
    using stack = new DisposableStack();
    stack.use(attachNetkit(loaded.goOn, "kit0", { place: "primary" }));
    stack.use(attachNetkit(loaded.drop, "kit0", { place: "primary" }));
    stack.use(attachNetkit(loaded.atPeer, "kit0", { place: "peer" }));
    const sent = kernel.fire.send("kit0", new Uint8Array(60));
    assert.deepEqual([sent.verdict, sent.runs.length], ["drop", 2]);
    const back = kernel.fire.send("kit1", new Uint8Array(60));
    assert.deepEqual([back.verdict, back.runs[0]?.program], ["pass", "atPeer"]);
    const attach = (name: string) => attachNetkit(loaded.atPeer, name, { place: "peer" });
    assert.throws(() => attach("kit1"), { errnoName: "EACCES" });
    assert.throws(() => attach("lo"), { errnoName: "ENXIO" });
    assert.throws(() => kernel.network.addNetkit({ primary: "kit0", peer: "kit2" }), {
      name: "ExistsError",
    });
    kernel.network.removeInterface(kernel.interfaceIndex("kit1"));
    assert.throws(() => kernel.interfaceIndex("kit0"), { name: "NotFoundError" });
  });
});

describe("settings of the kernel", () => {
  /** Copies with a helper into 8 bytes of the stack, and notes those or the error. */
  const reading = (
    helper: "sysctl_get_name" | "sysctl_get_current_value" | "sysctl_get_new_value",
    size: number,
    flags?: number,
  ): readonly Instruction[] =>
    assemble([
      st("u64", r10, -8, -1),
      call(helper, r1, at(r10, -8), size, ...(flags === undefined ? [] : [flags])),
      loadMapValue(r1, noted),
      ldx("u64", r2, r10, -8),
      stx("u64", r1, 0, r2),
      exit(),
    ]);
  const text = (word: bigint): string =>
    new TextDecoder().decode(new Uint8Array(BigUint64Array.of(word).buffer)).split("\0")[0]!;

  /** What the program returns, low 32 bits with sign, and the text it was given. */
  const check = (
    code: readonly Instruction[],
    access: Omit<Parameters<ReturnType<typeof createSimulatedKernel>["fire"]["sysctl"]>[0], "name">,
    expected: readonly [number, string],
  ): void => {
    const kernel = createSimulatedKernel({ checking: "off" });
    const look = program("cgroup_sysctl", code, {
      expectedAttachType: "cgroup_sysctl",
      name: "look",
    });
    using loaded = loadCollection(kernel, { noted, look });
    using _ = attachCgroup(loaded.look, group);
    const { runs } = kernel.fire.sysctl({ name: "net/ipv4/tcp_mem", ...access });
    assert.deepEqual([runs[0]?.value, text(loaded.noted.value)], expected);
  };

  it("have a name, whole or without folders", () => {
    check(reading("sysctl_get_name", 8, 1), {}, [7, "tcp_mem"]);
    check(reading("sysctl_get_name", 7, 1), {}, [-7, "tcp_me"]);
    check(reading("sysctl_get_name", 8, 0), {}, [-7, "net/ipv"]);
  });

  it("have a value, and one that is written", () => {
    const access = { current: "1 2", written: "77" };
    check(reading("sysctl_get_current_value", 8), access, [3, "1 2"]);
    check(reading("sysctl_get_current_value", 3), access, [-7, "1 "]);
    check(reading("sysctl_get_current_value", 8), {}, [-22, ""]);
    check(reading("sysctl_get_new_value", 8), access, [2, "77"]);
    check(reading("sysctl_get_new_value", 8), { current: "1" }, [-22, ""]);
  });

  it("are written as a program says", () => {
    const kernel = createSimulatedKernel();
    const code = assemble([
      st("u32", r10, -4, 0x3635),
      call("sysctl_set_new_value", r1, at(r10, -4), 3),
      mov(r0, 1),
      exit(),
    ]);
    const look = program("cgroup_sysctl", code, {
      expectedAttachType: "cgroup_sysctl",
      name: "look",
    });
    using loaded = loadCollection(kernel, { look });
    using _ = attachCgroup(loaded.look, group);
    const changed = kernel.fire.sysctl({ name: "vm/swappiness", current: "1", written: "2" });
    assert.deepEqual([changed.allowed, changed.written], [true, "56"]);
    const read = kernel.fire.sysctl({ name: "vm/swappiness", current: "1" });
    assert.deepEqual([read.allowed, read.written], [true, undefined]);
  });
});

describe("what control groups decide", () => {
  it("passes from program to program, and the last refusal counts", () => {
    const kernel = createSimulatedKernel();
    const type = { expectedAttachType: "cgroup_getsockopt" } as const;
    const setting = (value: number, result: number) =>
      loadProgram(
        kernel,
        program(
          "cgroup_sockopt",
          assemble([call("set_retval", value), mov(r0, result), exit()]),
          type,
        ),
      );
    const plain = (result: number) =>
      loadProgram(kernel, program("cgroup_sockopt", assemble([mov(r0, result), exit()]), type));
    const check = (
      programs: readonly ReturnType<typeof plain>[],
      retval: number,
      result: number,
    ) => {
      const links = programs.map((it) => attachCgroup(it, group));
      const decision = kernel.fire.cgroup("cgroup_getsockopt", { retval });
      assert.deepEqual([decision.result, decision.allowed], [result, result === 0]);
      for (const link of links) link.close();
    };
    check([plain(1)], 0, 0);
    check([plain(0)], 0, -1);
    check([setting(-13, 0)], 0, -13);
    check([setting(-13, 1), plain(0)], 0, -13);
    check([setting(-13, 1), setting(0, 1)], 0, 0);
    check([plain(1)], -2, -2);
    check([setting(0, 1)], -2, 0);
  });

  it("is the value of an option, and what the process gets", async () => {
    const override = cgroupSockopt("getsockopt", (context) => {
      "use bpf";
      noted.value = u64(context.retval);
      context.retval = 0;
      context.optlen = 2;
      return 1;
    });
    const kernel = createSimulatedKernel();
    using loaded = await compileAndLoad(kernel, { noted, override });
    using _ = attachCgroup(loaded.override, group);
    const optval = Uint8Array.of(1, 2, 3, 4);
    const decision = kernel.fire.cgroup("cgroup_getsockopt", { optval, retval: -92 });
    assert.deepEqual([decision.result, decision.context["retval"]], [0, 0]);
    assert.deepEqual(decision.optval, optval.slice(0, 2));
    assert.equal(BigInt.asIntN(32, loaded.noted.value), -92n);
  });

  it("is an access to a device", async () => {
    const refuse = cgroupDevice((context) => {
      "use bpf";
      return context.major === 1 ? 0 : 1;
    });
    const kernel = createSimulatedKernel();
    using loaded = await compileAndLoad(kernel, { refuse });
    using _ = attachCgroup(loaded.refuse, group);
    const fire = (major: number) =>
      kernel.fire.cgroup("cgroup_device", { major, minor: 3 }).allowed;
    assert.deepEqual([fire(1), fire(2)], [false, true]);
  });
});
