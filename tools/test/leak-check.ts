/**
 * Fails a kernel test file that leaves something behind: descriptors, mapped maps, pins, programs, maps, links, processes
 * and whatever `surroundings.ts` knows.
 *
 * `kernel.ts` loads it into the process of each file before the file itself, and it looks again when that process
 * ends, after all `using` blocks and hooks. The kernel frees things a little after the last hold on them is gone, and
 * other runs go on beside this one: what counts is what is still there after a while, and no process holds.
 * @module
 */
import { readdirSync } from "node:fs";
import { BpfError } from "../../packages/ebpf/src/base/errors.ts";
import { mountPoints } from "../../packages/ebpf/src/sys/machine/mounts.ts";
import { openNativeKernel } from "../../packages/ebpf/src/sys/native-kernel.ts";
import { descriptorsSince, openDescriptors } from "../../packages/ebpf/src/testing/descriptors.ts";
import { heldByProcesses, listLoaded, type Loaded, orphans } from "./loaded.ts";
import { leftSince, lookAround, marker, startedProcesses } from "./surroundings.ts";

/** Finds what was left since it was made, in words. */
type Watch = () => readonly string[];

// The runner itself loads this file as well; only the processes it starts for the files are to be watched. Of a file that
// runs again in a network namespace of its own, the rest is gone with the namespace, and the outer process looks for it.
if (process.env["NODE_TEST_CONTEXT"]?.startsWith("child") === true) {
  process.env[marker] = String(process.pid);
  report(watchMachine(), watchProcess());
} else if (process.env["EBPF_TEST_NET_NAMESPACE"] === process.argv[1]) report(watchProcess());

function report(...watches: readonly Watch[]): void {
  process.on("exit", () => {
    const left = watches.flatMap((find) => find());
    if (left.length === 0) return;
    console.error(`left behind at the end of the file:\n  ${left.join("\n  ")}`);
    process.exitCode = 1;
  });
}

function watchProcess(): Watch {
  const pinned = new Set(pins());
  const descriptors = openDescriptors();
  return () => [
    ...descriptorsSince(descriptors).map((descriptor) => `still open: ${descriptor}`),
    ...pins()
      .filter((pin) => !pinned.has(pin))
      .map((pin) => `still pinned: ${pin}`),
  ];
}

function watchMachine(): Watch {
  const loaded = tryList();
  const around = lookAround();
  return () => [
    ...afterGrace(graceMs, () => [
      ...startedProcesses().map((command) => `still running: ${command}`),
      ...leftSince(around).map((name) => `still there: ${name}`),
    ]),
    ...afterGrace(loadedGraceMs, () =>
      orphansSince(loaded).map(({ label }) => `still loaded: ${label}`),
    ),
  ];
}

const graceMs = 15_000;
/** What was in struct_ops is freed when every task has left the processor once, which takes its time on a busy machine. */
const loadedGraceMs = 20_000;
const pauseMs = 50;

/**
 * What `find` finds each time that it is asked, until that is nothing or the time is over: what comes and goes is of
 * somebody else. Nothing else can happen meanwhile, as the process ends.
 */
function afterGrace(wholeMs: number, find: () => readonly string[]): readonly string[] {
  const deadline = performance.now() + wholeMs;
  const never = new Int32Array(new SharedArrayBuffer(4));
  let left = find();
  while (left.length > 0 && performance.now() < deadline) {
    Atomics.wait(never, 0, 0, pauseMs);
    const found = new Set(find());
    left = left.filter((name) => found.has(name));
  }
  return left;
}

/** What is loaded that was not `before`, and is held by no process. */
function orphansSince(before: readonly Loaded[] | undefined): readonly Loaded[] {
  const now = before === undefined ? undefined : tryList();
  if (now === undefined) return [];
  const known = new Set(before?.map(({ id }) => id));
  if (now.every(({ id }) => known.has(id))) return [];
  return orphans(before ?? [], now, heldByProcesses());
}

/** Everything that is loaded; `undefined` where that cannot be found out, as when the file has given up its rights. */
function tryList(): readonly Loaded[] | undefined {
  try {
    return listLoaded(openNativeKernel());
  } catch (error) {
    if (error instanceof BpfError) return undefined;
    throw error;
  }
}

/** Everything in the BPF file systems of this mount namespace. */
function pins(): string[] {
  return mountPoints("bpf").flatMap((mount) =>
    readdirSync(mount, { recursive: true, encoding: "utf8" }).map((name) => `${mount}/${name}`),
  );
}
