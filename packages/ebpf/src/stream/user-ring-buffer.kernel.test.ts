import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { assemble, label } from "../asm/assemble.ts";
import { call, exit } from "../asm/call.ts";
import { mov } from "../asm/alu.ts";
import { loadFunction, loadMap } from "../asm/wide.ts";
import { ClosedError, InvalidArgumentError } from "../base/errors.ts";
import { compileAndLoad, loadCollection } from "../collection/load.ts";
import { r0, r1, r2, r3, r4 } from "../isa/register.ts";
import { NoSpaceError } from "../kernel/errors.ts";
import { bpf } from "../lang/builtins/bpf.ts";
import { u32, u64 } from "../layout/integer.ts";
import { struct } from "../layout/struct.ts";
import { hashMap } from "../spec/hash-map.ts";
import { global } from "../spec/global-spec.ts";
import { program } from "../spec/program.ts";
import { tcx } from "../spec/tcx.ts";
import { userRingbuf } from "../spec/user-ringbuf.ts";
import { kernelUnderTest } from "../testing/kernel-under-test.ts";
import { needs } from "../testing/needs.ts";

const usable = needs("root", "bpf", "btf", "user-ringbuf");
const kernel = kernelUnderTest();
const packet = { data: new Uint8Array(64) };

const Command = struct("command", { key: u32, amount: u64 });
const sizeBytes = 4096;
const commands = userRingbuf("commands", Command, sizeBytes);
const totals = hashMap("totals", u32, u64, 64);
const runs = global("runs", u64, 0n);

/** Takes all commands out and adds up their amounts by key. */
const apply = tcx("ingress", () => {
  "use bpf";
  const taken = bpf.userRingbufDrain(
    commands,
    (dynptr: object) => {
      const command = bpf.dynptrRead(Command, dynptr, 0);
      if (!command) return 0;
      const total = totals.lookup(command.key);
      if (total) total.value += command.amount;
      else totals.update(command.key, command.amount);
      return 0;
    },
    undefined,
  );
  runs.value += 1n;
  return taken;
});

const load = () => compileAndLoad(kernel, { commands, totals, runs, apply });
type Applied = Awaited<ReturnType<typeof load>>;

/** Lets the program drain, and returns how many records it took. */
function drain({ apply: program }: Applied): number {
  return program.run(packet).returnValue | 0;
}

/** Records of this layout that fit: 16 bytes, and 8 before each. */
const recordBytes = 24;
const room = Math.floor(sizeBytes / recordBytes);

function fill({ commands: ring }: Applied): number {
  let pushed = 0;
  try {
    for (; pushed <= room; pushed++) ring.push({ key: 1, amount: 1n });
  } catch (error) {
    assert.ok(error instanceof NoSpaceError, String(error));
  }
  return pushed;
}

describe("UserRingBuffer", usable, () => {
  it("hands values to a program, in order", async () => {
    using loaded = await load();
    loaded.commands.push({ key: 1, amount: 5n });
    loaded.commands.push({ key: 2, amount: 7n });
    loaded.commands.push({ key: 1, amount: 1n });
    assert.equal(loaded.commands.pendingBytes(), 3 * recordBytes);
    assert.equal(drain(loaded), 3);
    assert.deepEqual(
      new Map(loaded.totals.entries()),
      new Map([
        [1, 6n],
        [2, 7n],
      ]),
    );
    assert.equal(loaded.commands.pendingBytes(), 0);
    assert.equal(drain(loaded), 0);
  });

  it("shows nothing of what is reserved, nor of what is behind it", async () => {
    using loaded = await load();
    const first = loaded.commands.reserve();
    loaded.commands.push({ key: 2, amount: 2n });
    assert.ok(drain(loaded) <= 0);
    assert.equal(loaded.totals.get(2), undefined);
    first.value = { key: 1, amount: 1n };
    first.commit();
    assert.equal(drain(loaded), 2);
    assert.deepEqual([loaded.totals.get(1), loaded.totals.get(2)], [1n, 2n]);
    assert.throws(() => first.commit(), ClosedError);
    assert.throws(() => first.view, ClosedError);
  });

  it("passes over what was discarded, or left", async () => {
    using loaded = await load();
    loaded.commands.reserve().discard();
    {
      using left = loaded.commands.reserve();
      left.value = { key: 9, amount: 9n };
    }
    loaded.commands.push({ key: 3, amount: 3n });
    drain(loaded);
    assert.deepEqual([...loaded.totals.entries()], [[3, 3n]]);
  });

  it("writes where the bytes stay, of any length", async () => {
    using loaded = await load();
    const record = loaded.commands.reserve(24);
    assert.equal(record.view.byteLength, 24);
    record.view.setUint32(0, 4, true);
    record.view.setBigUint64(8, 44n, true);
    record.commit();
    assert.throws(() => {
      using short = loaded.commands.reserve(8);
      short.value = { key: 1, amount: 1n };
    }, /has 16 bytes, and 8 are reserved/);
    drain(loaded);
    assert.deepEqual([...loaded.totals.entries()], [[4, 44n]]);
  });

  it("says so when it is full, and takes more when it was drained", async () => {
    using loaded = await load();
    assert.equal(fill(loaded), room);
    assert.throws(() => loaded.commands.push({ key: 1, amount: 1n }), {
      name: "NoSpaceError",
      message: /cannot reserve 16 bytes in map "commands": it is full until a program drains it/,
    });
    assert.equal(drain(loaded), room);
    assert.equal(loaded.totals.get(1), BigInt(room));
    loaded.commands.push({ key: 1, amount: 1n });
  });

  it("goes round the ring many times", async () => {
    using loaded = await load();
    for (let round = 0; round < 50; round++) {
      for (let key = 0; key < 50; key++) loaded.commands.push({ key, amount: 1n });
      assert.equal(drain(loaded), 50);
    }
    assert.deepEqual(new Set(loaded.totals.values()), new Set([50n]));
    assert.equal(loaded.totals.get(49), 50n);
  });

  it("waits for room", async () => {
    using loaded = await load();
    fill(loaded);
    const pushing = loaded.commands.pushWhenRoom({ key: 7, amount: 70n });
    setImmediate(() => drain(loaded));
    assert.equal(await pushing, true);
    assert.equal(drain(loaded), 1);
    assert.equal(loaded.totals.get(7), 70n);
  });

  it("stops waiting at the time-out, at a signal, and when it is closed", async () => {
    const loaded = await load();
    using _ = loaded;
    fill(loaded);
    const value = { key: 7, amount: 70n };
    assert.equal(await loaded.commands.pushWhenRoom(value, { timeoutMs: 5 }), false);
    const signal = AbortSignal.abort();
    assert.equal(await loaded.commands.pushWhenRoom(value, { signal }), false);
    const pushing = loaded.commands.pushWhenRoom(value);
    setImmediate(() => loaded.commands.close());
    assert.equal(await pushing, false);
    assert.throws(() => loaded.commands.push(value), ClosedError);
  });

  it("refuses what can never be held, and what is not of the layout", async () => {
    using loaded = await load();
    assert.throws(() => loaded.commands.push({ key: -1, amount: 1n }), InvalidArgumentError);
    assert.ok(drain(loaded) <= 0);
    assert.throws(() => loaded.commands.reserve(sizeBytes), {
      name: "InvalidArgumentError",
      hint: "a record takes 8 bytes more; make the ring larger",
    });
    const record = loaded.commands.reserve(sizeBytes - 8);
    assert.throws(() => loaded.commands.push({ key: 1, amount: 1n }), NoSpaceError);
    record.discard();
  });

  it("lets go of what is reserved when it is closed before", async () => {
    using loaded = await load();
    const { commands: ring } = loaded;
    {
      using record = ring.reserve();
      ring.close();
      assert.throws(() => record.commit(), ClosedError);
      assert.throws(() => record.view, ClosedError);
      assert.throws(() => (record.value = { key: 1, amount: 1n }), ClosedError);
    }
    for (const length of [-1, 1.5, Number.NaN])
      assert.throws(() => ring.reserve(length), InvalidArgumentError);
  });

  it("is drained by a program of the assembler too", () => {
    const main = [loadMap(r1, commands), loadFunction(r2, "each"), mov(r3, 0), mov(r4, 0)];
    const instructions = assemble([
      [main, call("user_ringbuf_drain"), exit()],
      [label("each"), mov(r0, 0), exit()],
    ]);
    const parameters = ["dynptr", "context"].map((name) => ({ name, type: "pointer" }) as const);
    const drained = {
      ...program("sched_cls", instructions),
      functions: [
        { name: "drained", index: 0, parameters: [{ name: "skb", type: "pointer" } as const] },
        { name: "each", index: main.length + 2, parameters },
      ],
    };
    using loaded = loadCollection(kernel, { commands, drained });
    loaded.commands.push({ key: 1, amount: 1n });
    loaded.commands.push({ key: 1, amount: 1n });
    assert.equal(loaded.drained.run(packet).returnValue, 2);
  });
});
