/**
 * Executions for tests.
 * @module
 */
import { ExecHead, type ExecEvent, type ExecRecord } from "../trace/exec/exec-event.ts";

/** An execution of `ls -l`, with these differences. */
export function execEvent(differences: Partial<ExecEvent> = {}): ExecEvent {
  return {
    timeUs: Date.UTC(2026, 10, 21, 12, 0, 0, 123) * 1000 + 456,
    pid: 4711,
    ppid: 4700,
    uid: 0,
    command: "ls",
    file: "/usr/bin/ls",
    arguments: ["ls", "-l"],
    truncated: false,
    ...differences,
  };
}

/** What of a record differs from what its texts say. */
export interface RecordOptions {
  readonly argumentBytesGiven?: number;
}

/** The record that the kernel half makes of an execution; texts are given with the zero bytes they have in memory. */
export function execRecord(file: string, words: string, options: RecordOptions = {}): ExecRecord {
  const texts = [file, words].map((text) => new TextEncoder().encode(text));
  const [{ length: fileBytes }, { length: argumentBytes }] = texts as [Uint8Array, Uint8Array];
  const event = {
    timeUs: 1000,
    pid: 4711,
    ppid: 4700,
    uid: 33,
    fileBytes,
    argumentBytes,
    argumentBytesGiven: options.argumentBytesGiven ?? argumentBytes,
    command: "ls",
  };
  const bytes = new Uint8Array(ExecHead.size + fileBytes + argumentBytes);
  ExecHead.write(new DataView(bytes.buffer), 0, event);
  bytes.set(texts[0]!, ExecHead.size);
  bytes.set(texts[1]!, ExecHead.size + fileBytes);
  return { event, bytes };
}
