/**
 * What is neither a kind of object nor part of a program.
 * @module
 */
import { NotSupportedError } from "../../kernel/errors.ts";
import type { Kernel } from "../../kernel/kernel.ts";
import type { KernelVersion } from "../../kernel/feature.ts";
import { hostFiles } from "../machine/files.ts";
import type { Feature } from "./feature.ts";
import { kernelTypes } from "./kernel-types.ts";

type Row = readonly [name: string, since: KernelVersion, probe: Feature["probe"]];

const rows: readonly Row[] = [
  ["BTF of the kernel", [5, 4], (kernel) => void kernelTypes(kernel)],
  ["batch operations on hash maps", [5, 6], probeBatch],
  ["global data in read-only maps", [5, 2], probeFreeze],
  // The files are there exactly when perf_event_open(2) takes the kind of event.
  ["kprobe events", [4, 17], () => expectEventSource("kprobe")],
  ["uprobe events", [4, 17], () => expectEventSource("uprobe")],
];

/** One row for each. */
export const systemFeatures: readonly Feature[] = rows.map(([name, since, probe]) => ({
  name,
  group: "system",
  since,
  probe,
}));

function probeBatch(kernel: Kernel): void {
  const shape = { keySize: 4, valueSize: 4, maxEntries: 1 };
  using map = kernel.bpf("mapCreate", { mapType: "hash", ...shape });
  const [keys, values] = [new Uint8Array(4), new Uint8Array(4)];
  const { error } = kernel.bpf("mapUpdateBatch", { map, keys, values, count: 1 });
  if (error !== undefined) throw error;
}

function probeFreeze(kernel: Kernel): void {
  const shape = { keySize: 4, valueSize: 4, maxEntries: 1 };
  using map = kernel.bpf("mapCreate", { mapType: "array", ...shape, mapFlags: ["rdonly_prog"] });
  kernel.bpf("mapFreeze", { map });
}

function expectEventSource(name: string): void {
  const folder = `/sys/bus/event_source/devices/${name}`;
  if (hostFiles.names(folder) !== undefined) return;
  throw new NotSupportedError(`${name} events: ${folder} is not there`);
}
