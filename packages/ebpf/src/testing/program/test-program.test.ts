import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { mov } from "../../asm/alu.ts";
import { assemble, label } from "../../asm/assemble.ts";
import { exit } from "../../asm/call.ts";
import { jne } from "../../asm/jump.ts";
import { ldx } from "../../asm/memory.ts";
import { BpfError, InvalidArgumentError } from "../../base/errors.ts";
import { compileAndLoad } from "../../collection/load.ts";
import { createSimulatedKernel } from "../../sim/simulated-kernel.ts";
import { r0, r1 } from "../../isa/register.ts";
import { u32 } from "../../layout/integer.ts";
import { ntohs } from "../../lang/builtins/byte-order.ts";
import { cgroupSockAddr } from "../../spec/cgroup.ts";
import { arrayMap } from "../../spec/array-map.ts";
import { hashMap } from "../../spec/hash-map.ts";
import { kretprobe } from "../../spec/kprobe.ts";
import { lsm } from "../../spec/lsm.ts";
import { rawTracepoint } from "../../spec/tracepoint.ts";
import { xdp } from "../../spec/xdp.ts";
import { Coverage } from "../coverage/coverage.ts";
import { benchmark, measure } from "../performance/benchmark.ts";
import { ethernet } from "../packet/packet.ts";
import type { XdpTarget } from "../../spec/program-spec.ts";
import { ExpectationError } from "./expectation-error.ts";
import { programFixture, withProgram } from "./fixture.ts";
import type { ProgramTest } from "./program-test.ts";
import { checkBehaviour, counter, countersMap, dropping } from "./testing-suite.ts";
import { testProgram } from "./test-program.ts";

describe("testProgram, given what it cannot take", () => {
  const isRefusal = (message: RegExp) => (error: unknown) =>
    error instanceof InvalidArgumentError && message.test(error.format());
  const pass = xdp(() => {
    "use bpf";
    return 2;
  });

  it("says what is no program", async () => {
    const check = (given: unknown, message: RegExp) =>
      assert.rejects(testProgram(given as typeof pass), isRefusal(message));
    await check(undefined, /is given nothing, not a program\n {2}hint: give what xdp/);
    await check(() => 2, /is given a function, not a program/);
    await check(hashMap("m", u32, u32, 1), /is given a map, not a program/);
  });
  it("says what a run takes", async () => {
    using test = await testProgram(pass);
    const check = (given: unknown, message: RegExp) =>
      assert.throws(() => test.run(given as object), isRefusal(message));
    check({ pakcet: ethernet() }, /a run takes no "pakcet"\n {2}hint: did you mean "packet"/);
    check({ packet: "abc" }, /the packet of a run is a text, not bytes/);
    check(new Uint8Array(64), /a run is given bytes, not an object\n {2}hint: .*packet/);
  });
  it("says what elements are", async () => {
    const counts = hashMap("counts", u32, u32, 1);
    using test = await testProgram(pass, { maps: [counts] });
    const check = (given: unknown) =>
      assert.throws(() => test.expectMap(counts, given as []), isRefusal(/the elements of map/));
    check({ 1: 1n });
    check(5);
  });
  it("says what a test run of a loaded program takes", async () => {
    using test = await testProgram(pass);
    const check = (given: object, message: RegExp) =>
      assert.throws(() => test.program.run(given), isRefusal(message));
    check({ packet: ethernet().bytes }, /a test run takes no "packet"\n {2}hint: there are data/);
    check({ data: "abc" }, /the packet of a test run is a text, not bytes/);
    check({ data: [1, 2] }, /the packet of a test run is an array/);
    check({ data: new Uint8Array(64), repeat: -1 }, /how often to run is -1/);
  });
});

describe("testProgram, simulated", () => {
  checkBehaviour("simulated");

  it("gives probes arguments and results", async () => {
    const onRead = kretprobe("vfs_read", (registers) => {
      "use bpf";
      return Number(registers["ax"]) + 1;
    });
    using test = await testProgram(onRead);
    test.run({ result: 41 }).expectReturn(42);
  });
  it("gives hooks of security modules objects of the kernel", async () => {
    const onOpen = lsm("file_open", (file) => {
      "use bpf";
      return file.f_flags === 1 ? -1 : 0;
    });
    using test = await testProgram(onOpen);
    test.run({ args: [{ f_flags: 0 }] }).expectVerdict("allow");
    test.run({ args: [{ f_flags: 1 }] }).expectReturn(-1);
  });
  it("gives programs of control groups fields", async () => {
    const onConnect = cgroupSockAddr("connect4", (address) => {
      "use bpf";
      return ntohs(address.user_port) === 53 ? 0 : 1;
    });
    using test = await testProgram(onConnect);
    test.run({ fields: { user_port: 0x3500 } }).expectVerdict("deny");
    test.run({ fields: { user_port: 0 } }).expectVerdict("allow");
  });
});

/** What a failure says, hint included. */
function checkFails(run: () => unknown, message: string, hint?: string): void {
  assert.throws(run, (error) => {
    assert.ok(error instanceof BpfError);
    assert.equal(error.message, message);
    assert.equal(error.hint, hint);
    return true;
  });
}

describe("expectations", () => {
  it("say which verdict was found", async () => {
    using test = await testProgram(dropping);
    const run = test.run({ packet: ethernet().ipv4().udp() });
    checkFails(
      () => run.expectVerdict("pass"),
      'program "tested" returned 1 ("drop"), expected "pass" (2)',
    );
    checkFails(() => run.expectReturn(7), 'program "tested" returned 1, expected 7');
    checkFails(
      () => run.expectVerdict("dorp" as never),
      'xdp programs have no verdict "dorp"',
      'did you mean "drop"?',
    );
  });
  it("say which fields of a packet differ", async () => {
    using test = await testProgram(dropping);
    const packet = ethernet().ipv4().udp();
    checkFails(
      () => test.run({ packet }).expectPacket(ethernet().ipv4({ identification: 9 }).udp()),
      'the packet after program "tested" is not as expected:\n' +
        "  ipv4.identification is 0, expected 9\n  ipv4.checksum is 26319, expected 26310",
    );
  });
  it("say which elements of a map differ", async () => {
    using test = await testProgram(dropping, { maps: [countersMap] });
    test.map(countersMap).set(1, 1n);
    test.map(countersMap).set(3, 3n);
    checkFails(
      () =>
        test.expectMap(countersMap, [
          [1, 2n],
          [2, 2n],
        ]),
      'map "counters" is not as expected:\n  - 1 → 2n   expected\n  + 1 → 1n   found\n' +
        "  - 2 → 2n   missing\n  + 3 → 3n   not expected",
    );
  });
  it("name maps that are meant", async () => {
    using test = await testProgram(dropping, { maps: [countersMap] });
    checkFails(
      () => test.map("countres"),
      'program "tested" has no map "countres"',
      'did you mean "counters"?',
    );
    checkFails(
      () => test.events(hashMap("counters", u32, u32, 1) as never),
      'map "counters" holds no events',
      "ring buffers and perf buffers do",
    );
  });
  it("look at elements only where there are some", async () => {
    using test = await testProgram(counter);
    checkFails(
      () => test.expectMap("events", []),
      'map "events" has no elements to look at',
      "maps of keys and values do; of variables look at the value, of rings at the events",
    );
  });
  it("do not count zeros in arrays", async () => {
    const slots = arrayMap("slots", u32, 4);
    using test = await testProgram(dropping, { maps: [slots] });
    test.expectMap(slots, []);
    test.map(slots).set(2, 7);
    test.expectMap(slots, [[2, 7]]);
  });
  it("refuse what a program does not take", async () => {
    using test = await testProgram(dropping);
    const packet = ethernet();
    checkFails(
      () => test.run({ packet, fields: { marc: 1 } }),
      'a test run takes no field "marc" of the context',
      "there are ingress_ifindex, rx_queue_index",
    );
    checkFails(
      () => test.run({ packet, fields: {}, args: [1] }),
      "fields and args are given",
      "each of them says the whole context: give one",
    );
  });
});

describe("measure", () => {
  const short = benchmark(dropping, { packet: ethernet() });
  it("counts instructions in the simulated kernel", async () => {
    const measured = await measure(short, { kernel: "simulated" });
    assert.deepEqual(measured, { metric: "instructions", value: 2, low: 2, high: 2 });
  });
});

describe("withProgram and programFixture", () => {
  it("load the program before a test, and close it after it", async () => {
    let seen: ProgramTest<XdpTarget> | undefined;
    await withProgram(dropping)((test) => {
      seen = test;
      test.run({ packet: ethernet() }).expectVerdict("drop");
    })();
    assert.ok(seen!.program.closed);
    const failing = withProgram(dropping)((test) => {
      seen = test;
      throw new ExpectationError("no", { actual: 1, expected: 2 });
    });
    await assert.rejects(failing(), { name: "ExpectationError" });
    assert.ok(seen!.program.closed);
    await programFixture(dropping)({}, async (test) => {
      seen = test;
      assert.ok(!test.program.closed);
    });
    assert.ok(seen!.program.closed);
  });
});

describe("coverage", () => {
  const branching = xdp(
    assemble(ldx("u32", r1, r1, 16), jne(r1, 0, "other"), [mov(r0, 2), exit()], label("other"), [
      mov(r0, 1),
      exit(),
    ]),
    { name: "branching" },
  );
  const packet = ethernet().ipv4();

  it("counts instructions and both ways of branches", async () => {
    const coverage = new Coverage();
    using test = await testProgram(branching, { coverage });
    test.run({ packet }).expectVerdict("pass");
    const [half] = coverage.report().programs;
    assert.deepEqual(half, {
      name: "branching",
      instructions: { total: 6, covered: 4 },
      branches: { total: 2, covered: 1 },
    });
  });
  it("adds up over loads of one program", async () => {
    const coverage = new Coverage();
    for (const rx_queue_index of [0, 0]) {
      using test = await testProgram(branching, { coverage });
      test.run({ packet, fields: { rx_queue_index } });
    }
    assert.equal(coverage.report().programs.length, 1);
    assert.deepEqual(coverage.report().programs[0]!.branches, { total: 2, covered: 1 });
  });
  it("belongs to the simulated kernel", async () => {
    const raw = rawTracepoint("sys_enter", assemble(mov(r0, 0), exit()));
    using other = await testProgram(raw);
    assert.equal(other.kernel.kind, "simulated");
  });
  it("counts what attached programs do", async () => {
    const coverage = new Coverage();
    const kernel = createSimulatedKernel();
    const raw = rawTracepoint("sys_enter", assemble(ldx("u64", r0, r1, 8), exit()));
    using loaded = await compileAndLoad(kernel, { raw });
    coverage.addProgram(loaded.raw);
    loaded.attach();
    const runs = coverage.watch(kernel, () => kernel.fire.rawTracepoint("sys_enter", [0, 5]));
    assert.deepEqual(
      runs.map(({ value }) => value),
      [5],
    );
    const { instructions } = coverage.report().programs[0]!;
    assert.deepEqual(instructions, { total: 2, covered: 2 });
  });
  it("is shown as lines of TypeScript", async () => {
    const coverage = new Coverage();
    using test = await testProgram(counter, { coverage });
    test.run({ packet: ethernet().ipv4().udp({ destination: 53 }) });
    const { files } = coverage.report();
    assert.equal(files.length, 1);
    const [file] = files;
    assert.ok(file!.path.endsWith("testing-suite.ts"));
    const reached = (text: string): number[] =>
      [...file!.texts].filter(([, line]) => line.includes(text)).map(([n]) => file!.lines.get(n)!);
    assert.deepEqual(reached("ip.protocol !== 17"), [1]);
    assert.deepEqual(reached("counters.update"), [1]);
    assert.deepEqual(reached("atomic(count)"), [0]);
    assert.match(coverage.summary(), /^not reached: testing-suite\.ts:\d+ {2}.*atomic\(count\)/m);
    assert.match(coverage.summary(), /^tested {2,}\d+\/\d+ \(\d+\.\d %\) +\d+\/\d+ /m);
    const lcov = coverage.lcov();
    assert.match(lcov, /^SF:.*testing-suite\.ts$/m);
    assert.match(lcov, /^DA:\d+,1$/m);
    assert.match(lcov, /^DA:\d+,0$/m);
    assert.match(lcov, /^BRDA:\d+,\d+,[01],1$/m);
    assert.match(lcov, /^FNDA:1,\w+$/m);
    assert.ok(lcov.endsWith("end_of_record\n"));
  });
});
