/**
 * Builtin functions in programs of TypeScript, run by the kernel.
 * @module
 */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { needsLinux } from "../../testing/needs-linux.ts";
import { needs } from "../../testing/needs.ts";
import { spinLock, struct, u32, u64 } from "../../layout/index.ts";
import { arrayMap } from "../../spec/array-map.ts";
import { queueMap } from "../../spec/queue-map.ts";
import * as builtins from "../builtins/index.ts";
import { assertReturned, modes, runWithMaps } from "./testing-run.ts";

describe("builtin functions", needs("bpf"), () => {
  const check = assertReturned;

  it("count in ranges, in a loop, in an iterator, and unrolled", () => {
    check("() => { let n = 0; for (const i of range(5)) n += i; return n; }", 10);
    check(
      "() => { let n = 0; for (const i of range(2, 5)) { if (i === 3) continue; n += i; } return n; }",
      6,
    );
    check("() => { let n = 0; for (const i of unrolled(4)) n = n * 10 + i; return n; }", 123);
    const short = `(ctx) => {
      let n = 0;
      for (const i of range(u32(ctx.args[0]) & 3, Math.min(u32(ctx.args[1]), 20))) {
        if (i === 7) break;
        if (i === 5) return n * 10;
        n += i;
      }
      return n;
    }`;
    check(short, 1 + 2 + 3, { given: [1n, 4n] });
    check(short, (2 + 3 + 4) * 10, { given: [2n, 1000n] });
    check(short, 0, { given: [3n, 2n] });
  });

  it("count between numbers of which nothing is known", needsLinux(5, 17), () => {
    const iterated = `(ctx) => {
      let n = 0;
      for (const i of range(u32(ctx.args[0]), u32(ctx.args[1]))) {
        if (i === 7) break;
        n += i;
      }
      return n;
    }`;
    check(iterated, 3 + 4, { given: [3n, 5n] });
    check(iterated, 5 + 6, { given: [5n, 1000n] });
    check(iterated, 4950 - 45, { given: [10n, 100n] });
    check(iterated, 0, { given: [9n, 2n] });
  });

  it("leave loops of unknown length, and those around them", needsLinux(6, 4), () => {
    const iterated = `(ctx) => {
      let n = 0;
      for (const i of range(u32(ctx.args[0]), u32(ctx.args[1]))) {
        if (i === 7) break;
        if (i === 100) return -5;
        n += i;
      }
      return n;
    }`;
    check(iterated, 3 + 4, { given: [3n, 5n] });
    check(iterated, -5, { given: [100n, 1000n] });
    const nested = `(ctx) => {
      let n = 0;
      outer: for (const i of range(u32(ctx.args[0]))) {
        for (const j of range(u32(ctx.args[0]))) {
          if (j === 2) continue outer;
          if (i === 3) break outer;
          n += 1;
        }
      }
      return n;
    }`;
    check(nested, 6, { given: [10n] });
  });

  it("swap bytes", () => {
    check("(ctx) => ntohs(be16(ctx.args[0]))", 0x3412, { given: [0x1234n] });
    check("(ctx) => ntohs(htons(u16(ctx.args[0]))) + ntohs(htons(80))", 85, { given: [5n] });
    check("(ctx) => be32(ctx.args[0]) === htonl(0x01020304) ? 1 : 0", 1, { given: [0x04030201n] });
  });

  it("ask the kernel", () => {
    check('() => enumValue("TCP_ESTABLISHED") + enumValue("TCP_LISTEN")', 11);
    check("() => (kernel.iphdr.size === 20 ? 1 : 0)", 1);
  });

  it("ask for the task", needsLinux(5, 11), () => {
    const task = `() => {
      const task = bpf.getCurrentTaskBtf();
      if (exists(task.nonsense)) return task.nonsense;
      return exists(task.tgid) && task.tgid === u32(bpf.getCurrentPidTgid() >> 32n) ? 1 : 0;
    }`;
    check(task, 1);
  });

  it("hold locks", () => {
    const Account = struct("account", { lock: spinLock, balance: u64 });
    const accounts = arrayMap("accounts", Account, 1);
    const text = `() => {
      const account = accounts.lookup(0);
      if (!account) return -1;
      {
        using guard = lock(account.lock);
        account.balance += 3n;
      }
      return Number(account.balance);
    }`;
    for (const optimize of modes) {
      const scope = { ...builtins, accounts };
      const program = { type: "sched_cls", target: { kind: "none" } } as const;
      const input = { data: new Uint8Array(64) };
      const run = runWithMaps(text, { scope, optimize, program, input });
      assert.equal(run.returned, 3);
    }
  });

  it("print, and keep values in queues", () => {
    const queue = queueMap("queue", u32, 4);
    const text = `(ctx) => {
      queue.push(7);
      queue.push(8);
      const first = queue.pop();
      printk\`first \${first ? first.value : 0} of \${ctx.args[0]} in \${bpf.getCurrentComm()} 100%\`;
      const second = queue.peek();
      return (first ? first.value : 0) * 10 + (second ? second.value : 0);
    }`;
    check(text, 78, { scope: { queue } });
  });

  it("print more than three values", needsLinux(5, 16), () => {
    const values = "${1} ${ctx.args[0]} ${ctx.args[1]} ${ctx.args[2]} ${u32(ctx.args[3])}";
    check(`(ctx) => { printk\`${values}\`; return 5; }`, 5);
  });

  it("take numbers that may be missing for what they are", () => {
    const text = `(skb) => {
      const byte = bpf.skbLoadBytes(skb, 12, u8);
      if (byte === undefined) return -1;
      const word = bpf.skbLoadBytes(skb, 12, u16) ?? 1;
      const behind = bpf.skbLoadBytes(skb, 4000, u32) ?? 7;
      return u32(byte) + (byte === 8 ? 100 : 0) + byte * 1000 + behind + word - word;
    }`;
    const data = new Uint8Array(64);
    data[12] = 8;
    for (const optimize of modes) {
      const program = { type: "sched_cls", target: { kind: "none" } } as const;
      const run = runWithMaps(text, { scope: builtins, optimize, program, input: { data } });
      assert.equal(run.returned, 8 + 100 + 8000 + 7);
    }
  });

  it("read packets", () => {
    const text = `(ctx) => {
      const pkt = packet(ctx);
      const eth = pkt.next(kernel.ethhdr);
      if (!eth) return 0;
      if (eth.h_proto !== htons(0x0800)) return 1;
      const ip = pkt.next(kernel.iphdr);
      if (!ip || ip.version !== 4) return 2;
      ip.ttl -= 1;
      pkt.skip((ip.ihl - 5) * 4);
      const udp = pkt.next(kernel.udphdr);
      return udp ? ntohs(udp.dest) : pkt.length;
    }`;
    const data = new Uint8Array(64);
    data.set([0x08, 0x00, 0x46], 12);
    data[22] = 64;
    data.set([0x12, 0x34], 14 + 24 + 2);
    for (const optimize of modes) {
      const program = { type: "xdp", target: { kind: "none" } } as const;
      const run = runWithMaps(text, { scope: builtins, optimize, program, input: { data } });
      assert.equal(run.returned, 0x1234);
      assert.equal(run.data[22], 63);
    }
  });
});
