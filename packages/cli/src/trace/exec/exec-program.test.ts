import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { simulate, type Simulation } from "ts-ebpf/testing";
import { argumentBytesMax, decodeExec, ExecHead, fileBytesMax } from "./exec-event.ts";
import { type ExecFilters, filters, wanted, wantedEntries } from "./exec-filter.ts";
import { events, onExec, scratch } from "./exec-program.ts";

const none: ExecFilters = { pids: [], parents: [], uids: [], commands: [] };

/** An execution as the kernel has it: `words` are the arguments, each with its zero. */
interface Execution {
  readonly file?: string | undefined;
  readonly words?: string;
  /** Bytes of arguments that the process was given; those of `words` when left out. */
  readonly given?: bigint;
}

/** Runs the program for an execution, with filters. */
function execute(
  world: Simulation,
  { file = "/bin/ls", words = "ls\0-l\0", given }: Execution = {},
  wants: Partial<ExecFilters> = {},
): void {
  const all = { ...none, ...wants };
  const start = world.place(new TextEncoder().encode(words));
  const mm = { arg_start: start, arg_end: start + (given ?? BigInt(words.length)) };
  const task = { tgid: world.pid, real_parent: { tgid: 7 }, mm };
  const bprm = { filename: file === "" ? 0x10n : world.place(file) };
  filters.value = {
    pids: all.pids.length > 0,
    parents: all.parents.length > 0,
    uids: all.uids.length > 0,
    commands: all.commands.length > 0,
  };
  for (const entry of wantedEntries(all)) world.map(wanted).set(entry, 1);
  world.run(onExec, { args: [world.address(task), 0n, world.address(bprm)] });
}

const recordsOf = (world: Simulation): readonly Uint8Array<ArrayBuffer>[] =>
  world.maps.ring(events).submitted();

const decoded = (bytes: Uint8Array<ArrayBuffer>) =>
  decodeExec({ event: ExecHead.read(new DataView(bytes.buffer), 0), bytes }, (us) => us);

describe("the program", () => {
  it("records who executes what", () => {
    using world = simulate({ pid: 4711, uid: 33, comm: "ls", now: 5_000_999n });
    execute(world);
    const [record, ...more] = recordsOf(world);
    assert.equal(more.length, 0);
    assert.deepEqual(decoded(record!), {
      timeUs: 5000,
      pid: 4711,
      ppid: 7,
      uid: 33,
      command: "ls",
      file: "/bin/ls",
      arguments: ["ls", "-l"],
      truncated: false,
    });
  });

  it("makes records as long as their contents", () => {
    using world = simulate();
    execute(world, { file: "/a", words: "a\0" });
    assert.equal(recordsOf(world)[0]!.length, ExecHead.size + 3 + 2);
  });

  it("cuts arguments, and says so", () => {
    using world = simulate();
    execute(world, { words: "x".repeat(argumentBytesMax + 10) });
    const event = decoded(recordsOf(world)[0]!);
    assert.equal(event.arguments[0]!.length, argumentBytesMax);
    assert.equal(event.truncated, true);
  });

  it("cuts paths to the longest there can be", () => {
    using world = simulate();
    execute(world, { file: "p".repeat(fileBytesMax + 10) });
    assert.equal(decoded(recordsOf(world)[0]!).file.length, fileBytesMax - 1);
  });

  it("leaves out what cannot be read", () => {
    using world = simulate();
    execute(world, { file: "", words: "a\0", given: 4000n });
    const event = decoded(recordsOf(world)[0]!);
    assert.deepEqual([event.file, event.arguments, event.truncated], ["", [], true]);
    assert.equal(recordsOf(world)[0]!.length, ExecHead.size);
  });

  it("takes an end before the start for no arguments", () => {
    using world = simulate();
    execute(world, { words: "a\0", given: -8n });
    assert.deepEqual(decoded(recordsOf(world)[0]!).arguments, []);
  });

  it("counts what finds no room", () => {
    using world = simulate();
    const words = "x".repeat(argumentBytesMax);
    const fits = Math.floor((events.maxEntries - 1) / (ExecHead.size + 8 + argumentBytesMax + 8));
    for (let count = 0; count < fits + 3; count++) execute(world, { words });
    assert.equal(recordsOf(world).length, fits);
    assert.deepEqual(world.map(events.lossCounter!).get(0), [3n, 0n, 0n, 0n]);
  });
});

describe("filters", () => {
  const check = (wants: Partial<ExecFilters>, lets: boolean): void => {
    using world = simulate({ pid: 100, uid: 4_294_967_294, comm: "a-name-of-20-le" });
    execute(world, {}, wants);
    assert.equal(recordsOf(world).length, lets ? 1 : 0, JSON.stringify(wants));
  };

  it("let everything through when none is given", () => check({}, true));
  it("take values of one as alternatives", () => {
    check({ pids: [99, 100] }, true);
    check({ pids: [99, 101] }, false);
  });
  it("must all match", () => {
    check({ pids: [100], parents: [7] }, true);
    check({ pids: [100], parents: [8] }, false);
  });
  it("compare parents, not processes", () => check({ parents: [100] }, false));
  it("compare users of 32 bits", () => {
    check({ uids: [4_294_967_294] }, true);
    check({ uids: [0] }, false);
  });
  it("compare names as the kernel keeps them", () => {
    check({ commands: ["ls", "a-name-of-20-letters"] }, true);
    check({ commands: ["a-name"] }, false);
  });
  it("cut names by bytes, in the middle of a character too", () => {
    const view = new DataView(new ArrayBuffer(wanted.key.size));
    const [entry] = wantedEntries({ ...none, commands: ["aaaaaaaaaaaaaaß"] });
    wanted.key.write(view, 0, entry!);
    assert.deepEqual([view.getUint8(8 + 14), view.getUint8(8 + 15)], [0xc3, 0]);
  });
});

it("maps and program have names that the kernel keeps whole", () => {
  for (const { name } of [events, scratch, filters, wanted, onExec]) {
    assert.match(name, /^[a-z_]{1,15}$/);
  }
});
