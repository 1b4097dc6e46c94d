/**
 * Maps that programs use, seen from both sides: what one stores the other finds.
 * @module
 */
import assert from "node:assert/strict";
import { once } from "node:events";
import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { compileAndLoad } from "../collection/load.ts";
import { u32, u64 } from "../layout/integer.ts";
import { arrayMap } from "../spec/array-map.ts";
import { cgroupArray } from "../spec/cgroup-array.ts";
import { global } from "../spec/global-spec.ts";
import { lsm } from "../spec/lsm.ts";
import { arrayOfMaps, hashOfMaps } from "../spec/map-of-maps.ts";
import { skMsg } from "../spec/socket-program.ts";
import { sockmap } from "../spec/sockmap.ts";
import { cgroupStorage, inodeStorage, skStorage } from "../spec/storage-map.ts";
import { tpBtf } from "../spec/tracepoint.ts";
import { xdp } from "../spec/xdp.ts";
import { openNativeKernel } from "../sys/native-kernel.ts";
import { makeCgroup } from "../testing/cgroup.ts";
import { allOf } from "../testing/needs-linux.ts";
import { needsMap } from "../testing/needs-map.ts";
import { needs } from "../testing/needs.ts";
import { connectedSockets } from "../testing/sockets.ts";
import { createMap } from "./create.ts";

const kernel = openNativeKernel();
const usable = needs("root", "bpf", "btf");
const runs = "/bin/true";

describe("maps of maps", usable, () => {
  const inner = arrayMap("inner", u64, 1);
  const byIndex = arrayOfMaps("by_index", inner, 2);
  const byKey = hashOfMaps("by_key", { key: u32, inner }, 4);
  const count = xdp(() => {
    "use bpf";
    const first = byIndex.lookup(1);
    if (first) {
      const element = first.lookup(0);
      if (element) element.value += 1n;
    }
    const other = byKey.lookup(7);
    if (other) {
      const element = other.lookup(0);
      if (element) element.value += 10n;
    }
    return 2;
  });

  it("lead programs to the map that is in them at the moment", async () => {
    using tracer = await compileAndLoad(kernel, { byIndex, byKey, count });
    using one = createMap(kernel, inner);
    using other = createMap(kernel, inner);
    const run = (): readonly (bigint | undefined)[] => {
      tracer.count.run({ data: new Uint8Array(64) });
      return [one.get(0), other.get(0)];
    };
    assert.deepEqual(run(), [0n, 0n]);
    tracer.byIndex.set(1, one);
    assert.deepEqual(run(), [1n, 0n]);
    tracer.byIndex.set(1, other);
    tracer.byKey.set(7, one);
    assert.deepEqual(run(), [11n, 1n]);
    tracer.byIndex.delete(1);
    tracer.byKey.delete(7);
    assert.deepEqual(run(), [11n, 1n]);
  });
});

describe("an array of control groups", allOf(usable, needs("cgroup2")), () => {
  const groups = cgroupArray("groups", 1);
  const inside = global("inside", u64, 0n);
  const look = tpBtf("sched_process_exec", () => {
    "use bpf";
    if (groups.currentTaskUnder(0) === 1) inside.value += 1n;
    return 0;
  });

  it("tells programs which tasks are in a group", async () => {
    using group = makeCgroup();
    using other = makeCgroup();
    await using tracer = await compileAndLoad(kernel, { groups, inside, look });
    tracer.attach();
    assert.equal(group.run(runs), 0);
    assert.equal(tracer.inside.value, 0n);
    tracer.groups.set(0, group.folder);
    assert.equal(other.run(runs), 0);
    assert.equal(tracer.inside.value, 0n);
    assert.equal(group.run(runs), 0);
    assert.equal(tracer.inside.value, 1n);
  });
});

describe("storage of sockets", usable, () => {
  it("has what a program stored with a socket", async () => {
    const sockets = sockmap("sockets", 2);
    const sent = skStorage("sent", u64);
    const look = skMsg(
      (message) => {
        "use bpf";
        const socket = message.sk;
        if (!socket) return 1;
        const own = sent.getOrCreate(socket, 100n);
        if (own) own.value += u64(message.size);
        return 1;
      },
      { map: sockets },
    );
    await using pair = await connectedSockets();
    using proxy = await compileAndLoad(kernel, { sent, sockets, look });
    proxy.attach();
    const { client, server } = pair;
    proxy.sockets.set(0, client.descriptor);
    assert.equal(proxy.sent.get(client.descriptor), undefined);
    client.socket.write("hello");
    await once(server.socket, "data");
    assert.equal(proxy.sent.get(client.descriptor), 105n);
    assert.equal(proxy.sent.get(server.descriptor), undefined);
  });
});

describe("storage of control groups", allOf(usable, needs("cgroup2", "cgroup-storage")), () => {
  it("has what a program stored with a group", async () => {
    const executions = cgroupStorage("executions", u64);
    const look = tpBtf("sched_process_exec", (task) => {
      "use bpf";
      const own = executions.getOrCreate(task.cgroups.dfl_cgrp);
      if (own) own.value += 1n;
      return 0;
    });
    using group = makeCgroup();
    using other = makeCgroup();
    using owner = kernel.openPath(group.folder);
    using stranger = kernel.openPath(other.folder);
    await using tracer = await compileAndLoad(kernel, { executions, look });
    tracer.attach();
    assert.equal(group.run(runs), 0);
    assert.equal(tracer.executions.get(owner), 1n);
    assert.equal(tracer.executions.get(stranger), undefined);
    assert.equal(group.run(runs), 0);
    assert.equal(tracer.executions.get(owner), 2n);
  });
});

describe("storage of files", allOf(usable, needs("lsm"), needsMap("inode_storage")), () => {
  it("has what a program stored with a file", async () => {
    const opened = inodeStorage("opened", u64);
    const look = lsm("file_open", (file) => {
      "use bpf";
      const own = opened.getOrCreate(file.f_inode);
      if (own) own.value += 1n;
      return 0;
    });
    const folder = mkdtempSync(join(tmpdir(), "ts-ebpf-"));
    const path = join(folder, "file");
    writeFileSync(path, "");
    await using tracer = await compileAndLoad(kernel, { opened, look });
    tracer.attach();
    const descriptor = openSync(path, "r");
    try {
      assert.equal(tracer.opened.get(descriptor), 1n);
      closeSync(openSync(path, "r"));
      assert.equal(tracer.opened.get(descriptor), 2n);
    } finally {
      closeSync(descriptor);
      rmSync(folder, { recursive: true });
    }
  });
});
