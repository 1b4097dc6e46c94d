/**
 * Executions as they travel from the kernel: a fixed head, the path of the file, and the arguments.
 *
 *     +------+---------------------------+----------------------------------+
 *     | head | path of the file, NUL     | arguments, each ended by a NUL   |
 *     +------+---------------------------+----------------------------------+
 *      48     head.fileBytes, ≤ 4096      head.argumentBytes, ≤ 16384
 *
 * The record is as long as its contents, so that a short command line takes little of the ring buffer.
 * @module
 */
import { chars, struct, u32, u53, type StructLayout } from "ts-ebpf/layout";

const fields = {
  /** Microseconds of the monotonic clock. */
  timeUs: u53,
  pid: u32,
  ppid: u32,
  uid: u32,
  fileBytes: u32,
  /** Bytes of arguments in the record. */
  argumentBytes: u32,
  /** Bytes of arguments that the process was given. */
  argumentBytesGiven: u32,
  command: chars(16),
};

/** The head of a record. */
export const ExecHead: StructLayout<typeof fields> = struct("exec_head", fields);

/** Longest path that is recorded, with its NUL: PATH_MAX in include/uapi/linux/limits.h. */
export const fileBytesMax = 4096;
/** Most bytes of arguments that are recorded. */
export const argumentBytesMax = 16_384;
/** Longest record. */
export const recordBytesMax: number = ExecHead.size + fileBytesMax + argumentBytesMax;

const decoder = new TextDecoder();

/** The arguments in a record, separated by blanks. */
export function argumentsIn(bytes: Uint8Array, fileBytes: number): string {
  const text = decoder.decode(bytes.subarray(ExecHead.size + fileBytes));
  return text.replace(/\0$/, "").replaceAll("\0", " ");
}
