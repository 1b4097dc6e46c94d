import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { InvalidArgumentError } from "../../base/errors.ts";
import { s32, u32, u64 } from "../../layout/integer.ts";
import { objectOf } from "../../layout/memory-object.ts";
import { spinLock } from "../../layout/opaque.ts";
import { struct } from "../../layout/struct.ts";
import {
  atomic,
  compareExchange,
  exchange,
  fetchAdd,
  fetchAnd,
  fetchOr,
  fetchXor,
} from "./atomic.ts";
import { bpf, helperOf } from "./bpf.ts";
import { htonl, htonll, htons, ntohl, ntohll, ntohs } from "./byte-order.ts";
import { lock, rcuRead } from "./guards.ts";
import { exists } from "./kernel-facts.ts";
import { isKernelStruct, kernel } from "./kernel-struct.ts";
import { kfunc, kfuncOf } from "./kfunc.ts";
import { loop, range, unrolled } from "./loops.ts";
import { packet } from "./packet.ts";
import { printk } from "./printk.ts";
import { seqPrint } from "./seq-print.ts";

describe("byte order", () => {
  it("is the memory's, read the other way round", () =>
    fc.assert(
      fc.property(fc.bigInt(0n, 2n ** 64n - 1n), (value) => {
        const view = new DataView(new ArrayBuffer(8));
        view.setBigUint64(0, value);
        const [bytes] = new BigUint64Array(view.buffer);
        assert.equal(ntohll(bytes!), value);
        assert.equal(ntohl(new Uint32Array(view.buffer)[0]!), view.getUint32(0));
        assert.equal(ntohs(new Uint16Array(view.buffer)[0]!), view.getUint16(0));
      }),
    ));
  it("comes back", () =>
    fc.assert(
      fc.property(fc.bigInt(0n, 2n ** 64n - 1n), (value) => {
        assert.equal(ntohll(htonll(value)), value);
        const low = u32(value);
        assert.equal(ntohl(htonl(low)), low);
        assert.equal(ntohs(htons(low)), low & 0xffff);
      }),
    ));
});

describe("loops", () => {
  it("count up to their end", () => {
    assert.deepEqual([...range(3)], [0, 1, 2]);
    assert.deepEqual([...range(-1, 2)], [-1, 0, 1]);
    assert.deepEqual([...range(2, 2), ...range(-1), ...range(3, 1)], []);
    assert.deepEqual([...unrolled(2)], [0, 1]);
  });
  it("call a function until it returns something", () => {
    const seen: number[] = [];
    assert.equal(
      loop(5, (index) => seen.push(index) === 3),
      3,
    );
    assert.deepEqual(seen, [0, 1, 2]);
    assert.equal(
      loop(4, () => 0),
      4,
    );
    assert.equal(
      loop(8_388_609, () => 1),
      -7,
    );
  });
});

describe("atomic operations", () => {
  const Counter = struct("counter", { hits: u64, level: s32 });

  it("return what was there before", () => {
    const counter = Counter({ hits: 5n, level: 2 ** 31 - 1 });
    atomic(counter).hits += 1n;
    assert.equal(fetchAdd(counter, "hits", 2n), 6n);
    assert.equal(fetchAdd(counter, "level", 1), 2 ** 31 - 1);
    assert.equal(counter.level, -(2 ** 31));
    assert.equal(fetchOr(counter, "hits", 0x10n), 8n);
    assert.equal(fetchAnd(counter, "hits", 0x18n), 0x18n);
    assert.equal(fetchXor(counter, "hits", 0xffn), 0x18n);
    assert.equal(exchange(counter, "hits", 3n), 0xe7n);
    assert.equal(counter.hits, 3n);
  });
  it("exchange what they expect", () => {
    const counter = Counter({ hits: 5n });
    assert.equal(compareExchange(counter, "hits", 4n, 9n), 5n);
    assert.equal(counter.hits, 5n);
    assert.equal(compareExchange(counter, "hits", 5n, 9n), 5n);
    assert.equal(counter.hits, 9n);
  });
  it("work on values without fields", () => {
    const value = objectOf(u64, 2n ** 64n - 1n) as { value: bigint };
    assert.equal(fetchAdd(value, "value", 2n), 2n ** 64n - 1n);
    assert.equal(value.value, 1n);
  });
});

describe("guards", () => {
  const Account = struct("account", { lock: spinLock, balance: u64 });

  it("hold a lock until the end of their scope", () => {
    const [account, other] = [Account(), Account()];
    {
      using first = lock(account.lock);
      using second = lock(other.lock);
      assert.notEqual(first, second);
      assert.throws(() => lock(account.lock), InvalidArgumentError);
    }
    using again = lock(account.lock);
    assert.ok(again);
  });
  it("do nothing for RCU", () => {
    using section = rcuRead();
    using inner = rcuRead();
    assert.notEqual(section, inner);
  });
});

describe("helpers", () => {
  it("are known by what they are", () => {
    const { ktimeGetNs } = bpf;
    assert.equal(ktimeGetNs, bpf["ktimeGetNs"]);
    assert.equal(helperOf(ktimeGetNs), "ktimeGetNs");
    assert.equal(
      helperOf(() => 0),
      undefined,
    );
    assert.equal(helperOf(7), undefined);
  });
  it("are told by near names when unknown", () =>
    assert.throws(
      () => (bpf as unknown as Record<string, unknown>)["ktimeGetNss"],
      (error) =>
        error instanceof InvalidArgumentError && error.hint === 'did you mean "ktimeGetNs"?',
    ));
});

describe("outside of a kernel program", () => {
  const check = (name: string, call: () => unknown): void => {
    it(`${name} says so`, () =>
      assert.throws(
        call,
        (error) =>
          error instanceof InvalidArgumentError &&
          error.message === `${name} was called outside of a kernel program`,
      ));
  };
  check("bpf.ktimeGetNs", () => bpf.ktimeGetNs());
  check("kfunc.bpf_cpumask_create", () => kfunc.bpf_cpumask_create());
  check("printk", () => printk`hello`);
  check("seqPrint", () => seqPrint({})`hello ${7}`);
  check("packet", () => packet({}));
  check("the size of kernel.ethhdr", () => kernel.ethhdr.size);
});

describe("structs and functions of the kernel", () => {
  it("are known by what they are", () => {
    assert.ok(isKernelStruct(kernel.iphdr));
    assert.equal(kernel.iphdr, kernel.iphdr);
    assert.equal(kernel.iphdr.name, "iphdr");
    assert.ok(!isKernelStruct({ kind: "kernel-struct", name: "iphdr" }));
    assert.equal(kfuncOf(kfunc.bpf_cpumask_create), "bpf_cpumask_create");
  });
  it("exist when a member does", () => {
    const task: { readonly pid: number; readonly loginuid?: number } = { pid: 0 };
    assert.ok(exists(task.pid));
    assert.ok(!exists(task.loginuid));
  });
});
