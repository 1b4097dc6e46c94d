/**
 * The output of `bpf_trace_printk`, which the kernel writes into its trace buffers.
 *
 * Each reader of a trace buffer takes what it reads away from the others. A tracing instance is a buffer of its own, into
 * which the event behind `bpf_trace_printk` can be switched besides; it is a folder that is made and removed here.
 * Source: Documentation/trace/ftrace.rst, "Instances"; kernel/trace/bpf_trace.h.
 * @module
 */
import { constants, existsSync, mkdirSync, rmdirSync, writeFileSync } from "node:fs";
import type { Bridge } from "@ts-ebpf/native";
import type { TracePipe, TraceSource } from "../../kernel/event-ring.ts";
import { NotSupportedError } from "../../kernel/errors.ts";
import { fromSystem, type Operation } from "../call/failure.ts";
import { openFile } from "../fd.ts";
import { hostFiles } from "../machine/files.ts";
import { tracefsFolder } from "./tracefs.ts";

const prefix = "ts-ebpf-";
const printkEvent = "events/bpf_trace/bpf_trace_printk/enable";
let made = 0;

/**
 * Opens the trace output. Minimum kernel 5.9 for an own buffer. Privileges: write access to tracefs, of root.
 * @throws {NotSupportedError} when tracefs is not mounted, or the kernel is too old for an own buffer.
 */
export function openTracePipe(bridge: Bridge, source: TraceSource): TracePipe {
  const folder = tracefsFolder();
  return source === "shared" ? openPipe(bridge, folder) : openInstance(bridge, folder);
}

/** The pipe of one buffer, and what is to be done when it is closed. */
function openPipe(bridge: Bridge, folder: string, afterwards?: () => void): TracePipe {
  const path = `${folder}/trace_pipe`;
  const flags = constants.O_RDONLY | constants.O_NONBLOCK;
  const operation: Operation = {
    text: `open ${path}`,
    meanings: { EBUSY: { reason: "somebody else reads it" } },
  };
  const handle = openFile(bridge, path, { flags, operation });
  const close = (): void => {
    if (handle.closed) return;
    handle.close();
    afterwards?.();
  };
  return { handle, close, [Symbol.dispose]: close };
}

function openInstance(bridge: Bridge, tracefs: string): TracePipe {
  const instances = `${tracefs}/instances`;
  removeAbandoned(instances);
  const folder = `${instances}/${prefix}${process.pid}-${++made}`;
  fromSystem({ text: `make the trace buffer ${folder}` }, () => mkdirSync(folder));
  using stack = new DisposableStack();
  const remove = (): void => fromSystem({ text: `remove ${folder}` }, () => rmdirSync(folder));
  stack.defer(remove);
  if (hostFiles.text(`${folder}/${printkEvent}`) === undefined) {
    throw new NotSupportedError("trace output in a buffer of one's own", {
      since: [5, 9],
      hint: 'read the machine\'s one: { source: "shared" }',
    });
  }
  fromSystem({ text: `switch on ${printkEvent}` }, () =>
    writeFileSync(`${folder}/${printkEvent}`, "1"),
  );
  const pipe = openPipe(bridge, folder, remove);
  stack.move();
  return pipe;
}

/** Buffers of processes that ended without removing theirs. Those in use are busy besides, and stay. */
function removeAbandoned(instances: string): void {
  for (const name of hostFiles.names(instances) ?? []) {
    if (
      !name.startsWith(prefix) ||
      existsSync(`/proc/${Number.parseInt(name.slice(prefix.length), 10)}`)
    )
      continue;
    try {
      rmdirSync(`${instances}/${name}`);
    } catch {
      // in use
    }
  }
}
