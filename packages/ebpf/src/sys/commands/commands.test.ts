import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { fromHex, littleEndian } from "../../base/bytes.ts";
import type { Command, CommandAttributes } from "../../kernel/commands.ts";
import type { BtfId, LinkId, MapId, ProgramId } from "../../kernel/handle.ts";
import { wordsIn } from "../testing-bridge.ts";
import { handlers } from "./commands.ts";
import { callWith, checkEncoding, type ExpectedCall, handleOf, words } from "./testing-encoding.ts";

const map = handleOf("map", 10);
const prog = handleOf("program", 11);
const link = handleOf("link", 12);
const btf = handleOf("btf", 13);
const token = handleOf("token", 14);
const file = handleOf("file", 15);

const bytes = (...values: readonly number[]): Uint8Array => Uint8Array.from(values);

const covered = new Set<Command>();

function check<C extends Command>(
  command: C,
  attributes: CommandAttributes<C>,
  expected: ExpectedCall,
): void {
  covered.add(command);
  checkEncoding(command, attributes, expected);
}

// Offsets and numbers are written down here from include/uapi/linux/bpf.h, and not taken from what is generated.
const skip = littleEndian ? false : "the figures are of a little-endian machine";

describe("commands on maps", { skip }, () => {
  it("creates a map", () =>
    check(
      "mapCreate",
      { mapType: "hash", keySize: 4, valueSize: 8, maxEntries: 100, mapName: "a" },
      { command: 0, words: { 0: 1, 4: 4, 8: 8, 12: 100, 28: 0x61 }, size: 96 },
    ));
  it("creates a map with everything", () =>
    check(
      "mapCreate",
      {
        mapType: "array_of_maps",
        keySize: 4,
        valueSize: 4,
        maxEntries: 1,
        mapFlags: ["no_prealloc"],
        innerMap: map,
        numaNode: 2,
        mapIfindex: 3,
        btf,
        btfKeyTypeId: 4,
        btfValueTypeId: 5,
        btfVmlinuxValueTypeId: 6,
        mapExtra: 0x1_0000_0007n,
        valueTypeBtfObj: btf,
        mapToken: token,
        exclProgHash: bytes(0xaa),
      },
      {
        command: 0,
        words: words(
          "0:12 4:4 8:4 12:1 16:0x18005 20:10 24:2 44:3",
          "48:13 52:4 56:5 60:6 64:7 68:1 72:13 76:14 88:1",
        ),
        pointers: { 80: "aa" },
        size: 96,
      },
    ));

  const key = bytes(1, 2, 3, 4);
  const value = bytes(5, 6);
  const pointers = { 8: "01020304", 16: "0506" };
  it("looks up", () =>
    check(
      "mapLookupElem",
      { map, key, value, flags: "locked" },
      { command: 1, words: { 0: 10, 24: 4 }, pointers, size: 32 },
    ));
  it("updates", () =>
    check(
      "mapUpdateElem",
      { map, key, value, flags: "exist-locked" },
      { command: 2, words: { 0: 10, 24: 6 }, pointers, size: 32 },
    ));
  it("deletes", () =>
    check(
      "mapDeleteElem",
      { map, key },
      { command: 3, words: { 0: 10 }, pointers: { 8: "01020304" }, size: 32 },
    ));
  it("goes to the next key", () =>
    check(
      "mapGetNextKey",
      { map, key, nextKey: value },
      { command: 4, words: { 0: 10 }, pointers, size: 32 },
    ));
  it("goes to the first key", () =>
    check(
      "mapGetNextKey",
      { map, nextKey: value },
      { command: 4, words: { 0: 10 }, pointers: { 16: "0506" }, size: 32 },
    ));
  it("looks up and deletes", () =>
    check(
      "mapLookupAndDeleteElem",
      { map, key, value },
      { command: 21, words: { 0: 10 }, pointers, size: 32 },
    ));
  it("freezes", () => check("mapFreeze", { map }, { command: 22, words: { 0: 10 }, size: 32 }));
});

describe("commands on batches", { skip }, () => {
  const [inBatch, outBatch, keys, values] = [bytes(1), bytes(2), bytes(3), bytes(4)];
  const read = { map, inBatch, outBatch, keys, values, count: 5, elemFlags: "locked" } as const;
  const pointers = { 0: "01", 8: "02", 16: "03", 24: "04" };

  it("looks up", () =>
    check("mapLookupBatch", read, {
      command: 24,
      words: { 32: 5, 36: 10, 40: 4 },
      pointers,
      size: 56,
    }));
  it("begins at the start", () =>
    check(
      "mapLookupAndDeleteBatch",
      { map, outBatch, keys, values, count: 5 },
      {
        command: 25,
        words: { 32: 5, 36: 10 },
        pointers: { 8: "02", 16: "03", 24: "04" },
        size: 56,
      },
    ));
  it("updates", () =>
    check(
      "mapUpdateBatch",
      { map, keys, values, count: 5, elemFlags: "noexist" },
      { command: 26, words: { 32: 5, 36: 10, 40: 1 }, pointers: { 16: "03", 24: "04" }, size: 56 },
    ));
  it("deletes", () =>
    check(
      "mapDeleteBatch",
      { map, keys, count: 5 },
      { command: 27, words: { 32: 5, 36: 10 }, pointers: { 16: "03" }, size: 56 },
    ));
});

describe("commands on programs", { skip }, () => {
  const insns = fromHex("b700000000000000 9500000000000000");
  const shortest = "b7000000000000009500000000000000";

  it("loads", () =>
    check(
      "progLoad",
      { progType: "xdp", insns, license: "GPL" },
      { command: 5, words: { 0: 6, 4: 2 }, pointers: { 8: shortest, 16: "47504c00" }, size: 168 },
    ));
  it("loads with everything", () => {
    const records = { recordSize: 2, bytes: bytes(1, 2, 3, 4) };
    check(
      "progLoad",
      {
        progType: "tracing",
        insns,
        license: "",
        log: { level: 2, buffer: bytes(0xaa, 0xbb) },
        kernVersion: 3,
        progFlags: ["sleepable"],
        progName: "p",
        progIfindex: 4,
        expectedAttachType: "trace_fentry",
        progBtf: btf,
        funcInfo: records,
        lineInfo: records,
        coreRelos: { recordSize: 4, bytes: bytes(5, 6, 7, 8) },
        attachBtfId: 9,
        attachProg: prog,
        progToken: token,
        fdArray: [btf, map],
        signature: bytes(0xcc),
        keyringId: 21,
      },
      {
        command: 5,
        words: words(
          "0:26 4:2 24:2 28:2 40:3 44:0x10010 48:0x70 64:4 68:24 72:13",
          "76:2 88:2 92:2 104:2 108:9 112:11 116:1 136:4 144:14 160:1 164:21",
        ),
        pointers: {
          8: shortest,
          16: "00",
          32: "aabb",
          80: "01020304",
          96: "01020304",
          120: "0d0000000a000000",
          128: "05060708",
          152: "cc",
        },
        size: 168,
      },
    );
  });
  it("attaches", () =>
    check(
      "progAttach",
      {
        target: file,
        attachBpf: prog,
        attachType: "cgroup_inet_egress",
        attachFlags: ["allow_multi", "preorder"],
        replaceBpf: prog,
        anchor: { place: "before", program: prog, expectedRevision: 7n },
      },
      {
        command: 8,
        words: { 0: 15, 4: 11, 8: 1, 12: 2 | 4 | 8 | 64, 16: 11, 20: 11, 24: 7 },
        size: 32,
      },
    ));
  it("detaches", () =>
    check(
      "progDetach",
      { target: 3, attachType: "tcx_ingress", anchor: { place: "after", link: 9 as LinkId } },
      { command: 9, words: { 0: 3, 8: 46, 12: 16 | 32 | 0x2000, 20: 9 }, size: 32 },
    ));
  it("runs", () =>
    check(
      "progTestRun",
      {
        prog,
        dataIn: bytes(1),
        dataOut: bytes(2, 2),
        ctxIn: bytes(3, 3, 3),
        ctxOut: bytes(4, 4, 4, 4),
        repeat: 5,
        flags: ["xdp_live_frames"],
        cpu: 1,
        batchSize: 6,
      },
      {
        command: 10,
        words: { 0: 11, 8: 1, 12: 2, 32: 5, 40: 3, 44: 4, 64: 3, 68: 1, 72: 6 },
        pointers: { 16: "01", 24: "0202", 48: "030303", 56: "04040404" },
        size: 80,
      },
    ));
  it("asks what is attached to a cgroup", () =>
    check(
      "progQuery",
      { target: file, attachType: "cgroup_inet_egress", queryFlags: ["effective"] },
      {
        command: 16,
        words: { 0: 15, 4: 1, 8: 1, 24: 64 },
        pointers: { 16: "00".repeat(256) },
        size: 64,
      },
    ));
  it("asks for links where they are told", () =>
    check(
      "progQuery",
      { target: 2, attachType: "tcx_egress" },
      {
        command: 16,
        words: { 0: 2, 4: 47, 24: 64 },
        pointers: { 16: "00".repeat(256), 40: "00".repeat(256) },
        size: 64,
      },
    ));
  it("binds a map", () =>
    check("progBindMap", { prog, map }, { command: 35, words: { 0: 11, 4: 10 }, size: 12 }));
  it("associates struct_ops", () =>
    check("progAssocStructOps", { prog, map }, { command: 38, words: { 0: 10, 4: 11 }, size: 12 }));
  it("reads a stream", () =>
    check(
      "progStreamReadByFd",
      { prog, streamId: "stderr", buffer: bytes(0, 0) },
      { command: 37, words: { 8: 2, 12: 2, 16: 11 }, pointers: { 0: "0000" }, size: 24 },
    ));
});

describe("commands on objects", { skip }, () => {
  it("pins", () =>
    check(
      "objPin",
      { pathname: "/a", object: link },
      { command: 6, words: { 8: 12 }, pointers: { 0: "2f6100" }, size: 24 },
    ));
  it("pins in a folder", () =>
    check(
      "objPin",
      { pathname: "a", directory: file, object: map },
      { command: 6, words: { 8: 10, 12: 0x4000, 16: 15 }, pointers: { 0: "6100" }, size: 24 },
    ));
  it("opens a pin for reading", () =>
    check(
      "objGet",
      { pathname: "/a", kind: "map", access: "read" },
      { command: 7, words: { 12: 8 }, pointers: { 0: "2f6100" }, size: 24 },
    ));
  it("asks about an object", () =>
    check(
      "objGetInfoByFd",
      { object: map },
      { command: 15, words: { 0: 10, 4: 104 }, pointers: { 8: "00".repeat(104) }, size: 16 },
    ));
  it("goes through numbers", () => {
    const expected = { words: { 0: 5 }, size: 16 };
    check("progGetNextId", { startId: 5 }, { command: 11, ...expected });
    check("mapGetNextId", { startId: 5 }, { command: 12, ...expected });
    check("btfGetNextId", { startId: 5 }, { command: 23, ...expected });
    check("linkGetNextId", { startId: 5 }, { command: 31, ...expected });
  });
  it("opens by number", () => {
    const expected = { words: { 0: 5 }, size: 16 };
    check("progGetFdById", { id: 5 as ProgramId }, { command: 13, ...expected });
    check("linkGetFdById", { id: 5 as LinkId }, { command: 30, ...expected });
    check("btfGetFdById", { id: 5 as BtfId }, { command: 19, ...expected });
    check(
      "mapGetFdById",
      { id: 5 as MapId, access: "write" },
      { command: 14, words: { 0: 5, 8: 16 }, size: 16 },
    );
  });
  it("opens by number with a token", () =>
    check(
      "btfGetFdById",
      { id: 5 as BtfId, token },
      { command: 19, words: { 0: 5, 8: 0x10000, 12: 14 }, size: 16 },
    ));
  it("loads BTF", () =>
    check(
      "btfLoad",
      { btf: bytes(1, 2), log: { level: 1, buffer: bytes(3, 3, 3) }, btfToken: token },
      {
        command: 18,
        words: { 16: 2, 20: 3, 24: 1, 32: 0x10000, 36: 14 },
        pointers: { 0: "0102", 8: "030303" },
        size: 40,
      },
    ));
});

describe("commands on links", { skip }, () => {
  const create = (
    attributes: Omit<CommandAttributes<"linkCreate">, "prog">,
    expected: object,
  ): void =>
    check("linkCreate", { prog, ...attributes }, { command: 28, words: {}, size: 64, ...expected });

  it("links to an interface", () =>
    create(
      { target: 2, attachType: "xdp", flags: ["skb_mode"] },
      { words: { 0: 11, 4: 2, 8: 37, 12: 2 } },
    ));
  it("links before another program", () =>
    create(
      {
        target: 2,
        attachType: "tcx_ingress",
        anchor: { place: "before", program: 8 as ProgramId, expectedRevision: 9n },
      },
      { words: { 0: 11, 4: 2, 8: 46, 12: 8 | 32, 16: 8, 24: 9 } },
    ));
  it("links after another link", () =>
    create(
      { target: file, attachType: "cgroup_inet_ingress", anchor: { place: "after", link } },
      { words: { 0: 11, 4: 15, 12: 16 | 0x2000, 16: 12 } },
    ));
  it("links with a cookie", () =>
    create(
      {
        attachType: "perf_event",
        target: handleOf("perf-event", 16),
        perfEvent: { cookie: 1n << 32n },
      },
      { words: { 0: 11, 4: 16, 8: 41, 20: 1 } },
    ));
  it("links a tracing program to another function", () =>
    create(
      { attachType: "trace_fentry", target: prog, tracing: { targetBtfId: 3, cookie: 4n } },
      { words: { 0: 11, 4: 11, 8: 24, 16: 3, 24: 4 } },
    ));
  it("links an iterator to a map", () =>
    create(
      { attachType: "trace_iter", iterBounds: { map: prog } },
      { words: { 0: 11, 8: 28, 24: 4 }, pointers: { 16: "0b000000" } },
    ));
  it("links an iterator to control groups", () =>
    create(
      { attachType: "trace_iter", iterBounds: { cgroup: prog, order: "descendants_post" } },
      { words: { 0: 11, 8: 28, 24: 16 }, pointers: { 16: "030000000b000000".padEnd(32, "0") } },
    ));
  it("links an iterator to a process", () =>
    create(
      { attachType: "trace_iter", iterBounds: { pid: 258 } },
      { words: { 0: 11, 8: 28, 24: 12 }, pointers: { 16: "000000000201000000000000" } },
    ));
  it("links an iterator to a thread", () =>
    create(
      { attachType: "trace_iter", iterBounds: { tid: 258 } },
      { words: { 0: 11, 8: 28, 24: 12 }, pointers: { 16: "020100000000000000000000" } },
    ));
  it("links to functions by address", () =>
    create(
      {
        attachType: "trace_kprobe_multi",
        kprobeMulti: { flags: ["return"], addresses: [1n, 2n], cookies: [3n, 4n] },
      },
      {
        words: { 0: 11, 8: 42, 16: 1, 20: 2 },
        pointers: {
          32: "01".padEnd(16, "0") + "02".padEnd(16, "0"),
          40: "03".padEnd(16, "0") + "04".padEnd(16, "0"),
        },
      },
    ));
  it("links to functions by name", () => {
    const bridge = callWith("linkCreate", {
      prog,
      attachType: "trace_kprobe_multi",
      kprobeMulti: { symbols: ["one", "two"] },
    });
    assert.deepEqual(wordsIn(bridge.calls[0]!.attr), { 0: 11, 8: 42, 20: 2 });
    assert.deepEqual(bridge.calls[0]!.pointers, { 24: "00".repeat(16) });
  });
  it("links to places in a file", () =>
    create(
      {
        attachType: "trace_uprobe_multi",
        uprobeMulti: { path: "/x", offsets: [1n], refCounterOffsets: [2n], cookies: [3n], pid: 7 },
      },
      {
        words: { 0: 11, 8: 48, 48: 1, 56: 7 },
        pointers: {
          16: "2f7800",
          24: "01".padEnd(16, "0"),
          32: "02".padEnd(16, "0"),
          40: "03".padEnd(16, "0"),
        },
      },
    ));
  it("links to netfilter", () =>
    create(
      {
        attachType: "netfilter",
        netfilter: { family: "ipv6", hook: "post_routing", priority: -1, flags: ["ip_defrag"] },
      },
      { words: { 0: 11, 8: 45, 16: 10, 20: 4, 24: 0xffff_ffff, 28: 1 } },
    ));
  it("updates", () =>
    check(
      "linkUpdate",
      { link, newProg: prog },
      { command: 29, words: { 0: 12, 4: 11 }, size: 16 },
    ));
  it("updates only what it expects", () =>
    check(
      "linkUpdate",
      { link, newProg: prog, oldProg: handleOf("program", 17) },
      { command: 29, words: { 0: 12, 4: 11, 8: 4, 12: 17 }, size: 16 },
    ));
  it("detaches", () => check("linkDetach", { link }, { command: 34, words: { 0: 12 }, size: 4 }));
  it("opens an iterator", () =>
    check("iterCreate", { link }, { command: 33, words: { 0: 12 }, size: 8 }));
  it("attaches to a raw tracepoint", () =>
    check(
      "rawTracepointOpen",
      { name: "x", prog, cookie: 5n },
      { command: 17, words: { 8: 11, 16: 5 }, pointers: { 0: "7800" }, size: 24 },
    ));
  it("attaches to a BTF tracepoint", () =>
    check("rawTracepointOpen", { prog }, { command: 17, words: { 8: 11 }, size: 24 }));
});

describe("commands on the system", { skip }, () => {
  it("switches statistics on", () =>
    check("enableStats", { type: "run_time" }, { command: 32, words: {}, size: 4 }));
  it("creates a token", () =>
    check("tokenCreate", { bpffs: file }, { command: 36, words: { 4: 15 }, size: 8 }));
  it("asks about descriptors of others", () =>
    check(
      "taskFdQuery",
      { pid: 1, fd: 2 },
      {
        command: 20,
        words: { 0: 1, 4: 2, 12: 4096 },
        pointers: { 16: "00".repeat(4096) },
        size: 48,
      },
    ));
});

describe("these tests", { skip }, () => {
  it("cover every command", () =>
    assert.deepEqual(
      Object.keys(handlers).filter((command) => !covered.has(command as Command)),
      [],
    ));
});
