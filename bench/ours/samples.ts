/**
 * The samples as the benchmarks use them: what their files export, and what to compile it for.
 * @module
 */
import { readFileSync } from "node:fs";
import { release } from "node:os";
import { join } from "node:path";
import type { CollectionSpec } from "ts-ebpf";
import { parseBtf } from "ts-ebpf/btf";
import { compileCollection, type CompiledCollection, type CompileTarget } from "ts-ebpf/compiler";

const folder = join(import.meta.dirname, "../../examples/samples");

/** The maps and programs that a sample exports. */
export async function importSample(name: string): Promise<CollectionSpec> {
  const exported = (await import(join(folder, `${name}.ts`))) as Record<string, unknown>;
  return Object.fromEntries(
    Object.entries(exported).filter(([, value]) => isSpec(value)),
  ) as CollectionSpec;
}

/** The running kernel, in instructions that clang's `-mcpu=v3` has too. */
export function runningKernel(): CompileTarget {
  const path = "/sys/kernel/btf/vmlinux";
  const [major = 0, minor = 0] = release().split(".").map(Number);
  return {
    btf: parseBtf(readFileSync(path), { path }),
    kernelVersion: major * 1000 + minor,
    isaVersion: 3,
  };
}

/** A sample, compiled. */
export function compileSample(sample: CollectionSpec, target: CompileTarget): CompiledCollection {
  return compileCollection(sample, target);
}

function isSpec(value: unknown): boolean {
  return typeof value === "object" && value !== null && "kind" in value;
}
