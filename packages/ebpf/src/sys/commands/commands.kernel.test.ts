import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Command } from "../../kernel/commands.ts";
import { isAtLeast } from "../../kernel/feature.ts";
import type { MapInfo } from "../../kernel/info.ts";
import { commandSince } from "../../kernel/since.ts";
import { needsLinux } from "../../testing/needs-linux.ts";
import { needs } from "../../testing/needs.ts";
import type { Fd } from "../fd.ts";
import { functionId } from "../feature/kernel-types.ts";
import { loadReturning } from "../feature/smallest-program.ts";
import { mountPoints } from "../machine/mounts.ts";
import { openNativeKernel } from "../native-kernel.ts";
import {
  openHash,
  openArray,
  loadXdp,
  loadRawTracepoint,
  loadCgroup,
  rareTracepoint,
  key,
  value,
  withCgroup,
  withPins,
  openBelow,
  openBtf,
} from "./testing-objects.ts";

const kernel = openNativeKernel();

/** What is tried with each command. A command without a trial does not compile. */
const trials: { readonly [C in Command]: () => void } = {
  mapCreate: () => {
    using map = openHash();
    assert.equal(map.kind, "map");
  },
  mapUpdateElem: () => {
    using map = openHash();
    kernel.bpf("mapUpdateElem", { map, key: key(1), value: value(7), flags: "noexist" });
    const again = { map, key: key(1), value: value(8), flags: "noexist" } as const;
    assert.throws(() => kernel.bpf("mapUpdateElem", again), {
      name: "ExistsError",
      message: 'cannot update an element of map "sys_test": the element is there already (EEXIST)',
    });
  },
  mapLookupElem: () => {
    using map = openHash();
    const found = new Uint8Array(8);
    kernel.bpf("mapUpdateElem", { map, key: key(1), value: value(7) });
    kernel.bpf("mapLookupElem", { map, key: key(1), value: found });
    assert.deepEqual(found, value(7));
    assert.throws(() => kernel.bpf("mapLookupElem", { map, key: key(2), value: found }), {
      name: "NotFoundError",
    });
  },
  mapDeleteElem: () => {
    using map = openHash();
    kernel.bpf("mapUpdateElem", { map, key: key(1), value: value(7) });
    kernel.bpf("mapDeleteElem", { map, key: key(1) });
    assert.throws(() => kernel.bpf("mapDeleteElem", { map, key: key(1) }), {
      name: "NotFoundError",
    });
    using array = openArray();
    assert.throws(() => kernel.bpf("mapDeleteElem", { map: array, key: key(1) }), {
      name: "SyscallError",
      errnoName: "EINVAL",
    });
  },
  mapGetNextKey: () => {
    using map = openHash();
    kernel.bpf("mapUpdateElem", { map, key: key(5), value: value(7) });
    const next = new Uint8Array(4);
    kernel.bpf("mapGetNextKey", { map, nextKey: next });
    assert.deepEqual(next, key(5));
    assert.throws(() => kernel.bpf("mapGetNextKey", { map, key: key(5), nextKey: next }), {
      name: "NotFoundError",
      message: /there is no key behind this one/,
    });
  },
  mapLookupAndDeleteElem: () => {
    using queue = kernel.bpf("mapCreate", {
      mapType: "queue",
      keySize: 0,
      valueSize: 8,
      maxEntries: 1,
    });
    const none = new Uint8Array();
    const taken = new Uint8Array(8);
    kernel.bpf("mapUpdateElem", { map: queue, key: none, value: value(3) });
    assert.throws(() => kernel.bpf("mapUpdateElem", { map: queue, key: none, value: value(4) }), {
      name: "NoSpaceError",
    });
    kernel.bpf("mapLookupAndDeleteElem", { map: queue, key: none, value: taken });
    assert.deepEqual(taken, value(3));
  },
  mapFreeze: () => {
    using map = openArray();
    kernel.bpf("mapFreeze", { map });
    assert.throws(() => kernel.bpf("mapUpdateElem", { map, key: key(0), value: value(1) }), {
      name: "PermissionError",
      message: /the map is frozen/,
    });
    assert.throws(() => kernel.bpf("mapFreeze", { map }), { message: /it is frozen already/ });
  },
  mapUpdateBatch: () => {
    using map = openHash("sys_batch", 2);
    const keys = Uint8Array.of(...key(1), ...key(2), ...key(3));
    const values = Uint8Array.of(...value(1), ...value(2), ...value(3));
    const result = kernel.bpf("mapUpdateBatch", { map, keys, values, count: 3 });
    assert.equal(result.count, 2);
    assert.equal(result.error?.name, "NoSpaceError");
  },
  mapLookupBatch: () => {
    using map = openHash();
    for (const number of [1, 2, 3]) {
      kernel.bpf("mapUpdateElem", { map, key: key(number), value: value(number) });
    }
    const outBatch = new Uint8Array(4);
    const [keys, values] = [new Uint8Array(4 * 8), new Uint8Array(8 * 8)];
    const result = kernel.bpf("mapLookupBatch", { map, outBatch, keys, values, count: 8 });
    assert.deepEqual(result, { count: 3, done: true });
    const found = new Map([0, 1, 2].map((index) => [keys[4 * index], values[8 * index]]));
    assert.deepEqual(
      found,
      new Map([
        [1, 1],
        [2, 2],
        [3, 3],
      ]),
    );
  },
  mapLookupAndDeleteBatch: () => {
    using map = openHash();
    kernel.bpf("mapUpdateElem", { map, key: key(1), value: value(1) });
    const outBatch = new Uint8Array(4);
    const attributes = { map, outBatch, keys: new Uint8Array(32), values: new Uint8Array(64) };
    const first = kernel.bpf("mapLookupAndDeleteBatch", { ...attributes, count: 8 });
    assert.deepEqual(first, { count: 1, done: true });
    const second = kernel.bpf("mapLookupAndDeleteBatch", { ...attributes, count: 8 });
    assert.deepEqual(second, { count: 0, done: true });
  },
  mapDeleteBatch: () => {
    using map = openHash();
    kernel.bpf("mapUpdateElem", { map, key: key(1), value: value(1) });
    const keys = Uint8Array.of(...key(1), ...key(2));
    const result = kernel.bpf("mapDeleteBatch", { map, keys, count: 2 });
    assert.equal(result.count, 1);
    assert.equal(result.error?.name, "NotFoundError");
  },
  progLoad: () => {
    using prog = loadXdp();
    assert.equal(prog.kind, "program");
  },
  progTestRun: () => {
    using prog = loadXdp();
    const dataIn = new Uint8Array(64).fill(0xee);
    const dataOut = new Uint8Array(64);
    const result = kernel.bpf("progTestRun", { prog, dataIn, dataOut, repeat: 3 });
    assert.equal(result.retval, 2);
    assert.equal(result.dataSizeOut, 64);
    assert.deepEqual(dataOut, dataIn);
    // Older kernels take any length for XDP.
    if (!isAtLeast(kernel.version, [5, 18])) return;
    assert.throws(() => kernel.bpf("progTestRun", { prog, dataIn: new Uint8Array(3) }), {
      name: "SyscallError",
      errnoName: "EINVAL",
    });
  },
  progAttach: () =>
    withCgroup((target) => {
      using attachBpf = loadCgroup();
      const place = { target, attachBpf, attachType: "cgroup_inet_ingress" } as const;
      kernel.bpf("progAttach", { ...place, attachFlags: ["allow_multi"] });
      assert.throws(() => kernel.bpf("progAttach", place), { name: "PermissionError" });
      kernel.bpf("progDetach", place);
    }),
  progDetach: () =>
    withCgroup((target) => {
      using attachBpf = loadCgroup();
      const attributes = { target, attachBpf, attachType: "cgroup_inet_ingress" } as const;
      assert.throws(() => kernel.bpf("progDetach", attributes), {
        name: "NotFoundError",
        message: /^cannot detach cgroup_skb program from .*nothing is attached there/,
      });
    }),
  progQuery: () =>
    withCgroup((target) => {
      using attachBpf = loadCgroup();
      const place = { target, attachType: "cgroup_inet_ingress" } as const;
      kernel.bpf("progAttach", { ...place, attachBpf, attachFlags: ["allow_multi"] });
      const info = kernel.bpf("objGetInfoByFd", { object: attachBpf });
      const { programs, attachFlags } = kernel.bpf("progQuery", place);
      assert.deepEqual(programs, [info.id]);
      assert.deepEqual(attachFlags, ["allow_multi"]);
      const { programs: effective } = kernel.bpf("progQuery", {
        ...place,
        queryFlags: ["effective"],
      });
      assert.ok(effective.includes(programs[0]!));
      kernel.bpf("progDetach", { ...place, attachBpf });
    }),
  progBindMap: () => {
    using prog = loadXdp();
    using map = openHash();
    kernel.bpf("progBindMap", { prog, map });
    const program = kernel.bpf("objGetInfoByFd", { object: prog });
    const { id } = kernel.bpf("objGetInfoByFd", { object: map }) as MapInfo;
    assert.ok(program.kind === "program");
    assert.deepEqual(program.mapIds, [id]);
  },
  progAssocStructOps: () => {
    using prog = loadXdp();
    using map = openHash();
    // Whoever has the command refuses a map that is not of struct_ops.
    const refusal = { code: /NOT_SUPPORTED|SYSCALL_FAILED/ };
    assert.throws(() => kernel.bpf("progAssocStructOps", { prog, map }), refusal);
  },
  progStreamReadByFd: () => {
    using prog = loadXdp();
    const buffer = new Uint8Array(64);
    const attributes = { prog, streamId: "stdout", buffer } as const;
    assert.deepEqual(kernel.bpf("progStreamReadByFd", attributes), { length: 0 });
  },
  rawTracepointOpen: () => {
    using prog = loadRawTracepoint();
    using link = kernel.bpf("rawTracepointOpen", { name: rareTracepoint, prog });
    assert.equal(link.kind, "link");
    assert.throws(() => kernel.bpf("rawTracepointOpen", { name: "no_such_thing", prog }), {
      name: "NotFoundError",
      message: /there is no raw tracepoint "no_such_thing"/,
    });
  },
  taskFdQuery: () => {
    using prog = loadRawTracepoint();
    using link = kernel.bpf("rawTracepointOpen", { name: rareTracepoint, prog });
    const found = kernel.bpf("taskFdQuery", { pid: process.pid, fd: (link as Fd).raw });
    assert.equal(found.type, "raw_tracepoint");
    assert.equal(found.name, rareTracepoint);
    using map = openHash();
    assert.throws(() => kernel.bpf("taskFdQuery", { pid: process.pid, fd: (map as Fd).raw }), {
      message: /the descriptor is not attached to a probe/,
    });
  },
  btfLoad: () => {
    // A header and no types: the kernel wants at least one.
    const btf = Uint8Array.of(0x9f, 0xeb, 1, 0, 24, ...Array.from({ length: 19 }, () => 0), 0);
    const log: { level: number; buffer: Uint8Array; trueSize?: number } = {
      level: 1,
      buffer: new Uint8Array(256),
    };
    assert.throws(() => kernel.bpf("btfLoad", { btf, log }), {
      name: "SyscallError",
      message: /^cannot load BTF: the kernel found it malformed/,
    });
    assert.ok(log.trueSize === undefined || log.trueSize > 0);
    assert.notEqual(log.buffer[0], 0);
  },
  objPin: () =>
    withPins((folder) => {
      using map = openHash();
      kernel.bpf("objPin", { pathname: `${folder}/map`, object: map });
      const refuse = (pathname: string, error: object): void =>
        assert.throws(() => kernel.bpf("objPin", { pathname, object: map }), error);
      refuse(`${folder}/map`, { name: "ExistsError", hint: /remove it/ });
      refuse(`${folder}/no/map`, { name: "NotFoundError", hint: "create the folder first" });
      refuse(`${folder}/with.dot`, { name: "InvalidArgumentError", message: /has a dot/ });
      refuse("/tmp/map", { name: "InvalidArgumentError", message: "/tmp is not on a bpffs" });
      refuse("map", { name: "InvalidArgumentError", message: '"map" is not an absolute path' });
    }),
  objGet: () =>
    withPins((folder) => {
      using map = openHash("pinned");
      const pathname = `${folder}/map`;
      kernel.bpf("objPin", { pathname, object: map });
      using again = kernel.bpf("objGet", { pathname, kind: "map" });
      const info = kernel.bpf("objGetInfoByFd", { object: again }) as MapInfo;
      assert.equal(info.name, "pinned");
      using below = openBelow(folder);
      assert.throws(
        () => kernel.bpf("mapUpdateElem", { map: below, key: key(1), value: value(1) }),
        {
          name: "PermissionError",
        },
      );
      assert.throws(() => kernel.bpf("objGet", { pathname, kind: "program" }), {
        name: "InvalidArgumentError",
        message: `what is pinned at ${pathname} is a map, not a program`,
      });
      assert.throws(() => kernel.bpf("objGet", { pathname: `${folder}/none`, kind: "map" }), {
        name: "NotFoundError",
        message: /nothing is pinned there/,
      });
    }),
  objGetInfoByFd: () => {
    using map = openHash("described");
    const info = kernel.bpf("objGetInfoByFd", { object: map });
    assert.ok(info.kind === "map" && info.id > 0);
    assert.deepEqual(
      [info.type, info.name, info.keySize, info.valueSize, info.maxEntries],
      ["hash", "described", 4, 8, 8],
    );
    using file = kernel.openPath("/dev/null");
    assert.throws(() => kernel.bpf("objGetInfoByFd", { object: file }), {
      name: "InvalidArgumentError",
      message: "the kernel tells nothing of /dev/null",
    });
  },
  progGetNextId: () => {
    using _ = loadXdp();
    assert.ok(kernel.bpf("progGetNextId", { startId: 0 })! > 0);
    assert.equal(kernel.bpf("progGetNextId", { startId: 0x7fff_fffe }), undefined);
  },
  mapGetNextId: () => {
    using map = openHash();
    const { id } = kernel.bpf("objGetInfoByFd", { object: map });
    assert.equal(kernel.bpf("mapGetNextId", { startId: id - 1 }), id);
  },
  btfGetNextId: () => {
    using _ = openBtf();
    assert.ok(kernel.bpf("btfGetNextId", { startId: 0 })! > 0);
  },
  linkGetNextId: () => {
    using prog = loadRawTracepoint();
    using link = kernel.bpf("rawTracepointOpen", { name: rareTracepoint, prog });
    const { id } = kernel.bpf("objGetInfoByFd", { object: link });
    assert.equal(kernel.bpf("linkGetNextId", { startId: id - 1 }), id);
  },
  progGetFdById: () => {
    using prog = loadXdp();
    const info = kernel.bpf("objGetInfoByFd", { object: prog });
    assert.ok(info.kind === "program");
    using again = kernel.bpf("progGetFdById", { id: info.id });
    assert.deepEqual(kernel.bpf("objGetInfoByFd", { object: again }), info);
  },
  mapGetFdById: () => {
    using map = openHash();
    const { id } = kernel.bpf("objGetInfoByFd", { object: map }) as MapInfo;
    using again = kernel.bpf("mapGetFdById", { id, access: "read" });
    assert.throws(() => kernel.bpf("mapUpdateElem", { map: again, key: key(1), value: value(1) }), {
      name: "PermissionError",
    });
    const none = 0x7fff_fff0 as typeof id;
    assert.throws(() => kernel.bpf("mapGetFdById", { id: none }), {
      name: "NotFoundError",
      message: `cannot open map ${none}: there is no map ${none} (ENOENT)`,
    });
  },
  btfGetFdById: () => {
    using _ = openBtf();
    const id = kernel.bpf("btfGetNextId", { startId: 0 })!;
    using btf = kernel.bpf("btfGetFdById", { id });
    const info = kernel.bpf("objGetInfoByFd", { object: btf });
    assert.ok(info.kind === "btf" && info.sizeBytes > 0);
    assert.equal(info.id, id);
  },
  linkGetFdById: () => {
    using prog = loadRawTracepoint();
    using link = kernel.bpf("rawTracepointOpen", { name: rareTracepoint, prog });
    const info = kernel.bpf("objGetInfoByFd", { object: link });
    assert.ok(info.kind === "link");
    assert.deepEqual([info.type, info.attachType], ["raw_tracepoint", undefined]);
    assert.equal(info.details["tpName"], rareTracepoint);
    using again = kernel.bpf("linkGetFdById", { id: info.id });
    assert.deepEqual(kernel.bpf("objGetInfoByFd", { object: again }), info);
  },
  linkCreate: () =>
    withCgroup((target) => {
      using prog = loadCgroup();
      const place = { target, attachType: "cgroup_inet_ingress" } as const;
      using link = kernel.bpf("linkCreate", { prog, ...place });
      const info = kernel.bpf("objGetInfoByFd", { object: link });
      assert.ok(info.kind === "link");
      assert.deepEqual([info.type, info.attachType], ["cgroup", "cgroup_inet_ingress"]);
      assert.equal(typeof info.details["cgroupId"], "bigint");
      using xdp = loadXdp();
      assert.throws(() => kernel.bpf("linkCreate", { prog: xdp, ...place }), {
        name: "SyscallError",
        errnoName: "EINVAL",
      });
    }),
  linkUpdate: () =>
    withCgroup((target) => {
      using prog = loadCgroup();
      using other = loadCgroup();
      using link = kernel.bpf("linkCreate", { prog, target, attachType: "cgroup_inet_ingress" });
      kernel.bpf("linkUpdate", { link, newProg: other, oldProg: prog });
      const info = kernel.bpf("objGetInfoByFd", { object: link });
      assert.ok(info.kind === "link");
      assert.equal(info.programId, kernel.bpf("objGetInfoByFd", { object: other }).id);
      assert.throws(() => kernel.bpf("linkUpdate", { link, newProg: other, oldProg: prog }), {
        name: "BusyError",
        message: /the link does not run the program it was expected to/,
      });
    }),
  linkDetach: () =>
    withCgroup((target) => {
      using prog = loadCgroup();
      using link = kernel.bpf("linkCreate", { prog, target, attachType: "cgroup_inet_ingress" });
      kernel.bpf("linkDetach", { link });
      assert.deepEqual(
        kernel.bpf("progQuery", { target, attachType: "cgroup_inet_ingress" }).programs,
        [],
      );
      using raw = loadRawTracepoint();
      using other = kernel.bpf("rawTracepointOpen", { name: rareTracepoint, prog: raw });
      assert.throws(() => kernel.bpf("linkDetach", { link: other }), { name: "NotSupportedError" });
    }),
  iterCreate: () => {
    using prog = loadReturning(kernel, 0, {
      progType: "tracing",
      expectedAttachType: "trace_iter",
      attachBtfId: functionId(kernel, "bpf_iter_bpf_map"),
    });
    using link = kernel.bpf("linkCreate", { prog, attachType: "trace_iter" });
    const info = kernel.bpf("objGetInfoByFd", { object: link });
    assert.ok(info.kind === "link");
    assert.equal(info.details["targetName"], "bpf_map");
    using iterator = kernel.bpf("iterCreate", { link });
    assert.equal(kernel.readInto(iterator, new Uint8Array(16)), 0);
    using raw = loadRawTracepoint();
    using other = kernel.bpf("rawTracepointOpen", { name: rareTracepoint, prog: raw });
    assert.throws(() => kernel.bpf("iterCreate", { link: other }), {
      message: /the link is not one of an iterator/,
    });
  },
  enableStats: () => {
    using statistics = kernel.bpf("enableStats", { type: "run_time" });
    assert.equal(statistics.closed, false);
    using prog = loadXdp();
    kernel.bpf("progTestRun", { prog, dataIn: new Uint8Array(64), repeat: 5 });
    const info = kernel.bpf("objGetInfoByFd", { object: prog });
    assert.ok(info.kind === "program");
    assert.equal(info.runCount, 5n);
  },
  tokenCreate: () => {
    using bpffs = kernel.openPath(mountPoints("bpf")[0]!);
    // In the first user namespace there is nobody to delegate to.
    assert.throws(() => kernel.bpf("tokenCreate", { bpffs }), { name: "NotSupportedError" });
    using other = kernel.openPath("/tmp");
    assert.throws(() => kernel.bpf("tokenCreate", { bpffs: other }), {
      message: /it is not the root of a bpffs/,
    });
  },
};

describe("commands", needs("bpf", "bpffs", "btf", "cgroup2"), () => {
  for (const [command, trial] of Object.entries(trials)) {
    const [major, minor] = commandSince[command as Command];
    it(command, needsLinux(major, minor), trial);
  }

  it("refuse a descriptor of something else", () => {
    using prog = loadXdp();
    using file = kernel.openPath("/dev/null");
    const attempt = (run: () => unknown, message: RegExp): void =>
      assert.throws(run, { name: "InvalidArgumentError", message });
    attempt(() => kernel.bpf("mapFreeze", { map: prog }), /^program "sys_test" is not a map$/);
    attempt(() => kernel.bpf("progTestRun", { prog: file }), /^\/dev\/null is not a program$/);
    attempt(() => kernel.bpf("linkDetach", { link: prog }), /is not a link$/);
    attempt(() => kernel.bpf("tokenCreate", { bpffs: prog }), /is not a file$/);
  });
});
