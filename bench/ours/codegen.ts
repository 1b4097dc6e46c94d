/**
 * codegen SAMPLE…: answers with the instructions of all programs of each sample, as 8-byte slots, and their `total`.
 * @module
 */
import { slotCount } from "ts-ebpf/isa";
import { serveRounds, type Answer } from "./rounds.ts";
import { compileSample, importSample, runningKernel } from "./samples.ts";

const target = runningKernel();
const names = process.argv.slice(2);

await serveRounds(round);

async function round(): Promise<Answer> {
  const counts: Record<string, number> = {};
  for (const name of names) counts[name] = await countSlots(name);
  const total = Object.values(counts).reduce((sum, count) => sum + count, 0);
  return { ...counts, total };
}

async function countSlots(name: string): Promise<number> {
  const { programs } = compileSample(await importSample(name), target);
  return [...programs.values()]
    .flatMap(({ spec }) => spec.instructions)
    .reduce((sum, instruction) => sum + slotCount(instruction), 0);
}
