import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { describe, it } from "node:test";
import { compileC } from "ts-ebpf/compiler";
import { needs } from "ts-ebpf/testing";
import { ExitCode } from "../exit-code.ts";
import { startCommand } from "../testing/command.ts";
import { TypeScriptProject } from "../testing/typescript-project.ts";

const source = `
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
struct flow { __be32 source; unsigned short port, zone; };
struct seen { unsigned long packets; struct flow last; unsigned short sizes[3]; char name[8];
              union { unsigned int code; unsigned long wide; }; };
struct event { unsigned int length; _Bool first; };
struct event *unused_event __attribute__((unused));
struct { __uint(type, BPF_MAP_TYPE_HASH); __uint(max_entries, 8);
         __type(key, struct flow); __type(value, struct seen); } flows SEC(".maps");
struct { __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY); __uint(max_entries, 1);
         __type(key, unsigned int); __type(value, unsigned long); } counts SEC(".maps");
struct { __uint(type, BPF_MAP_TYPE_RINGBUF); __uint(max_entries, 4096); } events SEC(".maps");
struct { __uint(type, BPF_MAP_TYPE_RINGBUF); __uint(max_entries, 4096); } raw SEC(".maps");
struct { __uint(type, BPF_MAP_TYPE_HASH); __uint(max_entries, 1); __type(key, int); __type(value, int); } links SEC(".maps");
const volatile unsigned short port = 1;
unsigned long total;
struct flow last;
extern int CONFIG_HZ __kconfig;
SEC("xdp") int count(struct xdp_md *ctx) {
  static int calls;
  struct flow flow = { 0, port, 3 };
  struct seen seen = { 1, flow, { 0, 0, 9 }, "abc", { .wide = 5 } };
  struct event *event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);
  if (!event) return XDP_ABORTED;
  event->length = ctx->data_end - ctx->data;
  event->first = calls++ == 0;
  bpf_ringbuf_submit(event, 0);
  bpf_ringbuf_output(&raw, &seen.sizes, 6, 0);
  bpf_map_update_elem(&flows, &flow, &seen, BPF_ANY);
  bpf_map_lookup_elem(&links, &calls);
  last = flow;
  total += CONFIG_HZ;
  return XDP_PASS;
}
SEC("?xdp") int later(struct xdp_md *ctx) {
  unsigned int zero = 0;
  unsigned long *count = bpf_map_lookup_elem(&counts, &zero);
  return count ? XDP_PASS : XDP_DROP;
}
char LICENSE[] SEC("license") = "GPL";`;

/** Uses that are right; what they print is what happened. */
const program = `
import { loadObject, openObject } from "ts-ebpf";
import type { NetFlow } from "./net-flow.bpf.d.ts";

declare const process: { readonly argv: readonly string[] };
declare const console: { log(text: string): void };
const [, , path = ""] = process.argv;

using loaded = loadObject<NetFlow>(path, {
  variables: { port: 443 },
  maxEntries: { flows: 16 },
  events: { events: "event" },
});
const packet = { data: new Uint8Array(64) };
const verdicts: number[] = [loaded.count.run(packet).returnValue, loaded.count.run(packet).returnValue];
const events: (readonly [number, boolean])[] = [];
for (const { length, first } of loaded.events.drain()) events.push([length, first]);
const raw: number[] = [];
for (const record of loaded.raw.drain()) raw.push(record.length);
const flow = { source: 0, port: 443, zone: 3 };
const seen = loaded.flows.get(flow);
const sizes: readonly number[] = seen?.sizes ?? [];
const wide: number | undefined = seen?.code_or_wide[0];
const name: string = seen?.name ?? "";
const counts: readonly bigint[] = loaded.counts.get(0) ?? [];
const grown: boolean = loaded.total.value > 0n;
loaded.total.value = 7n;
loaded.last.value = { source: 1, port: 2, zone: 0 };
const last: number = loaded.last.value.port;
const absent: boolean = loaded.later === undefined;
const calls: number = loaded["count.calls"].value;
const hz: boolean = loaded.CONFIG_HZ.value > 0;
const room: number = loaded.flows.spec.maxEntries;

const opened = openObject<NetFlow>(path).change({ autoload: { later: true, count: false } });
const section: string | undefined = opened.spec.later.section;
using other = opened.load();
const later: number | undefined = other.later?.run(packet).returnValue;
const read = { verdicts, events, raw, sizes, name, wide, cpus: counts.length > 0, grown, last };
console.log(JSON.stringify({ ...read, absent, calls, hz, room, section, later }));
`;

/** Uses that TypeScript refuses, each with the number of its error. */
const wrong: readonly (readonly [code: string, use: string])[] = [
  ["TS2551", "loaded.flow;"],
  ["TS2322", "loaded.total.value = 1;"],
  ["TS2345", "loaded.flows.get(1);"],
  ["TS2322", 'loadObject<NetFlow>("x", { variables: { port: "443" } });'],
  ["TS2561", 'loadObject<NetFlow>("x", { variables: { prt: 443 } });'],
  ["TS2353", 'loadObject<NetFlow>("x", { maxEntries: { total: 443 } });'],
  ["TS2353", 'loadObject<NetFlow>("x", { autoload: { flows: true } });'],
  ["TS2353", 'loadObject<NetFlow>("x", { events: { flows: "event" } });'],
  ["TS18048", "loaded.later.run();"],
  ["TS2551", "for (const event of loaded.events.drain()) event.lenth;"],
];

describe("types of an object file", needs("root", "bpf", "btf", "ringbuf", "clang"), () => {
  it("are what programs see that use the object", async () => {
    using project = new TypeScriptProject();
    const c = project.path("net-flow.bpf.c");
    const object = project.path("net-flow.bpf.o");
    project.write("net-flow.bpf.c", source);
    writeFileSync(object, (await compileC(c)).object);

    using command = startCommand(["types", object, "--event", "events=event"]);
    assert.equal(await command.ended, ExitCode.ok, command.errors());
    assert.match(
      command.lines[0]!,
      /net-flow\.bpf\.d\.ts written: type NetFlow with 2 programs, 5 maps, 6 variables/,
    );

    const head =
      'import { loadObject } from "ts-ebpf";\nimport type { NetFlow } from "./net-flow.bpf.d.ts";\n';
    project.write("right.ts", program);
    const uses = wrong.map(([, use]) => use).join("\n");
    project.write("wrong.ts", `${head}using loaded = loadObject<NetFlow>("x");\n${uses}\n`);
    const { errors, output } = project.check();
    const own = errors.filter((error) => /^(right|wrong)\.ts/.test(error));
    assert.deepEqual(
      own,
      wrong.map(([code], index) => `wrong.ts:${index + 4} ${code}`),
      output,
    );

    const given = ["--conditions=@ts-ebpf/source", project.path("right.ts"), object];
    const told = JSON.parse(execFileSync(process.execPath, given, { encoding: "utf8" })) as object;
    assert.deepEqual(told, {
      verdicts: [2, 2],
      events: [
        [64, true],
        [64, false],
      ],
      raw: [6, 6],
      sizes: [0, 0, 9],
      name: "abc",
      wide: 5,
      cpus: true,
      grown: true,
      last: 2,
      absent: true,
      calls: 2,
      hz: true,
      room: 16,
      section: "?xdp",
      later: 2,
    });
  });

  it("are told to programs, and left alone when they are up to date", async () => {
    using project = new TypeScriptProject();
    project.write("a.c", source);
    writeFileSync(project.path("a.o"), (await compileC(project.path("a.c"))).object);
    const told = async (): Promise<object> => {
      using command = startCommand(["types", project.path("a.o"), "--json"]);
      assert.equal(await command.ended, ExitCode.ok, command.errors());
      return JSON.parse(command.lines.join("\n")) as object;
    };
    const [file, path] = [project.path("a.d.ts"), project.path("a.o")];
    const counts = { programs: 2, maps: 5, variables: 6, structOps: 0 };
    const expected = { type: "types", file, object: path, name: "A", counts };
    assert.deepEqual(await told(), { ...expected, changed: true });
    const { mtimeNs } = statSync(file, { bigint: true });
    assert.deepEqual(await told(), { ...expected, changed: false });
    assert.equal(statSync(file, { bigint: true }).mtimeNs, mtimeNs);
    assert.match(readFileSync(file, "utf8"), /readonly events: RingbufSpec<Uint8Array>;/);
  });

  it("are written again when the object changes", async () => {
    using project = new TypeScriptProject();
    const path = project.path("a.o");
    project.write("a.o", "no object yet");
    using command = startCommand(["types", path, "--watch"]);
    await command.until(() => command.errors().includes("too few for ELF"));
    project.write("a.c", source);
    writeFileSync(path, (await compileC(project.path("a.c"))).object);
    await command.until(() => command.lines.some((line) => line.includes("a.d.ts written")));
    command.process.kill("SIGINT");
    assert.equal(await command.ended, ExitCode.ok);
  });

  const refuses = (
    words: readonly string[],
    message: RegExp,
    exitCode: ExitCode = ExitCode.usage,
  ): void => {
    it(`are not written for ${words.join(" ")}`, async () => {
      using command = startCommand(["types", ...words]);
      assert.equal(await command.ended, exitCode);
      assert.match(command.errors(), message);
    });
  };
  refuses(["/nowhere.o"], /there is no file \/nowhere\.o/, ExitCode.failed);
  refuses(["a.o", "b.o", "-o", "c.d.ts"], /--out names one file, and there are 2 objects/);
  refuses(["a.o", "src"], /src is no object file, and others are/);
  refuses(["a.o", "--btf", "x"], /--btf is for the kernel's types/);
  refuses(["--event", "a=b"], /--event is for object files/);
});
