import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { compileAndLoad } from "../collection/load.ts";
import { s64, struct, u16, u8 } from "../layout/index.ts";
import { bpf } from "../lang/builtins/index.ts";
import { createSimulatedKernel } from "../sim/simulated-kernel.ts";
import { sockOps } from "../spec/cgroup.ts";
import { cgroupArray } from "../spec/cgroup-array.ts";
import { arrayMap } from "../spec/array-map.ts";
import { tpBtf } from "../spec/tracepoint.ts";

const [parsing, reserving, writing] = [13, 14, 15];
const Option = struct("option", { kind: u8, length: u8, value: u16 });
const results = arrayMap("results", s64, 4);
const [permission, exists, noSpace, noMessage] = [-1n, -17n, -28n, -42n];

/** A header of TCP with options, filled up to a multiple of 4 bytes. */
function header(...options: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(20 + Math.ceil(options.length / 4) * 4).fill(1, 20);
  bytes.set(options, 20);
  bytes[12] = (bytes.length / 4) << 4;
  return bytes;
}

describe("options of TCP in the simulated kernel", () => {
  const onEvent = sockOps(
    (context) => {
      "use bpf";
      const option = Option({ kind: 254, length: 4, value: 0x2211 });
      if (context.op === 14) {
        results.update(0, BigInt(bpf.reserveHdrOpt(context, 4)));
        return 1;
      }
      if (context.op === 15) {
        results.update(0, BigInt(bpf.storeHdrOpt(context, option)));
        results.update(1, BigInt(bpf.storeHdrOpt(context, option)));
        return 1;
      }
      results.update(0, BigInt(bpf.loadHdrOpt(context, option)));
      const size = Option({ kind: 2, length: 0, value: 0 });
      results.update(1, BigInt(bpf.loadHdrOpt(context, size)));
      results.update(2, BigInt(size.value));
      const first = Option({ kind: 2, length: 0, value: 0 });
      results.update(3, BigInt(bpf.loadHdrOpt(context, first, 1)));
      return 1;
    },
    { cgroup: "/sys/fs/cgroup" },
  );

  const run = async (
    op: number,
    tcp?: { readonly header?: Uint8Array; readonly syn?: Uint8Array; readonly room?: number },
  ) => {
    const kernel = createSimulatedKernel();
    using loaded = await compileAndLoad(kernel, { results, onEvent });
    loaded.attach();
    const fate = kernel.fire.cgroup("cgroup_sock_ops", { op }, tcp && { tcp });
    const found = [...loaded.results].map(([, value]) => value);
    return { left: fate.tcp, found };
  };

  it("are looked for, in the segment and in the first one", async () => {
    const both = header(1, 2, 4, 0x05, 0xb4, 254, 4, 0x11, 0x22);
    const { found } = await run(parsing, { header: both, syn: header(2, 4, 1, 0) });
    assert.deepEqual(found, [4n, 4n, 0xb405n, 4n]);
    const other = header(254, 4, 0x11, 0x23);
    const { found: none } = await run(parsing, { header: other });
    assert.deepEqual(none, [noMessage, noMessage, 0n, -2n]);
    assert.deepEqual((await run(parsing, { header: header(3, 0) })).found[0], -14n);
    assert.deepEqual((await run(parsing)).found.slice(0, 2), [permission, permission]);
  });

  it("are reserved and written once", async () => {
    const reserved = await run(reserving, { header: header(), room: 6 });
    assert.deepEqual([reserved.found[0], reserved.left?.reserved], [0n, 4]);
    assert.equal((await run(reserving, { room: 3 })).found[0], noSpace);
    const { found, left } = await run(writing, { header: header(2, 4, 5, 0xb4) });
    assert.deepEqual(found.slice(0, 2), [0n, exists]);
    assert.deepEqual([...left!.header.subarray(20)], [2, 4, 5, 0xb4, 254, 4, 0x11, 0x22]);
    assert.equal(left!.reserved, 0);
    assert.equal((await run(writing, { header: header(0) })).found[0], noSpace);
    assert.equal((await run(writing)).found[0], permission);
  });
});

describe("the process in the simulated kernel", () => {
  const found = arrayMap("found", s64, 2);
  const groups = cgroupArray("groups", 2);

  it("has mappings of memory", async () => {
    const onSwitch = tpBtf("sched_switch", () => {
      "use bpf";
      const status = bpf.findVma(
        bpf.getCurrentTaskBtf(),
        0x40_1000n,
        (_task: object, vma: { vm_start: bigint; vm_end: bigint }) => {
          found.update(1, s64(vma.vm_end - vma.vm_start));
          return 0;
        },
        undefined,
      );
      found.update(0, BigInt(status));
      return 0;
    });
    const kernel = createSimulatedKernel();
    using loaded = await compileAndLoad(kernel, { found, onSwitch });
    loaded.attach();
    const look = (): readonly bigint[] => {
      kernel.fire.rawTracepoint("sched_switch", []);
      return [...loaded.found].map(([, value]) => value);
    };
    assert.deepEqual(look(), [-2n, 0n]);
    const mapping = { vm_start: 0x40_0000n, vm_end: 0x40_3000n };
    kernel.world.task = { ...kernel.world.task, mappings: [mapping] };
    assert.deepEqual(look(), [0n, 0x3000n]);
  });

  it("is below its control group and those above", async () => {
    const onSwitch = tpBtf("sched_switch", () => {
      "use bpf";
      found.update(0, BigInt(groups.currentTaskUnder(0)));
      found.update(1, BigInt(groups.currentTaskUnder(1)));
      return 0;
    });
    const kernel = createSimulatedKernel();
    const id = kernel.addCgroup("/sys/fs/cgroup/app/worker");
    kernel.addCgroup("/sys/fs/cgroup/app");
    using loaded = await compileAndLoad(kernel, { found, groups, onSwitch });
    loaded.attach();
    loaded.groups.set(0, "/sys/fs/cgroup/app");
    const look = (): readonly bigint[] => {
      kernel.fire.rawTracepoint("sched_switch", []);
      return [...loaded.found].map(([, value]) => value);
    };
    assert.deepEqual(look(), [0n, -11n]);
    kernel.world.task = { ...kernel.world.task, cgroupId: id };
    assert.deepEqual(look(), [1n, -11n]);
  });
});
