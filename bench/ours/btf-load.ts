/**
 * btf-load: answers with the milliseconds of CPU time from the file with the kernel's types to the members of a struct
 * found by name (`ms`), and to the end of a search through all types and names (`index`).
 *
 * Each round reads the file anew, as the library does where it needs the kernel's types, and keeps nothing. `memory` is by
 * how many MiB the process had grown at most when it had done so for the first time; what the engine compiled meanwhile,
 * and has not collected, counts. The file itself is memory of the kernel where it can be mapped, and counts where not.
 * @module
 */
import { parseBtf, type Btf } from "ts-ebpf/btf";
import { openNativeKernel } from "ts-ebpf/sys";
import { cpuNs, expect, serveRounds, type Answer } from "./rounds.ts";

const kernel = openNativeKernel();
const mebibyte = 2 ** 20;

const before = process.memoryUsage.rss();
load();
// The most it ever had, in KiB.
const memory = (process.resourceUsage().maxRSS * 1024 - before) / mebibyte;

await serveRounds(() => ({ ...load(), memory }));

function load(): Answer {
  const start = cpuNs();
  const btf = parseBtf(kernel.readBtf("vmlinux"), { path: "vmlinux" });
  expect("members", walkMembers(btf, "task_struct") > 0);
  const found = cpuNs();
  expect("no such type", btf.findByName("no type of this name") === undefined);
  const indexed = cpuNs();
  return { ms: (found - start) / 1e6, index: (indexed - start) / 1e6 };
}

/** Sum of the offsets of the members of a struct, in bits. */
function walkMembers(btf: Btf, name: string): number {
  const { members } = btf.typeByName(name, "struct");
  return members.reduce((sum, { bitOffset }) => sum + bitOffset, 0);
}
