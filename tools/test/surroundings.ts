/**
 * What tests could leave on a machine besides what is loaded: processes, interfaces and their queueing disciplines, network
 * namespaces, control groups, probes and buffers of tracefs.
 *
 * Everything has a name, and what a run leaves is what has a name that was not there before. Other runs on the same
 * machine make such things, too, and have their process numbers in the names: theirs are left out while they live.
 * @module
 */
import { spawnSync } from "node:child_process";
import { existsSync, globSync, readFileSync, readdirSync } from "node:fs";
import { mountPoints } from "../../packages/ebpf/src/sys/machine/mounts.ts";

/** Names of everything that is there: `control group /sys/fs/cgroup/ts-ebpf-test-7-0`. */
export function lookAround(): ReadonlySet<string> {
  return new Set(
    Object.entries(finders).flatMap(([kind, find]) => find().map((name) => `${kind} ${name}`)),
  );
}

/** What is there now, was not there `before`, and belongs to no other run that goes on. */
export function leftSince(before: ReadonlySet<string>): readonly string[] {
  return [...lookAround()].filter((name) => !before.has(name) && !isOfOtherRun(name));
}

const finders: { readonly [kind: string]: () => readonly string[] } = {
  interface: () => namesIn("/sys/class/net"),
  "queueing discipline": queueingDisciplines,
  "network namespace": () => namesIn("/run/netns"),
  "control group": () => mountPoints("cgroup2").flatMap((root) => globSync(`${root}/**/ts-ebpf*/`)),
  probe: () => ["kprobe_events", "uprobe_events"].flatMap(tracefsLines),
  "buffer of tracefs": () =>
    mountPoints("tracefs").flatMap((mount) => namesIn(`${mount}/instances`)),
};

function namesIn(folder: string): readonly string[] {
  return existsSync(folder) ? readdirSync(folder) : [];
}

/** One line for each: `qdisc clsact ffff: dev eth0 parent ffff:fff1`. */
function queueingDisciplines(): readonly string[] {
  const { status, stdout } = spawnSync("tc", ["qdisc", "show"], { encoding: "utf8" });
  return status === 0 ? stdout.split("\n").filter((line) => line !== "") : [];
}

function tracefsLines(file: string): readonly string[] {
  return mountPoints("tracefs")
    .map((mount) => `${mount}/${file}`)
    .filter((path) => existsSync(path))
    .flatMap((path) => readFileSync(path, "utf8").split("\n"))
    .filter((line) => line !== "");
}

/** Kinds of things that whoever makes them puts the number of the process into the name of. */
const numbered = /^(control group|probe|buffer of tracefs) /;

/** Whether a process whose number is in the name is there, other than this one. */
function isOfOtherRun(name: string): boolean {
  if (!numbered.test(name)) return false;
  const pids = name.match(/\d+/g)?.map(Number) ?? [];
  return pids.some((pid) => pid !== process.pid && pid > 1 && existsSync(`/proc/${pid}`));
}

/** In the environment of the process of a test file, and so in that of everything it starts: its number. */
export const marker = "EBPF_TEST_FILE_PROCESS";

/** Processes that this one has started, directly or through others, and that still run: `sleep 60 (17)`. */
export function startedProcesses(): readonly string[] {
  const wanted = `${marker}=${process.pid}`;
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter((pid) => read(`/proc/${pid}/environ`).split("\0").includes(wanted))
    .map((pid) => `${read(`/proc/${pid}/cmdline`).replaceAll("\0", " ").trim()} (${pid})`);
}

/** Text of a file of /proc; empty when its process is gone, or a zombie. */
function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
