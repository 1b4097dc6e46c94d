/**
 * Where maps of eBPF lie in the memory of this process, from /proc/self/maps.
 *
 * The bridge hands out memory without its address, which nobody needs, but for arenas: programs store pointers there.
 * @module
 */
import { type Files, hostFiles } from "./files.ts";

/** Addresses at which a map of eBPF is mapped with `sizeBytes`; none where /proc is not there. */
export function mappedAddresses(sizeBytes: number, files: Files = hostFiles): readonly bigint[] {
  const text = files.text("/proc/self/maps") ?? "";
  // A line is `7f0000000000-7f0000001000 rw-s 00000000 00:0e 1234  anon_inode:bpf-map`.
  const lines = text.matchAll(/^([0-9a-f]+)-([0-9a-f]+) .*bpf-map$/gm);
  return [...lines]
    .map(([, start, end]) => [BigInt(`0x${start}`), BigInt(`0x${end}`)] as const)
    .filter(([start, end]) => Number(end - start) === sizeBytes)
    .map(([start]) => start);
}
