import assert from "node:assert/strict";
import { rmSync, statSync } from "node:fs";
import { describe, it } from "node:test";
import { mov } from "../asm/alu.ts";
import { assemble } from "../asm/assemble.ts";
import { call, exit } from "../asm/call.ts";
import { InvalidArgumentError } from "../base/errors.ts";
import { load } from "../index.ts";
import { format } from "../isa/format.ts";
import { r0 } from "../isa/register.ts";
import { NotFoundError, PermissionError } from "../kernel/errors.ts";
import type { MapId, ProgramId } from "../kernel/handle.ts";
import { isAtLeast } from "../kernel/feature.ts";
import type { Kernel } from "../kernel/kernel.ts";
import { bpf } from "../lang/builtins/index.ts";
import { attach } from "../link/attach.ts";
import { u32, u64 } from "../layout/integer.ts";
import { hashMap } from "../spec/hash-map.ts";
import { rawTracepoint, tracepoint } from "../spec/tracepoint.ts";
import { mountPoints } from "../sys/machine/mounts.ts";
import { openNativeKernel } from "../sys/native-kernel.ts";
import { needs } from "../testing/needs.ts";
import {
  btfObjects,
  enableStatistics,
  links,
  maps,
  openLink,
  openMap,
  openProgram,
  pins,
  programs,
  readBtfObject,
  readHolders,
  readProgramCode,
} from "./index.ts";

const kernel = openNativeKernel();
const counts = hashMap("inspected", u32, u64, { maxEntries: 16 });

const onSwitch = rawTracepoint("sys_enter", () => {
  "use bpf";
  counts.update(1, bpf.ktimeGetNs());
  return 0;
});

const loaded = () => load({ counts, onSwitch });

const none = 0x7fff_fff0;

describe("what is loaded", needs("root", "bpf", "btf"), () => {
  it("is listed with its info", async () => {
    await using collection = await loaded();
    const program = [...programs()].find(({ id }) => id === collection.onSwitch.id);
    assert.deepEqual(program, collection.onSwitch.info());
    const map = [...maps()].find(({ id }) => id === collection.counts.id);
    assert.deepEqual(map, collection.counts.info());
    assert.equal(map.name, "inspected");
    assert.deepEqual(program.mapIds, [map.id]);
    assert.ok(program.loadTimeNs > 0n);
    assert.ok(program.translatedLength > 0);
    assert.notEqual(program.btfId, 0);
    assert.ok([...btfObjects()].some(({ id, kernelBtf }) => id === program.btfId && !kernelBtf));
  });

  it("is told with links", async () => {
    await using collection = await loaded();
    using link = attach(collection.onSwitch);
    const info = [...links()].find(({ programId }) => programId === collection.onSwitch.id);
    assert.deepEqual(info, link.info());
    using again = openLink(info.id);
    assert.equal(again.kind, "raw_tracepoint");
  });

  it("is opened by number", async () => {
    await using collection = await loaded();
    using program = openProgram(collection.onSwitch.id);
    assert.equal(program.type, "raw_tracepoint");
    assert.equal(program.id, collection.onSwitch.id);
    using map = openMap(collection.counts.info().id, counts);
    map.set(7, 8n);
    assert.equal(collection.counts.get(7), 8n);
    const other = hashMap("inspected", u32, u32, { maxEntries: 16 });
    assert.throws(() => openMap(map.info().id, other), InvalidArgumentError);
  });

  it("is refused when it is not there", () => {
    assert.throws(() => openProgram(none as ProgramId), NotFoundError);
    assert.throws(() => openMap(none as MapId, counts), NotFoundError);
  });

  it("may vanish between two steps", async () => {
    const collection = await loaded();
    const { id } = collection.onSwitch;
    // Gone between the moment it is found and the moment it is opened.
    const vanishing = new Proxy(kernel, {
      get: (target, name) =>
        name === "bpf"
          ? (command: string, attributes: { readonly id?: number }) => {
              if (command === "progGetFdById" && attributes.id === id) collection.close();
              return target.bpf(command as "progGetFdById", attributes as { id: ProgramId });
            }
          : Reflect.get(target, name, target),
    }) as Kernel;
    assert.ok(![...programs(vanishing)].some((info) => info.id === id));
  });

  it("is found by its pins and holders", needs("bpffs"), async () => {
    await using collection = await loaded();
    const path = `${mountPoints("bpf")[0]}/ts-ebpf-inspect-${process.pid}`;
    collection.counts.pin(path);
    try {
      const { id } = collection.counts.info();
      const pin = pins().find((one) => one.path === path);
      assert.deepEqual(pin?.object, { kind: "map", id });
    } finally {
      rmSync(path);
    }
    const own = readHolders().filter(({ pid }) => pid === process.pid);
    const program = { kind: "program", id: collection.onSwitch.id };
    assert.deepEqual(
      own.map(({ object }) => object).filter(({ kind }) => kind === "program"),
      [program],
    );
  });
});

describe("statistics", needs("root", "bpf", "btf"), () => {
  it("count runs while they are on", async () => {
    await using collection = await loaded();
    using statistics = enableStatistics();
    collection.attach();
    statSync("/");
    statistics[Symbol.dispose]();
    const { runCount, runTimeNs } = collection.onSwitch.info();
    assert.ok(runCount > 0n);
    assert.ok(runTimeNs > 0n);
  });
});

describe("code", needs("root", "bpf", "btf"), () => {
  it("is shown with functions, lines and names of helpers", async () => {
    await using collection = await loaded();
    const code = readProgramCode(collection.onSwitch.id);
    const text = format(code.instructions, { helperSymbol: code.helperSymbol });
    assert.match(text, /^onSwitch:$/m);
    assert.match(text, /^; counts\.update\(1, bpf\.ktimeGetNs\(\)\);$/m);
    assert.match(text, /map\[id:\d+\]/);
    const [main] = code.functions;
    assert.equal(main!.name, "onSwitch");
    assert.match(main!.tag, /^[0-9a-f]{16}$/);
    const bytes = main!.blocks.reduce((sum, block) => sum + block.bytes.length, 0);
    assert.equal(bytes, code.info.jitedLength);
    assert.ok(main!.blocks.some(({ source }) => source?.text.includes("counts.update") === true));
  });

  it("needs no types", async () => {
    const plain = tracepoint(
      "syscalls/sys_enter_nanosleep",
      assemble([call("ktime_get_ns"), mov(r0, 0), exit()]),
    );
    await using collection = await load({ plain });
    const code = readProgramCode(collection.plain.id);
    assert.deepEqual(
      code.instructions.map(({ kind }) => kind),
      ["call-helper", "alu", "exit"],
    );
    assert.match(format(code.instructions[0]!, code), /^call (bpf_)?ktime_get_ns|bpf_ktime_get_ns/);
  });
});

describe("BTF", needs("root", "bpf", "btf"), () => {
  it("of a program is read by its number", async () => {
    await using collection = await loaded();
    const btf = readBtfObject(collection.onSwitch.info().btfId);
    assert.ok(btf.findByName("onSwitch", "func") !== undefined);
  });
  const since = "the kernel's own BTF has no number (Linux has it since 5.11)";
  const skip = isAtLeast(kernel.version, [5, 11]) ? false : since;
  it("of the kernel has its types", { skip }, () => {
    const vmlinux = [...btfObjects()].find(({ name }) => name === "vmlinux")!;
    assert.ok(readBtfObject(vmlinux.id).findByName("task_struct", "struct") !== undefined);
  });
});

describe("lists", needs("root", "bpf"), () => {
  it("need privileges", () => {
    const refusing = new Proxy(kernel, {
      get: () => () => {
        throw new PermissionError({
          operation: "list programs",
          errno: 1,
          errnoName: "EPERM",
          reason: "not permitted",
        });
      },
    });
    assert.throws(() => [...programs(refusing)], PermissionError);
  });
});
