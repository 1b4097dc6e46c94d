/**
 * Helpers of programs at hooks of security modules: programs that are executed, and what files are and hold
 * (kernel/bpf/bpf_lsm.c, net/core/sock_map.c, security/integrity/ima/ima_main.c).
 * @module
 */
import type { BtfField } from "../../btf/member-walk.ts";
import type { Core } from "../core.ts";
import { failed } from "../errno.ts";
import type { Machine } from "../vm/machine.ts";
import { type HelperGroup, u32Of, u64Of, writable } from "./context.ts";

/** BPF_F_BPRM_SECUREEXEC of include/uapi/linux/bpf.h. */
const secureExecution = 1n;
/** The name under which the kernel has what files do that are sockets. */
const socketOperations = "socket_file_ops";

/** A hash of what a file holds. */
export interface InodeHash {
  /** `HASH_ALGO_…` of include/uapi/linux/hash_info.h: 4 is SHA-256. */
  readonly algorithm: number;
  readonly digest: Uint8Array;
}

/** Makes a member of one bit 0 or 1. */
function putBit({ memory }: Core, struct: bigint, { bitOffset }: BtfField, bit: bigint): void {
  const [address, shift] = [struct + BigInt(bitOffset >> 3), BigInt(bitOffset & 7)];
  const others = memory.load(address, 1) & ~(1n << shift);
  memory.store(address, 1, others | (bit << shift));
}

function pointerIn(core: Core, struct: bigint, name: string, member: string): bigint {
  return core.memory.load(struct + BigInt(core.types.btf.member(name, member).offset), 8);
}

/** Copies as much as there is room for of the hash that a test said an inode has; returns which algorithm it is of. */
function copyHash(machine: Machine, { inodeHashes }: Core, inode: bigint): number {
  const target = writable(machine, 2, u32Of(machine, 3));
  const found = inodeHashes.get(inode);
  if (found === undefined) return failed.operationNotSupported;
  target.set(found.digest.subarray(0, target.length));
  return found.algorithm;
}

/** Execution and files. */
export const securityHelpers: HelperGroup = {
  bprm_opts_set: (machine, core) => {
    const [program, flags] = [u64Of(machine, 1), u64Of(machine, 2)];
    if ((flags & ~secureExecution) !== 0n) return failed.invalid;
    putBit(core, program, core.types.btf.member("linux_binprm", "secureexec"), flags);
    return 0;
  },
  sock_from_file: (machine, core) => {
    const file = u64Of(machine, 1);
    const isSocket =
      pointerIn(core, file, "file", "f_op") === core.symbols.addressOf(socketOperations);
    return isSocket ? pointerIn(core, file, "file", "private_data") : 0n;
  },
  ima_inode_hash: (machine, core) => copyHash(machine, core, u64Of(machine, 1)),
  ima_file_hash: (machine, core) =>
    copyHash(machine, core, pointerIn(core, u64Of(machine, 1), "file", "f_inode")),
};
