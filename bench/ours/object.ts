/**
 * object SAMPLE FILE: a round compiles the sample and writes it into an object file.
 * @module
 */
import { writeFileSync } from "node:fs";
import { writeObject } from "ts-ebpf/compiler";
import { expect, serveRounds, type Answer } from "./rounds.ts";
import { compileSample, importSample, runningKernel } from "./samples.ts";

const [, , name, file] = process.argv;
expect("a sample and a file", name !== undefined && file !== undefined);
const target = { ...runningKernel(), portable: true };

await serveRounds(round);

async function round(): Promise<Answer> {
  const { spec } = compileSample(await importSample(name!), target);
  const object = writeObject(spec, { kernel: target.btf });
  writeFileSync(file!, object);
  return { bytes: object.length };
}
