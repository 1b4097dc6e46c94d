/**
 * What the commands of bpf(2) are tried on: maps, programs, a control group, a folder for pins, some BTF.
 * @module
 */
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { littleEndian, viewOf } from "../../base/bytes.ts";
import { BtfWriter } from "../../btf/write/writer.ts";
import type { Handle } from "../../kernel/handle.ts";
import { isAtLeast } from "../../kernel/feature.ts";
import { loadReturning } from "../feature/smallest-program.ts";
import { mountPoints } from "../machine/mounts.ts";
import { openNativeKernel } from "../native-kernel.ts";

const kernel = openNativeKernel();

/** A hash of four-byte keys and eight-byte values. */
export const openHash = (mapName = "sys_test", maxEntries = 8): Handle =>
  kernel.bpf("mapCreate", { mapType: "hash", keySize: 4, valueSize: 8, maxEntries, mapName });
/** An array of four eight-byte values. */
export const openArray = (): Handle =>
  kernel.bpf("mapCreate", { mapType: "array", keySize: 4, valueSize: 8, maxEntries: 4 });

/** XDP that passes everything on; only ever run by hand. */
export const loadXdp = (): Handle =>
  loadReturning(kernel, 2, { progType: "xdp", progName: "sys_test" });
/** A program on a raw tracepoint that does nothing. */
export const loadRawTracepoint = (): Handle =>
  loadReturning(kernel, 0, { progType: "raw_tracepoint" });
/** Lets every packet through. */
export const loadCgroup = (): Handle =>
  loadReturning(kernel, 1, { progType: "cgroup_skb", expectedAttachType: "cgroup_inet_ingress" });

/** Hardly ever hit, and always there. */
export const rareTracepoint = "cgroup_rename";

/** The bytes of a key. */
export function key(number: number): Uint8Array {
  const bytes = new Uint8Array(4);
  viewOf(bytes).setUint32(0, number, littleEndian);
  return bytes;
}

/** The bytes of a value. */
export const value = (number: number): Uint8Array => Uint8Array.of(number, 0, 0, 0, 0, 0, 0, 0);

/** Runs `use` with a new cgroup that nobody is in. */
export function withCgroup(use: (cgroup: Handle) => void): void {
  const path = join(mountPoints("cgroup2")[0]!, `ts-ebpf-sys-${process.pid}`);
  mkdirSync(path);
  try {
    using cgroup = kernel.openPath(path);
    use(cgroup);
  } finally {
    rmdirSync(path);
  }
}

/** Runs `use` with a new folder on a bpffs. */
export function withPins(use: (folder: string) => void): void {
  const folder = mkdtempSync(join(mountPoints("bpf")[0]!, "ts-ebpf-"));
  try {
    use(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The map that is pinned as `map` in `folder`, for reading; by the folder's descriptor where the kernel takes one. */
export function openBelow(folder: string): Handle {
  using directory = kernel.openPath(folder);
  const below = { pathname: "map", directory, kind: "map", access: "read" } as const;
  if (isAtLeast(kernel.version, [6, 5])) return kernel.bpf("objGet", below);
  assert.throws(() => kernel.bpf("objGet", below), {
    name: "NotSupportedError",
    message: /since 6\.5/,
  });
  return kernel.bpf("objGet", { ...below, pathname: `${folder}/map`, directory: undefined });
}

/** Some BTF, as older kernels have none that has a number before anybody loads one. */
export function openBtf(): Handle {
  const writer = new BtfWriter();
  writer.add({ kind: "int", name: "int", size: 4, bits: 32, bitOffset: 0, encoding: "signed" });
  return kernel.bpf("btfLoad", { btf: writer.encode() });
}
