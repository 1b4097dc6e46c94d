/**
 * Control groups for tests.
 * @module
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, rmdirSync } from "node:fs";
import { assert } from "../base/assert.ts";
import { mountPoints } from "../sys/machine/mounts.ts";

/** A control group of a test, which only processes of the test belong to. */
export interface TestCgroup extends Disposable {
  readonly folder: string;
  /** Runs a command of the shell inside of the group until it ends; returns its exit code. */
  readonly run: (command: string) => number;
}

/** Only a hanging command needs it; emulated machines say how much slower they are. */
const timeout = 120_000 * Number(process.env["EBPF_TEST_SLOWNESS"] ?? 1);
let made = 0;

/** Makes a control group; disposing removes it. */
export function makeCgroup(): TestCgroup {
  const [root] = mountPoints("cgroup2");
  assert(root !== undefined, "control groups of version 2 are mounted");
  const folder = `${root}/ts-ebpf-test-${process.pid}-${made++}`;
  mkdirSync(folder);
  return {
    folder,
    run: (command) => runInside(folder, command),
    [Symbol.dispose]: () => removeGroup(folder),
  };
}

const pauseMs = 5;
const never = new Int32Array(new SharedArrayBuffer(4));

/** A process that has ended may belong to its group for a moment more. */
function removeGroup(folder: string): void {
  const deadline = Date.now() + timeout;
  for (;;) {
    try {
      return rmdirSync(folder);
    } catch (error) {
      const isBusy = (error as NodeJS.ErrnoException).code === "EBUSY";
      if (!isBusy || Date.now() > deadline) throw error;
      Atomics.wait(never, 0, 0, pauseMs);
    }
  }
}

function runInside(folder: string, command: string): number {
  const script = `echo $$ > ${folder}/cgroup.procs || exit 99; ${command}`;
  const { status } = spawnSync("bash", ["-c", script], { timeout });
  return status ?? -1;
}
