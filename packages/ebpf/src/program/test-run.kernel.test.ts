import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { add as add64, mov, sub } from "../asm/alu.ts";
import { assemble, label } from "../asm/assemble.ts";
import { exit } from "../asm/call.ts";
import { jgt, jne } from "../asm/jump.ts";
import { ldx, st, stx } from "../asm/memory.ts";
import { currentTgid } from "../asm/pattern/current-process.ts";
import { InvalidArgumentError } from "../base/errors.ts";
import { compileAndLoad, loadCollection } from "../collection/load.ts";
import { r0, r1, r2, r6 } from "../isa/register.ts";
import { NotSupportedError, SyscallError } from "../kernel/errors.ts";
import { isAtLeast } from "../kernel/feature.ts";
import { u16, u32, u64 } from "../layout/integer.ts";
import { struct } from "../layout/struct.ts";
import { littleEndian, viewOf } from "../base/bytes.ts";
import { program } from "../spec/program.ts";
import { flowDissector, skLookup } from "../spec/socket-program.ts";
import { syscall } from "../spec/syscall.ts";
import { tc } from "../spec/tc.ts";
import { rawTracepointWritable } from "../spec/tracepoint.ts";
import { xdp } from "../spec/xdp.ts";
import { isSimulated, kernelUnderTest } from "../testing/kernel-under-test.ts";
import { needsLinux } from "../testing/needs-linux.ts";
import { needs } from "../testing/needs.ts";
import { attach } from "../link/attach.ts";
import { loadProgram } from "./load.ts";

const kernel = kernelUnderTest();

const Sum = struct("sum", { left: u32, right: u32, result: u64 });

const add = assemble([
  ldx("u32", r0, r1, 0),
  ldx("u32", r2, r1, 4),
  stx("u64", r1, 8, r0),
  mov(r0, r2),
  exit(),
]);

const isThere = isAtLeast(kernel.version, [5, 14]);
const since = { skip: isThere ? false : "Linux has programs of type syscall since 5.14" };

describe("programs that are run like system calls", needs("root", "bpf"), () => {
  const given = (): Uint8Array => {
    const bytes = new Uint8Array(Sum.size);
    Sum.write(viewOf(bytes), 0, { left: 3, right: 4, result: 0n });
    return bytes;
  };

  it("are given a context and give it back", since, () => {
    using loaded = loadProgram(kernel, syscall(Sum, add));
    const context = given();
    const { returnValue, context: after } = loaded.run({ context });
    assert.equal(returnValue, 4);
    assert.deepEqual(Sum.read(viewOf(after), 0), { left: 3, right: 4, result: 3n });
    assert.deepEqual(context, given());
  });

  it("are written in TypeScript", since, async () => {
    const sum = syscall(Sum, (context) => {
      "use bpf";
      context.result = u64(context.left + context.right);
      return 5;
    });
    using loaded = await compileAndLoad(kernel, { sum });
    const { returnValue, context } = loaded.sum.run({ context: given() });
    assert.equal(returnValue, 5);
    assert.equal(Sum.read(viewOf(context), 0).result, 7n);
  });

  it("are attached to nothing", since, () => {
    using loaded = loadCollection(kernel, { sum: syscall(Sum, add) });
    assert.deepEqual([...loaded.unplaced.keys()], ["sum"]);
    assert.throws(() => loaded.attach(), InvalidArgumentError);
    assert.throws(() => loaded.attach("sum"), InvalidArgumentError);
    assert.equal(loaded.links.size, 0);
  });

  it("say when the kernel is too old", { skip: isThere ? "this kernel has them" : false }, () =>
    assert.throws(() => loadProgram(kernel, syscall(Sum, add)), NotSupportedError),
  );
});

describe("runs on packets", needs("root", "bpf"), () => {
  /** Writes 7 into the first byte of the packet, and returns its length. */
  const mark = program(
    "xdp",
    assemble([
      ldx("u32", r2, r1, 0),
      ldx("u32", r0, r1, 4),
      mov(r6, r2),
      add64(r6, 1),
      jgt(r6, r0, "end"),
      st("u8", r2, 0, 7),
      label("end"),
      sub(r0, r2),
      exit(),
    ]),
  );
  const data = Uint8Array.from({ length: 64 }, (_, index) => index);

  it("give back what became of the packet", () => {
    using loaded = loadProgram(kernel, mark);
    const result = loaded.run({ data });
    assert.equal(result.returnValue, data.length);
    assert.deepEqual(result.data, Uint8Array.from([7, ...data.subarray(1)]));
    assert.equal(data[0], 0);
  });

  it("are repeated and timed", () => {
    using loaded = loadProgram(kernel, mark);
    const deadline = Date.now() + 60_000;
    for (;;) {
      const { durationNs, returnValue } = loaded.run({ data, repeat: 1000 });
      assert.equal(returnValue, data.length);
      if (durationNs < 1_000_000) break;
      // Somebody else may have had the processor meanwhile.
      assert.ok(Date.now() < deadline, `${durationNs} ns for one of 1000 runs`);
    }
  });

  it("take packets that are long enough", needsLinux(5, 18), () => {
    using loaded = loadProgram(kernel, mark);
    assert.throws(
      () => loaded.run({ data: data.subarray(0, 13) }),
      (error) => error instanceof SyscallError && /14 bytes/.test(error.hint ?? ""),
    );
  });

  it("take a context and give it back: of socket buffers", async () => {
    const look = tc("ingress", (skb) => {
      "use bpf";
      skb.mark += 1;
      skb.cb[1] = skb.priority;
      return 0;
    });
    using loaded = await compileAndLoad(kernel, { look });
    const [mark, priority, cb] = [8, 32, 48];
    const context = new Uint8Array(cb + 20);
    const given = viewOf(context);
    given.setUint32(mark, 41, littleEndian);
    given.setUint32(priority, 6, littleEndian);
    const left = viewOf(loaded.look.run({ data, context }).context);
    assert.equal(left.getUint32(mark, littleEndian), 42);
    assert.equal(left.getUint32(cb + 4, littleEndian), 6);
    assert.equal(given.getUint32(mark, littleEndian), 41);
    given.setUint32(0, 1, littleEndian);
    assert.throws(() => loaded.look.run({ data, context }), { errnoName: "EINVAL" });
  });

  it("take a context and give it back: of XDP, with data in front", needsLinux(5, 15), async () => {
    const look = xdp((packet) => {
      "use bpf";
      return packet.data - packet.data_meta;
    });
    using loaded = await compileAndLoad(kernel, { look });
    const context = new Uint8Array(24);
    const given = viewOf(context);
    given.setUint32(0, 8, littleEndian);
    given.setUint32(4, data.length, littleEndian);
    const { returnValue, context: after } = loaded.look.run({ data, context });
    assert.equal(returnValue, 8);
    assert.deepEqual(after, context);
    given.setUint32(4, data.length + 1, littleEndian);
    assert.throws(() => loaded.look.run({ data, context }), { errnoName: "EINVAL" });
  });

  it("are not for every type of program", () => {
    using loaded = loadProgram(kernel, program("perf_event", assemble([mov(r0, 0), exit()])));
    assert.throws(() => loaded.run({ data }), NotSupportedError);
  });
});

describe("packets that are taken apart", needs("root", "bpf"), () => {
  // Before it is told that a program answered, not what.
  const recent = needsLinux(6, 1);
  const Keys = struct("bpf_flow_keys", { nhoff: u16, thoff: u16 });
  const packet = new Uint8Array(64).fill(8, 12, 13);
  const dissect = (thoff: number, result: number) =>
    loadProgram(
      kernel,
      flowDissector(
        assemble([ldx("u64", r2, r1, 144), st("u16", r2, 2, thoff), mov(r0, result), exit()]),
      ),
    );

  it("give back the keys of their flow, with offsets within the packet", recent, () => {
    const check = (thoff: number, expected: readonly [number, number]): void => {
      using loaded = dissect(thoff, 0);
      const { data, returnValue } = loaded.run({ data: packet });
      const { nhoff, thoff: left } = Keys.read(viewOf(data), 0);
      assert.deepEqual([nhoff, left, data.length, returnValue], [...expected, 56, 0]);
    };
    check(34, [14, 34]);
    check(200, [14, 64]);
    check(3, [14, 14]);
  });

  it("have a header of Ethernet, and flags alone in what is given", recent, () => {
    using loaded = dissect(34, 2);
    assert.equal(loaded.run({ data: packet }).returnValue, 2);
    const refused = { errnoName: "EINVAL" };
    assert.throws(() => loaded.run({ data: packet.subarray(0, 13) }), refused);
    const keys = new Uint8Array(56);
    keys[48] = 1;
    assert.equal(loaded.run({ data: packet, context: keys }).returnValue, 2);
    keys[0] = 1;
    assert.throws(() => loaded.run({ data: packet, context: keys }), refused);
  });
});

describe("searches for sockets", needs("root", "bpf"), () => {
  const isOld = !isAtLeast(kernel.version, [5, 13]);
  const recent = { skip: isOld ? "Linux runs them since 5.13" : false };

  it("are given what is searched for", recent, () => {
    // Drops what is for port 7.
    const code = assemble([
      ldx("u32", r2, r1, 60),
      mov(r0, 1),
      jne(r2, 7, "end"),
      mov(r0, 0),
      label("end"),
      exit(),
    ]);
    using loaded = loadProgram(kernel, skLookup(code));
    const check = (family: number, port: number, expected: number | object): void => {
      const context = new Uint8Array(72);
      viewOf(context).setUint32(8, family, true);
      viewOf(context).setUint32(12, 6, true);
      viewOf(context).setUint32(60, port, true);
      if (typeof expected === "number") assert.equal(loaded.run({ context }).returnValue, expected);
      else assert.throws(() => loaded.run({ context }), expected);
    };
    check(2, 7, 0);
    check(10, 8, 1);
    check(2, 0x1_0007, { errnoName: "ERANGE" });
    check(3, 7, { name: "NotSupportedError" });
    assert.throws(() => loaded.run({}), { errnoName: "EINVAL" });
    assert.throws(() => loaded.run({ context: new Uint8Array(72).fill(1, 0, 1) }), {
      errnoName: "EINVAL",
    });
  });
});

const attaches = isSimulated()
  ? { skip: "the simulated kernel attaches nothing" }
  : needs("root", "bpf");

describe("writable raw tracepoints", attaches, () => {
  /** Makes test runs of this process end in EXDEV: the tracepoint's argument points to their result. */
  const spoil = rawTracepointWritable(
    "bpf_test_finish",
    assemble([
      ldx("u64", r6, r1, 0),
      currentTgid(r0),
      jne(r0, process.pid, "end"),
      st("u32", r6, 0, -18),
      label("end"),
      mov(r0, 0),
      exit(),
    ]),
  );

  it("let programs change what they are given", () => {
    using nothing = loadProgram(kernel, program("xdp", assemble([mov(r0, 2), exit()])));
    const data = new Uint8Array(64);
    assert.equal(nothing.run({ data }).returnValue, 2);
    using loaded = loadProgram(kernel, spoil);
    const link = attach(loaded);
    assert.throws(
      () => nothing.run({ data }),
      (error) => error instanceof SyscallError && error.errnoName === "EXDEV",
    );
    link.close();
    assert.equal(nothing.run({ data }).returnValue, 2);
  });

  it("are not those that only tell", () => {
    using loaded = loadProgram(kernel, {
      ...spoil,
      target: { kind: "raw_tracepoint", name: "sched_switch" },
    });
    assert.throws(() => attach(loaded), SyscallError);
  });
});
