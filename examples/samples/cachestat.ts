/**
 * How well the page cache does: pages that were asked for, and those that had to be put in or were only written.
 *
 * Shows functions of the kernel as hooks (`fentry`), and counters in memory that user space reads without a call.
 * @module
 */
import { atomic, bpf, config, fentry, global, tpBtf, u32, u64 } from "ts-ebpf";

/** Pages of files that were read or written. */
export const accessed = global("accessed", u64, 0n);
/** Those that were not in the cache. */
export const added = global("added", u64, 0n);
/** Writes of pages, which are no reads: of files, and of the file systems' own. */
export const dirtied = global("dirtied", u64, 0n);
export const buffersDirtied = global("buffers_dirtied", u64, 0n);

/** Only this process; 0: everybody. */
export const targetPid = config("target_pid", u32, 0);

export const onAccess = fentry("folio_mark_accessed", () => {
  "use bpf";
  if (targetPid.value !== 0 && u32(bpf.getCurrentPidTgid() >> 32n) !== targetPid.value) return;
  atomic(accessed).value += 1n;
});

export const onAdd = fentry("filemap_add_folio", () => {
  "use bpf";
  if (targetPid.value !== 0 && u32(bpf.getCurrentPidTgid() >> 32n) !== targetPid.value) return;
  atomic(added).value += 1n;
});

export const onDirty = tpBtf("writeback_dirty_folio", () => {
  "use bpf";
  if (targetPid.value !== 0 && u32(bpf.getCurrentPidTgid() >> 32n) !== targetPid.value) return;
  atomic(dirtied).value += 1n;
});

export const onBufferDirty = fentry("mark_buffer_dirty", () => {
  "use bpf";
  if (targetPid.value !== 0 && u32(bpf.getCurrentPidTgid() >> 32n) !== targetPid.value) return;
  atomic(buffersDirtied).value += 1n;
});

/** Reads that the cache answered, and those it could not, as far as the counters tell. */
export function hitsAndMisses(counts: {
  readonly accessed: bigint;
  readonly added: bigint;
  readonly dirtied: bigint;
  readonly buffersDirtied: bigint;
}): { readonly hits: bigint; readonly misses: bigint } {
  const reads = positive(counts.accessed - counts.buffersDirtied);
  const misses = positive(counts.added - counts.dirtied);
  return { hits: positive(reads - misses), misses };
}

function positive(count: bigint): bigint {
  return count > 0n ? count : 0n;
}
