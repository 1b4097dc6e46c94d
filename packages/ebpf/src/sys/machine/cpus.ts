/**
 * Which CPUs the machine has, from the lists in /sys/devices/system/cpu (Documentation/admin-guide/cputopology.rst).
 *
 * Possible CPUs are those that could ever be plugged in: per-CPU maps hold a value for each. Numbers may have holes,
 * so a list of numbers is returned and not a count.
 * @module
 */
import { availableParallelism } from "node:os";
import type { CpuTopology } from "../../kernel/kernel.ts";
import { type Files, hostFiles } from "./files.ts";

/** The CPUs of this machine. Without /sys, as many as the process may use, without holes. */
export function readCpus(files: Files = hostFiles): CpuTopology {
  const fallback = Array.from({ length: availableParallelism() }, (_, cpu) => cpu);
  const read = (name: string): readonly number[] | undefined => {
    const text = files.text(`/sys/devices/system/cpu/${name}`);
    return text === undefined ? undefined : parseCpuList(text);
  };
  const possible = read("possible") ?? fallback;
  return { possible, online: read("online") ?? possible };
}

/** `[0, 1, 2, 5]` from `"0-2,5\n"`; empty from a list of none. */
export function parseCpuList(text: string): readonly number[] {
  return text
    .trim()
    .split(",")
    .filter((range) => range !== "")
    .flatMap((range) => {
      const [first, last = first] = range.split("-").map(Number);
      return Array.from({ length: last! - first! + 1 }, (_, index) => first! + index);
    });
}
