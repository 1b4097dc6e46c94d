import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { InvalidArgumentError } from "../base/errors.ts";
import { chars } from "../layout/chars.ts";
import { be32, u16, u32, u64, u8 } from "../layout/integer.ts";
import { spinLock, timer } from "../layout/opaque.ts";
import { struct } from "../layout/struct.ts";
import { arrayMap, lossCounter, perCpuArrayMap } from "../spec/array-map.ts";
import { hashMap, lruHashMap, perCpuHashMap } from "../spec/hash-map.ts";
import { lpmTrie } from "../spec/lpm-trie.ts";
import { progArray } from "../spec/prog-array.ts";
import { queueMap, stackMap } from "../spec/queue-map.ts";
import { devmap } from "../spec/redirect-map.ts";
import { ringbuf } from "../spec/ringbuf.ts";
import { sourceProgram } from "../spec/source-program.ts";
import { taskStorage } from "../spec/storage-map.ts";
import { bpf } from "../lang/builtins/bpf.ts";
import { lock } from "../lang/builtins/guards.ts";
import { simulate } from "./simulate.ts";

const noEntry = -2;
const tooBig = -7;
const exists = -17;
const invalid = -22;
const noSpace = -28;

describe("a simulated hash", () => {
  const Key = struct("key", { id: u32, kind: u8 });
  const counts = hashMap("counts", Key, u64, 2);

  it("takes what its modes allow, and says what the kernel says", () => {
    using world = simulate();
    assert.equal(counts.update(Key({ id: 1 }), 1n, "exist"), noEntry);
    assert.equal(counts.update(Key({ id: 1 }), 1n, "noexist"), 0);
    assert.equal(counts.update(Key({ id: 1 }), 2n, "noexist"), exists);
    assert.equal(counts.update(Key({ id: 1 }), 3n, "exist"), 0);
    assert.equal(counts.update(Key({ id: 2 }), 4n), 0);
    assert.equal(counts.update(Key({ id: 3 }), 5n), tooBig);
    assert.equal(counts.update(Key({ id: 2 }), 6n), 0);
    assert.equal(counts.delete(Key({ id: 2 })), 0);
    assert.equal(counts.delete(Key({ id: 2 })), noEntry);
    assert.deepEqual(world.map(counts).entries(), [[{ id: 1, kind: 0 }, 3n]]);
  });

  it("gives references, and takes copies", () => {
    using world = simulate();
    const key = Key({ id: 1 });
    counts.update(key, 1n);
    key.id = 2;
    assert.equal(counts.lookup(key), undefined);
    const found = counts.lookup(Key({ id: 1 }))!;
    found.value += 2n ** 64n;
    assert.equal(world.map(counts).get({ id: 1, kind: 0 }), 1n);
    found.value = 9n;
    assert.equal(counts.lookup({ id: 1, kind: 0 })?.value, 9n);
    counts.update(Key({ id: 1 }), 10n);
    assert.equal(found.value, 9n, "the element was replaced");
  });

  it("keeps elements where they are when it grows", () => {
    using world = simulate();
    const many = hashMap("many", u32, u64, 10_000);
    many.update(0, 7n);
    const first = many.lookup(0)!;
    for (let key = 1; key < 10_000; key++) assert.equal(many.update(key, BigInt(key)), 0);
    first.value += 1n;
    assert.equal(world.map(many).get(0), 8n);
    assert.equal(world.map(many).get(9_999), 9_999n);
    assert.equal(many.update(10_000, 0n), tooBig);
  });

  it("refuses flags that there are not, and takes the lock of values that have one", () => {
    using world = simulate();
    const Locked = struct("locked", { lock: spinLock, count: u32 });
    const locked = hashMap("locked", u32, Locked, 1);
    assert.equal(bpf.mapUpdateElem(counts, Key({ id: 1 }), 1n, 3), invalid);
    assert.equal(bpf.mapUpdateElem(counts, Key({ id: 1 }), 1n, 4), invalid);
    assert.equal(bpf.mapUpdateElem(locked, 1, Locked({ count: 2 }), 4), 0);
    assert.equal(bpf.mapUpdateElem(locked, 1, Locked({ count: 2 }), 5), exists);
    assert.deepEqual(world.map(locked).get(1), { count: 2 });
  });

  it("is walked once, whatever the walk removes", () => {
    using world = simulate();
    const numbers = hashMap("numbers", u32, u32, 8);
    for (const key of [1, 2, 3, 4]) numbers.update(key, key);
    const seen: number[] = [];
    const count = bpf.forEachMapElem(
      numbers,
      (_map, key: number) => {
        seen.push(key);
        if (key === 2) for (const other of [2, 3]) numbers.delete(other);
        if (key === 4) numbers.update(5, 5);
        return 0;
      },
      world,
    );
    assert.deepEqual([seen, count], [[1, 2, 4], 3]);
  });

  it("is not made when the kernel would refuse it", () => {
    using world = simulate();
    const wrong = lruHashMap("wrong", u32, u32, { maxEntries: 1, flags: ["no_prealloc"] });
    assert.throws(() => wrong.lookup(1), /refuse to make map "wrong": ENOTSUPP/);
    assert.equal(world.map(counts).size, 0);
  });

  it("keeps nothing from one simulation to the next", () => {
    {
      using world = simulate();
      counts.update(Key(), 1n);
      assert.equal(world.map(counts).size, 1);
    }
    using world = simulate();
    assert.equal(world.map(counts).size, 0);
    assert.equal(counts.lookup(Key()), undefined);
  });

  it("drops the one not used for longest, when it is LRU", () => {
    using world = simulate();
    const recent = lruHashMap("recent", u32, u32, 2);
    recent.update(1, 1);
    recent.update(2, 2);
    assert.ok(recent.lookup(1));
    assert.equal(world.map(recent).get(2), 2, "user space does not count as a use");
    assert.equal(recent.update(3, 3), 0);
    assert.deepEqual(
      world
        .map(recent)
        .entries()
        .map(([key]) => key),
      [1, 3],
    );
  });

  it("keeps a value per CPU, when it is per CPU", () => {
    using world = simulate({ cpus: 3, cpu: 1 });
    const perCpu = perCpuHashMap("per_cpu", u32, u64, 1);
    assert.equal(perCpu.update(7, 5n), 0);
    world.cpu = 2;
    perCpu.lookup(7)!.value += 1n;
    assert.deepEqual(world.map(perCpu).get(7), [0n, 5n, 1n]);
    assert.equal(perCpu.lookupPercpu(7, 1)?.value, 5n);
    assert.equal(perCpu.lookupPercpu(7, 3), undefined);
    assert.equal(perCpu.update(7, 6n, "exist"), 0);
    assert.deepEqual(world.map(perCpu).get(7), [0n, 5n, 6n]);
  });
});

describe("a simulated array", () => {
  const Value = struct("value", { count: u16, name: chars(4) });
  const values = arrayMap("values", Value, 2);

  it("has all of its elements, and no others", () => {
    using world = simulate();
    const found = values.lookup(1)!;
    found.count -= 1;
    found.name = "abcdef";
    assert.deepEqual(world.map(values).get(1), { count: 0xffff, name: "abc" });
    assert.equal(values.lookup(2), undefined);
    assert.equal(values.update(0, Value({ count: 1 }), "noexist"), exists);
    assert.equal(values.update(2, Value()), tooBig);
    assert.equal(values.update(1, Value({ count: 2 })), 0);
    assert.equal(found.count, 2, "elements stay in their places");
    assert.equal(bpf.mapDeleteElem(values, 0), invalid);
    assert.equal(world.map(values).size, 2);
  });

  it("is read by user space for all CPUs, when it is per CPU", () => {
    using world = simulate({ cpus: 2 });
    const perCpu = perCpuArrayMap("per_cpu", u64, 1);
    world.map(perCpu).set(0, 7n);
    perCpu.lookup(0)!.value += 1n;
    assert.deepEqual(world.map(perCpu).get(0), [8n, 7n]);
  });
});

describe("a simulated trie", () => {
  const Prefix = struct("prefix", { length: u32, address: be32 });
  const routes = lpmTrie("routes", Prefix, u32, 2);

  it("finds the longest prefix", () => {
    using world = simulate();
    const map = world.map(routes);
    map.set({ length: 8, address: 0x0a00_0000 }, 8);
    map.set({ length: 9, address: 0x0a80_0000 }, 9);
    assert.equal(map.get({ length: 32, address: 0x0a7f_ffff }), 8);
    assert.equal(map.get({ length: 32, address: 0x0aff_ffff }), 9);
    assert.equal(map.get({ length: 8, address: 0x0aff_ffff }), 8);
    assert.equal(map.get({ length: 7, address: 0x0a00_0000 }), undefined);
    assert.equal(map.get({ length: 33, address: 0x0a00_0000 }), undefined);
  });

  it("refuses prefixes that are too long, and more than it has room for", () => {
    using world = simulate();
    assert.equal(routes.update({ length: 33, address: 0 }, 1), invalid);
    assert.equal(routes.update({ length: 0, address: 0 }, 1), 0);
    assert.equal(routes.update({ length: 1, address: 0 }, 1), 0);
    assert.equal(routes.update({ length: 2, address: 0 }, 1), noSpace);
    assert.equal(routes.delete({ length: 2, address: 0 }), noEntry);
    assert.equal(world.map(routes).size, 2);
  });
});

describe("a simulated queue", () => {
  const Job = struct("job", { id: u32 });

  it("is first in, first out; a stack the other way round", () => {
    using world = simulate();
    for (const [map, expected] of [
      [queueMap("queue", Job, 2), [1, 1, 2]],
      [stackMap("stack", Job, 2), [2, 2, 1]],
    ] as const) {
      assert.equal(map.pop(), undefined);
      assert.equal(map.push(Job({ id: 1 })), 0);
      assert.equal(map.push(Job({ id: 2 })), 0);
      assert.equal(map.push(Job({ id: 3 })), tooBig);
      assert.deepEqual([map.peek()?.id, map.pop()?.id, map.pop()?.id], expected);
      assert.equal(map.peek(), undefined);
    }
    assert.deepEqual(world.printed, []);
  });

  it("drops the oldest when asked to", () => {
    using world = simulate();
    const queue = queueMap("queue", u32, 2);
    for (const value of [1, 2, 3]) assert.equal(queue.push(value, "exist"), 0);
    assert.equal(bpf.mapPushElem(queue, 4, 1), invalid);
    assert.deepEqual([queue.pop(), queue.pop(), queue.pop()], [2, 3, undefined]);
    assert.equal(world.now, 1_000_000_000n);
  });
});

describe("a simulated ring buffer", () => {
  const Event = struct("event", { id: u32, text: chars(4) });
  const lost = lossCounter("lost");
  const events = ringbuf("events", Event, { sizeBytes: 4096, lossCounter: lost });

  it("shows what was submitted, in the order it was reserved", () => {
    using world = simulate();
    const [first, second, third] = [events.reserve()!, events.reserve()!, events.reserve()!];
    first.id = 1;
    first.text = "one";
    second.id = 2;
    third.id = 3;
    third.text = "";
    events.submit(third);
    events.discard(second);
    assert.deepEqual(world.consume(events), []);
    events.submit(first);
    const expected = [
      { id: 1, text: "one" },
      { id: 3, text: "" },
    ];
    assert.deepEqual(world.events(events), expected);
    assert.deepEqual(world.consume(events), expected);
    assert.deepEqual(world.events(events), []);
  });

  it("discards at the end of the scope, unless the event was submitted", () => {
    using world = simulate();
    {
      using event = events.reserve()!;
      event.id = 1;
    }
    {
      using event = events.reserve()!;
      event.id = 2;
      event.text = "x";
      events.submit(event);
    }
    assert.deepEqual(world.events(events), [{ id: 2, text: "x" }]);
  });

  it("holds anything where nothing was written", () => {
    using world = simulate();
    const event = events.reserve()!;
    assert.equal(event.id, 0xa5a5_a5a5);
    events.submit(event);
    assert.equal(world.events(events)[0]?.id, 0xa5a5_a5a5);
  });

  it("counts what found no room", () => {
    using world = simulate();
    let count = 0;
    while (events.output(Event({ id: count })) === 0) count++;
    assert.equal(count, 255);
    assert.equal(events.query("avail_data"), 255n * 16n);
    assert.equal(events.reserve(), undefined);
    assert.equal(world.map(lost).get(0)?.[0], 2n);
    world.consume(events);
    assert.equal(events.query("avail_data"), 0n);
    assert.equal(events.query("ring_size"), 4096n);
    assert.equal(events.query("prod_pos"), events.query("cons_pos"));
    assert.equal(events.output(Event()), 0);
  });

  it("goes round, and ends events with zeros that were written in part", () => {
    using world = simulate();
    for (let turn = 0; turn < 1000; turn++) {
      assert.equal(events.output(Event({ id: turn, text: "abc" })), 0);
      assert.deepEqual(world.consume(events), [{ id: turn, text: "abc" }]);
    }
    assert.equal(events.outputBytes(Event({ id: 7, text: "abc" }), 5), 0);
    assert.deepEqual(world.consume(events), [{ id: 7, text: "a" }]);
  });

  it("refuses to settle an event twice, or one that is not its own", () => {
    using world = simulate();
    const event = events.reserve()!;
    events.submit(event);
    for (const settle of [() => events.submit(event), () => events.discard(event)])
      assert.throws(settle, /was submitted already/);
    assert.throws(() => events.submit(Event()), /is no event of ring buffer "events"/);
    assert.equal(world.events(events).length, 1);
  });

  it("complains of forgotten events", () => {
    using world = simulate();
    const forgetful = sourceProgram({ type: "xdp", target: { kind: "none" } }, () => {
      events.reserve();
    });
    assert.throws(() => world.run(forgetful), InvalidArgumentError);
  });
});

describe("other simulated maps", () => {
  it("keep storage with its owner", () => {
    using world = simulate();
    const seen = taskStorage("seen", u64);
    const [task, other] = [{}, {}];
    assert.equal(seen.get(task), undefined);
    seen.getOrCreate(task, 5n)!.value += 1n;
    assert.equal(seen.get(task)?.value, 6n);
    assert.equal(bpf.taskStorageGet(seen, other, undefined, 0), undefined);
    assert.deepEqual(bpf.taskStorageGet(seen, other, undefined, 1), { value: 0n });
    assert.equal(seen.deleteOf(task), 0);
    assert.equal(seen.deleteOf(task), noEntry);
    assert.equal(world.cpu, 0);
  });

  it("go on with other programs", () => {
    using world = simulate();
    const programs = progArray("programs", 2);
    const made = (code: (ctx: object) => number) =>
      sourceProgram({ type: "xdp", target: { kind: "none" } }, code);
    const last = made(() => 7);
    const first = made((ctx) => {
      programs.tailCall(ctx, 0);
      return 1;
    });
    const context = world.xdp(new Uint8Array(14));
    assert.equal(world.run(first, context), 1);
    world.put(programs, 0, last);
    assert.equal(world.run(first, context), 7);
    world.put(programs, 0, first);
    assert.equal(world.run(first, context), 0, "after too many calls");
    assert.equal(world.put(programs, 2, last), tooBig);
    assert.throws(() => world.put(taskStorage("seen", u64), {}, last), InvalidArgumentError);
  });

  it("send packets where there is something", () => {
    using world = simulate();
    const ports = devmap("ports", 4);
    assert.equal(ports.redirect(1, 2), 2, "the action that the flags say");
    assert.equal(world.put(ports, 1, 7), 0);
    assert.equal(ports.redirect(1, 2), 4);
    assert.equal(ports.redirect(1, 32), 0, "no such flag");
    assert.equal(ports.redirect(3, 8), 4, "to all of them");
    assert.deepEqual(
      world.redirects.map(({ to }) => to),
      [
        { map: "ports", key: 1 },
        { map: "ports", key: 3 },
      ],
    );
    assert.throws(() => world.put(ports, 1, {}), /map "ports" takes no such object/);
  });

  it("have locks and timers in their values", () => {
    using world = simulate();
    const Value = struct("value", { lock: spinLock, timer, fired: u32 });
    const values = arrayMap("values", Value, 1);
    const value = values.lookup(0) as unknown as ReturnType<typeof Value>;
    {
      using guard = lock(value.lock);
      assert.ok(guard);
      assert.throws(() => lock(value.lock), InvalidArgumentError);
    }
    assert.equal(bpf.timerStart(value.timer, 10n), invalid);
    assert.equal(bpf.timerInit(value.timer, values), 0);
    bpf.timerSetCallback(value.timer, (_map, _key, element: { fired: number }) => {
      element.fired += 1;
    });
    assert.equal(bpf.timerStart(value.timer, 10n), 0);
    world.advance(9n);
    assert.equal(value.fired, 0);
    world.advance(1n);
    assert.equal(value.fired, 1);
    world.advance(100n);
    assert.equal(value.fired, 1);
    bpf.timerStart(value.timer, 10n);
    assert.equal(bpf.timerCancel(value.timer), 1);
    world.advance(100n);
    assert.equal(value.fired, 1);
  });
});
