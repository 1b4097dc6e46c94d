/**
 * Refuses to open some files, whoever asks and by whatever name: a security module of forty lines.
 *
 * Needs `bpf` among the active security modules (`lsm=…,bpf` on the kernel's command line).
 * @module
 */
import { statSync } from "node:fs";
import { bpf, chars, hashMap, lsm, ringbuf, struct, u32, u64 } from "ts-ebpf";

const EACCES = 13;
const FMODE_WRITE = 2;

const FileId = struct("file_id", { device: u64, inode: u64 });
const Refusal = struct("refusal", { pid: u32, mode: u32, comm: chars(16), path: chars(128) });

/** Files nobody opens; with `FMODE_WRITE` they can still be read. */
export const denied = hashMap("denied", FileId, u32, 1024);
export const refusals = ringbuf("refusals", Refusal, 1 << 16);

export const denyOpen = lsm("file_open", (file) => {
  "use bpf";
  const inode = file.f_inode;
  const mode = denied.lookup(FileId({ device: u64(inode.i_sb.s_dev), inode: inode.i_ino }));
  if (!mode) return 0;
  if (mode.value === FMODE_WRITE && (file.f_mode & FMODE_WRITE) === 0) return 0;
  const refusal = refusals.reserve();
  if (refusal) {
    refusal.pid = u32(bpf.getCurrentPidTgid() >> 32n);
    refusal.mode = file.f_mode;
    refusal.comm = bpf.getCurrentComm();
    refusal.path = bpf.dPath(file.f_path);
    refusals.submit(refusal);
  }
  return -EACCES;
});

/** The key of a file in `denied`. The kernel counts devices by 12 bits of major and 20 of minor number. */
export function fileId(path: string): { readonly device: bigint; readonly inode: bigint } {
  const { dev, ino } = statSync(path, { bigint: true });
  const major = (dev >> 8n) & 0xfffn;
  const minor = (dev & 0xffn) | ((dev >> 12n) & 0xfff00n);
  return { device: (major << 20n) | minor, inode: ino };
}
