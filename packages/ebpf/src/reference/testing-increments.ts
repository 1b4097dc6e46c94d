/**
 * A process that runs a program many times, so that a test can see what happens at the same time: its arguments are the
 * program's id and how often.
 * @module
 */
import type { ProgramId } from "../kernel/handle.ts";
import { openNativeKernel } from "../sys/native-kernel.ts";

const [id, repeat] = process.argv.slice(2).map(Number);
const kernel = openNativeKernel();
using prog = kernel.bpf("progGetFdById", { id: id as ProgramId });
kernel.bpf("progTestRun", { prog, repeat, dataIn: new Uint8Array(64) });
