/**
 * Prints the next five executions with their arguments: all, or those by children of the processes on the command line.
 * @module
 */
import { kernelBtf, load } from "ts-ebpf";
import { openNativeKernel } from "ts-ebpf/sys";
import { execFields } from "./exec-fields.ts";
import { execTracer } from "./exec-program.ts";
import { argumentsIn } from "./exec-record.ts";

const kernel = openNativeKernel();
const fields = execFields(kernelBtf(kernel));
const filters = { pids: [], parents: process.argv.slice(2).map(Number), uids: [], commands: [] };

await using tracer = await load(execTracer({ fields, filters, ringBytes: 1 << 20 }), { kernel });
tracer.attach();
const { promise: seenAll, resolve } = Promise.withResolvers<void>();
let left = 5;
using _consumer = tracer.events.consume(({ event, bytes }) => {
  if (left > 0) console.log(event.pid, event.command, argumentsIn(bytes, event.fileBytes));
  left -= 1;
  if (left === 0) resolve();
});
await seenAll;
