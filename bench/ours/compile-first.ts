/**
 * compile-first SAMPLE: prints the milliseconds that the first compilation of a process takes, with reading the types
 * of the kernel. The library and the sample have been imported before.
 * @module
 */
import { compileSample, importSample, runningKernel } from "./samples.ts";

const sample = await importSample(process.argv[2]!);
const start = performance.now();
compileSample(sample, runningKernel());
console.log(JSON.stringify({ ms: performance.now() - start }));
