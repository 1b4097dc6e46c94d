import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { assemble } from "../asm/assemble.ts";
import { mov, sub } from "../asm/alu.ts";
import { call, exit } from "../asm/call.ts";
import { ldx, stx } from "../asm/memory.ts";
import { loadMapValue } from "../asm/wide.ts";
import { compileAndLoad, loadCollection } from "../collection/load.ts";
import { bpf } from "../lang/builtins/index.ts";
import { struct, u8, u64 } from "../layout/index.ts";
import { r0, r1, r2, r6 } from "../isa/register.ts";
import type { Instruction } from "../isa/instruction.ts";
import { attachSockmap } from "../link/sockmap.ts";
import { attachReuseport } from "../link/socket.ts";
import { createSimulatedKernel } from "../sim/simulated-kernel.ts";
import { global } from "../spec/global-spec.ts";
import { sockmap, reuseportSockarray } from "../spec/sockmap.ts";
import { skLookup, skMsg, skReuseport, skSkb } from "../spec/socket-program.ts";

const sockets = sockmap("sockets", 4);
const noted = global("noted", u64, 0n);
const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
const bytes = (content: string): Uint8Array => new TextEncoder().encode(content);

/** A program that calls a helper with the context in front, then returns `result`. */
function calling(
  helper: Parameters<typeof call>[0],
  args: readonly number[],
  result = 1,
): readonly Instruction[] {
  return assemble([call(helper, r1, ...args), mov(r0, result), exit()]);
}

describe("messages of sockets", () => {
  const open = (code: readonly Instruction[]) => {
    const kernel = createSimulatedKernel();
    const loaded = loadCollection(kernel, { sockets, look: skMsg(code, { map: sockets }) });
    loaded.attach();
    return { kernel, loaded };
  };

  it("pass without program, and are dropped or passed by one", () => {
    const { kernel, loaded } = open(assemble([mov(r0, 0), exit()]));
    using socket = kernel.addSocket();
    assert.deepEqual(kernel.fire.message(socket, bytes("hi")).runs, []);
    loaded.sockets.set(0, socket);
    const { runs, verdict, data } = kernel.fire.message(socket, bytes("hi"));
    assert.deepEqual([runs[0]?.program, verdict, text(data)], ["look", "drop", "hi"]);
    loaded.sockets.delete(0);
    assert.equal(kernel.fire.message(socket, bytes("hi")).verdict, "pass");
    loaded.close();
  });

  it("are sent to another socket", async () => {
    const toOther = skMsg(
      (message) => {
        "use bpf";
        noted.value = u64(message.size);
        return sockets.redirectMsg(message, 1, 1n);
      },
      { map: sockets },
    );
    const kernel = createSimulatedKernel();
    using loaded = await compileAndLoad(kernel, { sockets, noted, toOther });
    loaded.attach();
    using from = kernel.addSocket({ src_port: 80 });
    using to = kernel.addSocket();
    loaded.sockets.set(0, from);
    assert.equal(kernel.fire.message(from, bytes("hello")).verdict, "drop");
    assert.equal(loaded.noted.value, 5n);
    loaded.sockets.set(1, to);
    const fate = kernel.fire.message(from, bytes("hello"));
    assert.deepEqual([fate.verdict, fate.direction], ["redirect", "ingress"]);
    assert.equal(fate.socket, to);
  });

  it("grow, shrink and are seen in part", () => {
    const check = (
      helper: "msg_push_data" | "msg_pop_data" | "msg_pull_data",
      args: readonly number[],
      expected: readonly [number, string, number],
    ): void => {
      // Notes what the helper does, and returns how many bytes it sees then.
      const code = assemble([
        mov(r6, r1),
        call(helper, r1, ...args, 0),
        loadMapValue(r1, noted),
        stx("u64", r1, 0, r0),
        ldx("u64", r2, r6, 0),
        ldx("u64", r0, r6, 8),
        sub(r0, r2),
        exit(),
      ]);
      const kernel = createSimulatedKernel({ checking: "off" });
      using loaded = loadCollection(kernel, {
        sockets,
        noted,
        look: skMsg(code, { map: sockets }),
      });
      loaded.attach();
      using socket = kernel.addSocket();
      loaded.sockets.set(0, socket);
      const { data, runs } = kernel.fire.message(socket, bytes("abcdef"));
      const result = Number(BigInt.asIntN(64, loaded.noted.value));
      assert.deepEqual([result, text(data), runs[0]?.value], expected);
    };
    check("msg_push_data", [3, 2], [0, "abc\0\0def", 3]);
    check("msg_push_data", [0, 2], [0, "\0\0abcdef", 2]);
    check("msg_push_data", [6, 1], [0, "abcdef\0", 6]);
    check("msg_push_data", [7, 1], [-22, "abcdef", 6]);
    check("msg_push_data", [1, 0], [0, "abcdef", 6]);
    check("msg_pop_data", [1, 2], [0, "adef", 1]);
    check("msg_pop_data", [0, 6], [0, "", 0]);
    check("msg_pop_data", [5, 2], [-22, "abcdef", 6]);
    check("msg_pop_data", [6, 1], [-22, "abcdef", 6]);
    check("msg_pull_data", [2, 4], [0, "abcdef", 2]);
    check("msg_pull_data", [2, 7], [-22, "abcdef", 6]);
    check("msg_pull_data", [2, 2], [-22, "abcdef", 6]);
  });

  it("tell for how many bytes a verdict holds", () => {
    const apply = open(calling("msg_apply_bytes", [100]));
    using socket = apply.kernel.addSocket();
    apply.loaded.sockets.set(0, socket);
    assert.equal(apply.kernel.fire.message(socket, bytes("x")).applyBytes, 100);
    const cork = open(calling("msg_cork_bytes", [8]));
    using other = cork.kernel.addSocket();
    cork.loaded.sockets.set(0, other);
    assert.equal(cork.kernel.fire.message(other, bytes("x")).corkBytes, 8);
    apply.loaded.close();
    cork.loaded.close();
  });

  it("have programs from when their socket was put into the map", () => {
    const kernel = createSimulatedKernel();
    const look = skMsg(assemble([mov(r0, 0), exit()]));
    using loaded = loadCollection(kernel, { sockets, look });
    using early = kernel.addSocket();
    using late = kernel.addSocket();
    loaded.sockets.set(0, early);
    const link = attachSockmap(loaded.look, loaded.sockets);
    loaded.sockets.set(1, late);
    const verdictOf = (socket: typeof early) => kernel.fire.message(socket, bytes("x")).verdict;
    assert.deepEqual([verdictOf(early), verdictOf(late)], ["pass", "drop"]);
    assert.throws(() => loaded.sockets.set(2, late), { errnoName: "EBUSY" });
    link.close();
    assert.equal(verdictOf(late), "drop");
    loaded.sockets.delete(1);
    assert.equal(verdictOf(late), "pass");
  });
});

describe("what sockets receive", () => {
  /** Messages start with their length, one byte. */
  const Head = struct("head", { length: u8 });
  const parse = skSkb(
    "stream_parser",
    (context) => {
      "use bpf";
      const head = bpf.skbLoadBytes(context, 0, Head);
      if (!head) return 0;
      return head.length;
    },
    { map: sockets },
  );
  const decide = skSkb(
    "stream_verdict",
    (context) => {
      "use bpf";
      return context.len > 3 ? 0 : 1;
    },
    { map: sockets },
  );

  it("is cut into messages, whole ones only", async () => {
    const kernel = createSimulatedKernel();
    using loaded = await compileAndLoad(kernel, { sockets, parse, decide });
    loaded.attach();
    using socket = kernel.addSocket();
    loaded.sockets.set(0, socket);
    const first = kernel.fire.stream(socket, Uint8Array.of(2, 10, 4, 11));
    assert.deepEqual(
      first.messages.map(({ verdict, data }) => [verdict, ...data]),
      [["pass", 2, 10]],
    );
    assert.deepEqual([first.waiting, first.runs.length], [2, 3]);
    const second = kernel.fire.stream(socket, Uint8Array.of(12, 13, 1));
    assert.deepEqual(
      second.messages.map(({ verdict, data }) => [verdict, ...data]),
      [
        ["drop", 4, 11, 12, 13],
        ["pass", 1],
      ],
    );
    // The parser was asked for the last one only.
    assert.deepEqual([second.waiting, second.runs.length], [0, 3]);
  });

  it("is one message without parser", async () => {
    const kernel = createSimulatedKernel();
    using loaded = await compileAndLoad(kernel, { sockets, decide });
    loaded.attach();
    using socket = kernel.addSocket();
    loaded.sockets.set(0, socket);
    const { messages } = kernel.fire.stream(socket, Uint8Array.of(9, 9, 9, 9));
    assert.deepEqual(
      messages.map(({ verdict }) => verdict),
      ["drop"],
    );
  });
});

describe("sockets that share a port", () => {
  const group = reuseportSockarray("group", 2);
  const choose = skReuseport((context) => {
    "use bpf";
    if (context.ip_protocol !== 17) return 0;
    bpf.skSelectReuseport(context, group, context.len, 0n);
    return 1;
  });

  it("get packets by a program's choice", async () => {
    const kernel = createSimulatedKernel();
    using loaded = await compileAndLoad(kernel, { group, choose });
    using first = kernel.addSocket();
    using second = kernel.addSocket();
    loaded.group.set(1, second);
    const fire = (length: number, protocol = 17) =>
      kernel.fire.reuseport(first, new Uint8Array(length), { ip_protocol: protocol });
    assert.deepEqual(fire(1), { runs: [], verdict: "pass" });
    const link = attachReuseport(loaded.choose, first);
    const found = fire(1);
    assert.deepEqual([found.verdict, found.socket === second], ["selected", true]);
    assert.equal(fire(0).verdict, "pass");
    assert.equal(fire(1, 6).verdict, "drop");
    link.close();
    assert.deepEqual(fire(1).runs, []);
  });

  it("are searched by lookups, which give the handle that the socket was added with", async () => {
    const steer = skLookup((context) => {
      "use bpf";
      const socket = sockets.lookup(0);
      if (!socket) return 0;
      bpf.skAssign(context, socket);
      bpf.skRelease(socket);
      return 1;
    });
    const kernel = createSimulatedKernel();
    using loaded = await compileAndLoad(kernel, { sockets, steer });
    loaded.attach();
    using socket = kernel.addSocket({ protocol: 6 });
    loaded.sockets.set(0, socket);
    const found = kernel.fire.skLookup({ local_port: 7 });
    assert.equal(found.socket, socket);
  });
});
