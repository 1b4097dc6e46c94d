/**
 * Executions as they travel from the kernel: a fixed head, the path of the file, and the arguments.
 *
 *     +------+---------------------------+----------------------------------+
 *     | head | path of the file, NUL     | arguments, each ended by a NUL   |
 *     +------+---------------------------+----------------------------------+
 *      48     head.fileBytes, ≤ 4096      head.argumentBytes, ≤ 16384
 *
 * The record is as long as its contents, so that a short command line takes little of the ring buffer. Texts are any bytes;
 * what is not UTF-8 is shown as U+FFFD.
 * @module
 */
import { chars, struct, u32, u53, type Infer, type StructLayout } from "ts-ebpf/layout";

const fields = {
  /** Microseconds of the monotonic clock; unlike nanoseconds they fit a double for ever. */
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

/** One execution of a program. */
export interface ExecEvent {
  /** Microseconds of the clock that {@link decodeExec} was given a translation to. */
  readonly timeUs: number;
  /** The process, as the machine (not a container) numbers it. */
  readonly pid: number;
  /** Its parent. */
  readonly ppid: number;
  /** Its real user. */
  readonly uid: number;
  /** The kernel's name for the process: the last part of the path, at most 15 bytes. */
  readonly command: string;
  /** Path of the file, as it was given to execve(2). */
  readonly file: string;
  /** All arguments from the first, which usually repeats the name. */
  readonly arguments: readonly string[];
  /** Whether arguments are missing: there were too many bytes of them, or they could not be read. */
  readonly truncated: boolean;
}

/** A record, as a ring buffer's reader hands it out. */
export interface ExecRecord {
  /** Its head. */
  readonly event: Infer<typeof ExecHead>;
  /** All of it. */
  readonly bytes: Uint8Array;
}

const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** The execution in `record`; `wallUs` turns microseconds of the monotonic clock into those of the calendar's. */
export function decodeExec(record: ExecRecord, wallUs: (monotonicUs: number) => number): ExecEvent {
  const { event: head, bytes } = record;
  const wordsStart = ExecHead.size + head.fileBytes;
  // The path ends with a NUL, unless it could not be read.
  const file = bytes.subarray(ExecHead.size, Math.max(wordsStart - 1, ExecHead.size));
  const words = bytes.subarray(wordsStart, wordsStart + head.argumentBytes);
  return {
    timeUs: wallUs(head.timeUs),
    pid: head.pid,
    ppid: head.ppid,
    uid: head.uid,
    command: head.command,
    file: decoder.decode(file),
    arguments: splitArguments(decoder.decode(words)),
    truncated: head.argumentBytes < head.argumentBytesGiven,
  };
}

/** The arguments in text where a NUL ends each; the last one may lack it. */
export function splitArguments(text: string): string[] {
  if (text === "") return [];
  return (text.endsWith("\0") ? text.slice(0, -1) : text).split("\0");
}
