/**
 * Offers each program of object files to the kernel by itself, for the corpus of the checker:
 * `EBPF_CHECKER_CORPUS=FOLDER node tools/checker/record-objects.ts FILE|FOLDER…`.
 *
 * Programs that only load along with others (replacements, structs of functions) are passed over. What the
 * kernel says is recorded by `record.ts`; nothing is attached.
 * @module
 */
import { globSync, statSync } from "node:fs";
import { join, relative } from "node:path";
import { openObjectFile, type OpenObject } from "../../packages/ebpf/src/collection/open-object.ts";
import { BpfError } from "../../packages/ebpf/src/base/errors.ts";
import { openNativeKernel } from "../../packages/ebpf/src/sys/native-kernel.ts";
import { recordAs } from "./record.ts";

const kernel = openNativeKernel();

function filesIn(path: string): readonly string[] {
  return statSync(path).isDirectory() ? globSync(join(path, "**/*.{o,elf}")).toSorted() : [path];
}

/** Names of the programs, in their order. */
function programsOf(object: OpenObject): readonly string[] {
  return Object.entries(object.spec).flatMap(([name, it]) => (it.kind === "program" ? [name] : []));
}

function offer(file: string, name: string, names: readonly string[]): void {
  const object = openObjectFile(kernel, file);
  object.change({ autoload: Object.fromEntries(names.map((other) => [other, other === name])) });
  recordAs(`${relative(process.cwd(), file).split("/").slice(-2).join("/")}:${name}`);
  object.load().close();
}

function tryTo(run: () => void): void {
  try {
    run();
  } catch (error) {
    if (!(error instanceof BpfError)) throw error;
  }
}

for (const file of process.argv.slice(2).flatMap(filesIn)) {
  tryTo(() => {
    const names = programsOf(openObjectFile(kernel, file));
    for (const name of names) tryTo(() => offer(file, name, names));
  });
}
