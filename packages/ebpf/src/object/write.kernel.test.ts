/**
 * Object files as bpftool and libbpf load them, and the programs of them that run.
 *
 * Pins go into a folder of their own on the BPF file system of the test run, and go with it.
 * @module
 */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { parseBtf, type Btf } from "../btf/btf.ts";
import { BtfWriter } from "../btf/write/writer.ts";
import { parse } from "../isa/parse.ts";
import { u32, u64 } from "../layout/integer.ts";
import { struct } from "../layout/struct.ts";
import { kernelBtf } from "../program/kernel-btf.ts";
import { addInt } from "../relocate/layout-type.ts";
import type { CollectionSpec } from "../spec/collection-spec.ts";
import { lpmTrie } from "../spec/lpm-trie.ts";
import { programSpec, type ProgramSpec } from "../spec/program-spec.ts";
import { progArray } from "../spec/prog-array.ts";
import { bloomFilter, queueMap } from "../spec/queue-map.ts";
import { cpumap, devmap, devmapHash, xskmap } from "../spec/redirect-map.ts";
import { sockhash, sockmap } from "../spec/sockmap.ts";
import { stackTraceMap } from "../spec/stack-trace-map.ts";
import { taskStorage } from "../spec/storage-map.ts";
import type { AttachType, ProgramType } from "../spec/words.ts";
import { mountPoints } from "../sys/machine/mounts.ts";
import { openNativeKernel } from "../sys/native-kernel.ts";
import { needsLinux } from "../testing/needs-linux.ts";
import { needs } from "../testing/needs.ts";
import { sampleCollection } from "./testing-sample.ts";
import { writeObject } from "./write.ts";

const kernel = openNativeKernel();

/** What a command prints. */
function run(command: string, ...options: readonly string[]): string {
  const { stdout, stderr, status } = spawnSync(command, options, { encoding: "utf8" });
  assert.equal(status, 0, `${command} ${options.join(" ")}: ${stdout}${stderr}`);
  return stdout;
}

interface Folders {
  /** Path of the object file. */
  readonly object: string;
  /** A folder for further files. */
  readonly files: string;
  /** A folder on a BPF file system. */
  readonly pins: string;
}

/** Writes an object and hands it to `use`; removes all files and pins afterwards. */
function withObject(bytes: Uint8Array, use: (folders: Folders) => void): void {
  const files = mkdtempSync(join(tmpdir(), "object-"));
  const pins = join(mountPoints("bpf")[0]!, `object-${process.pid}`);
  mkdirSync(pins);
  try {
    const object = join(files, "sample.o");
    writeFileSync(object, bytes);
    use({ object, files, pins });
  } finally {
    rmSync(pins, { recursive: true });
    rmSync(files, { recursive: true });
  }
}

/** Loads all programs of the object: names of what is pinned. */
function loadAll({ object, pins }: Folders): { programs: string[]; maps: string[] } {
  const [programs, maps] = [join(pins, "programs"), join(pins, "maps")];
  run("bpftool", "prog", "loadall", object, programs, "pinmaps", maps);
  // bpftool makes no folder for no maps.
  const names = existsSync(maps) ? readdirSync(maps) : [];
  return { programs: readdirSync(programs).toSorted(), maps: names.toSorted() };
}

interface Shown {
  readonly type: string;
  readonly name: string;
}

function programs(pins: string): readonly Shown[] {
  return readdirSync(join(pins, "programs")).map((name) => {
    return JSON.parse(run("bpftool", "-j", "prog", "show", "pinned", join(pins, "programs", name)));
  });
}

const callbacks = needsLinux(5, 13);

describe("bpftool", needs("root", "bpf", "bpffs", "btf", "bpftool"), () => {
  it("loads programs with maps, variables, functions and callbacks", callbacks, () =>
    withObject(writeObject(sampleCollection), (folders) => {
      const { pins, files } = folders;
      assert.deepEqual(loadAll(folders), {
        programs: ["first", "onExec", "second"],
        maps: ["counts", "events", "outer", "sample_bss", "sample_data", "sample_rodata"],
      });
      const first = join(pins, "programs", "first");
      // limit + start, halved.
      const packet = join(files, "packet");
      writeFileSync(packet, new Uint8Array(64));
      const ran = run("bpftool", "-j", "prog", "run", "pinned", first, "data_in", packet);
      assert.equal(JSON.parse(ran).retval, (7 + 5) / 2);
      const total = run("bpftool", "map", "dump", "pinned", join(pins, "maps", "sample_bss"));
      assert.match(total, /"total": 12/);
    }),
  );

  it("shows lines and functions of what it loaded", callbacks, () =>
    withObject(writeObject(sampleCollection), (folders) => {
      loadAll(folders);
      const second = join(folders.pins, "programs", "second");
      const dump = run("bpftool", "prog", "dump", "xlated", "pinned", second, "linum");
      assert.match(dump, /^int second\(void \* ctx\):$/m);
      assert.match(dump, /; line 25 \[file:src\/sample.ts line_num:25 line_col:3\]/);
      assert.match(dump, /^int step\(unsigned long long index, void \* ctx\):$/m);
    }),
  );

  it("links objects, and loads the result", callbacks, () =>
    withObject(writeObject(sampleCollection), (folders) => {
      const object = join(folders.files, "linked.o");
      run("bpftool", "gen", "object", object, folders.object);
      const { programs } = loadAll({ ...folders, object });
      assert.deepEqual(programs, ["first", "onExec", "second"]);
    }),
  );

  it("makes a skeleton in C", () =>
    withObject(writeObject(sampleCollection), ({ object }) => {
      const text = run("bpftool", "gen", "skeleton", object);
      assert.match(text, /struct sample__rodata \{\s+unsigned int limit;\s+\} \*rodata;/);
      assert.match(text, /struct bpf_map \*counts;\s+struct bpf_map \*events;/);
      assert.match(text, /struct bpf_program \*first;/);
    }));

  it("loads maps of every kind", needsLinux(5, 16), () => {
    const trie = struct("key", { bits: u32, address: u32 });
    const maps = {
      tails: progArray("tails", 4),
      trie: lpmTrie("trie", trie, u64, { maxEntries: 4, flags: ["no_prealloc"] }),
      queue: queueMap("queue", u64, 4),
      seen: bloomFilter("seen", u64, { maxEntries: 9, hashes: 3 }),
      tasks: taskStorage("tasks", u64),
      devices: devmap("devices", 4),
      hashed: devmapHash("hashed", 4),
      cpus: cpumap("cpus", 2),
      xsks: xskmap("xsks", 2),
      sockets: sockmap("sockets", 4),
      sockhash: sockhash("sockhash", u32, 4),
      stacks: stackTraceMap("stacks", 32),
    };
    withObject(writeObject({ ...maps, p: trivial("xdp") }), (folders) => {
      assert.deepEqual(loadAll(folders).maps, Object.keys(maps).toSorted());
      const seen = run("bpftool", "map", "show", "pinned", join(folders.pins, "maps", "seen"));
      assert.match(seen, /bloom_filter.*\n.*key 0B {2}value 8B {2}max_entries 9/);
    });
  });

  it("fills arrays of programs", () => {
    const target = { kind: "none" } as const;
    const goOn = parse("r2 = map[tails]\nr3 = 1\ncall bpf_tail_call#12\nr0 = 1\nexit");
    const last = programSpec({ type: "xdp", target, name: "last" }, parse("r0 = 42\nexit"));
    const first = programSpec({ type: "xdp", target }, goOn);
    const tails = progArray("tails", { maxEntries: 2, programs: () => [undefined, last] });
    withObject(writeObject({ tails, first, last }), (folders) => {
      loadAll(folders);
      const packet = join(folders.files, "packet");
      writeFileSync(packet, new Uint8Array(64));
      const program = join(folders.pins, "programs", "first");
      const ran = run("bpftool", "-j", "prog", "run", "pinned", program, "data_in", packet);
      assert.equal((JSON.parse(ran) as { retval: number }).retval, 42);
    });
  });

  it("finds functions of the kernel", needsLinux(6, 3), () => {
    const code = parse(`
      call kernel-function#bpf_cpumask_create
      if r0 == 0x0 goto none
      r1 = r0
      call kernel-function#bpf_cpumask_release
      none: r0 = 0
      exit
    `);
    const target = { kind: "tp_btf", name: "sched_process_exec" } as const;
    const attach = { expectedAttachType: "trace_raw_tp", target } as const;
    const program = programSpec({ type: "tracing", ...attach }, code);
    const spec: CollectionSpec = { program };
    withObject(writeObject(spec, { kernel: kernelBtf(kernel) }), (folders) =>
      assert.deepEqual(loadAll(folders).programs, ["program"]),
    );
  });

  it("relocates what was compiled with other types than the kernel's", () => {
    const code = parse("r1 = *(u64 *)(r1 +0)\nr2 = *(u32 *)(r1 +4)\nr0 = 0\nexit");
    const field = { struct: "task_struct", path: ["tgid"] };
    const relocations = [{ index: 1, core: { kind: "field-offset", field } }] as const;
    const target = { kind: "tp_btf", name: "sched_process_exec" } as const;
    const attach = { expectedAttachType: "trace_raw_tp", target } as const;
    const program = { ...programSpec({ type: "tracing", ...attach }, code), relocations };
    withObject(writeObject({ program }, { kernel: skewedTypes() }), (folders) => {
      loadAll(folders);
      const path = join(folders.pins, "programs", "program");
      const { offset } = kernelBtf(kernel).member("task_struct", "tgid");
      const dump = run("bpftool", "prog", "dump", "xlated", "pinned", path);
      assert.match(dump, new RegExp(`r2 = \\*\\(u32 \\*\\)\\(r1 \\+${offset}\\)`));
      assert.ok(offset !== 4 && offset !== 40);
    });
  });
});

/** A `task_struct` as no kernel has it. */
function skewedTypes(): Btf {
  const writer = new BtfWriter();
  const type = addInt(writer, "int", 4, "signed");
  const members = [{ name: "tgid", type, bitOffset: 320, bitfieldSize: 0 }];
  writer.add({ kind: "struct", name: "task_struct", size: 48, members });
  return parseBtf(writer.encode());
}

/** A program that returns 1, which every type can. */
function trivial(type: ProgramType, expectedAttachType?: AttachType): ProgramSpec {
  const attach = expectedAttachType === undefined ? {} : { expectedAttachType };
  const target = { kind: "none" } as const;
  return programSpec({ type, target, ...attach }, parse("r0 = 1\nexit"));
}

describe("libbpf", needs("root", "bpf", "bpffs", "bpftool"), () => {
  it("knows the types of programs by their sections", needsLinux(5, 14), () => {
    const types: readonly (readonly [ProgramType, AttachType?])[] = [
      ["socket_filter"],
      ["sched_cls"],
      ["tracepoint"],
      ["raw_tracepoint"],
      ["perf_event"],
      ["kprobe"],
      ["xdp"],
      ["syscall"],
      ["sk_lookup", "sk_lookup"],
      ["sk_msg", "sk_msg_verdict"],
      ["sk_skb", "sk_skb_stream_parser"],
      ["sock_ops", "cgroup_sock_ops"],
      ["cgroup_skb", "cgroup_inet_egress"],
      ["cgroup_sock", "cgroup_inet4_post_bind"],
      ["cgroup_sock_addr", "cgroup_inet4_bind"],
      ["cgroup_sock_addr", "cgroup_inet6_connect"],
      ["cgroup_sock_addr", "cgroup_udp4_sendmsg"],
      ["cgroup_sockopt", "cgroup_getsockopt"],
      ["cgroup_sysctl", "cgroup_sysctl"],
      ["cgroup_device", "cgroup_device"],
      ["lwt_in"],
      ["flow_dissector", "flow_dissector"],
    ];
    const spec = Object.fromEntries(
      types.map(([type, attach], index) => [`p${index}`, trivial(type, attach)]),
    );
    withObject(writeObject(spec), (folders) => {
      loadAll(folders);
      const found = new Map(programs(folders.pins).map(({ name, type }) => [name, type]));
      assert.deepEqual(
        types.map((_, index) => found.get(`p${index}`)),
        types.map(([type]) => type),
      );
    });
  });
});
