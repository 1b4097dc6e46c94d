/**
 * The process that is running: who it is, whose it is, what it is called.
 *
 * Kernel words: the `tgid` is what people call the process id, the `pid` is the id of one thread. All of these are
 * calls, so r0 to r5 are overwritten; `dst` may be any register.
 * @module
 */
import { r0, type Register } from "../../isa/register.ts";
import { mov, mov32, rsh } from "../alu.ts";
import type { Item } from "../assemble.ts";
import { call } from "../call.ts";
import type { SizedPlace } from "../place.ts";

/** Id of the thread. Minimum kernel 4.2. */
export function currentPid(dst: Register): Item {
  return [call("get_current_pid_tgid"), mov32(dst, r0)];
}

/** Id of the process. Minimum kernel 4.2. */
export function currentTgid(dst: Register): Item {
  return [call("get_current_pid_tgid"), upperHalf(dst)];
}

/** User id. Minimum kernel 4.2. */
export function currentUid(dst: Register): Item {
  return [call("get_current_uid_gid"), mov32(dst, r0)];
}

/** Group id. Minimum kernel 4.2. */
export function currentGid(dst: Register): Item {
  return [call("get_current_uid_gid"), upperHalf(dst)];
}

/** Name of the command, ended by a zero byte, into `to`, which is 16 bytes as the kernel's. Minimum kernel 4.2. */
export function currentComm(to: SizedPlace): Item {
  return call("get_current_comm", to, to.size);
}

function upperHalf(dst: Register): Item {
  return dst === r0 ? rsh(r0, 32) : [mov(dst, r0), rsh(dst, 32)];
}
