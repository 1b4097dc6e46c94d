/**
 * Makes the corpus: `node tools/objects/make.ts [FOLDER]`: several hundred real objects to compare loaders on.
 *
 * Everything that the installed compilers accept is kept; the rest is counted and its first diagnostic printed.
 * Sources that do not mention a byte order are compiled for the other one, too.
 * @module
 */
import { execFile, execFileSync } from "node:child_process";
import { closeSync, existsSync, globSync, mkdirSync, openSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { compiledObjects, corpusFolder, type Source, sources } from "./sources.ts";

const run = promisify(execFile);

/** One run of a compiler. */
interface Job {
  readonly source: Source;
  readonly compiler: string;
  readonly target: "bpfel" | "bpfeb";
  readonly object: string;
}

const compilers = ["clang-19", "clang-16", "clang-14"].filter((name) =>
  existsSync(`/usr/bin/${name}`),
);

async function main(folder: string): Promise<void> {
  const vmlinux = join(folder, "vmlinux");
  writeVmlinux(vmlinux);
  const objects = join(folder, "objects");
  for (const [name, bytes] of compiledObjects(folder)) {
    const target = join(objects, name);
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, bytes);
  }
  const jobs = sources(folder, vmlinux).flatMap((source) => jobsOf(source, objects));
  const refused = await compileAll(jobs);
  for (const [name, why] of refused) console.log(`${name}: ${why}`);
  console.log(
    `${globSync("**/*.{o,elf}", { cwd: objects }).length} objects, ${refused.size} sources refused`,
  );
}

function writeVmlinux(folder: string): void {
  const file = join(folder, "vmlinux.h");
  if (existsSync(file)) return;
  mkdirSync(folder, { recursive: true });
  const output = openSync(file, "w");
  const words = ["btf", "dump", "file", "/sys/kernel/btf/vmlinux", "format", "c"];
  execFileSync("bpftool", words, { stdio: ["ignore", output, "inherit"] });
  closeSync(output);
}

function jobsOf(source: Source, objects: string): readonly Job[] {
  const compiler = source.name.startsWith("linux-6.12/") ? compilers[0]! : compilers.at(-1)!;
  const little = {
    source,
    compiler,
    target: "bpfel",
    object: join(objects, `${source.name}.o`),
  } as const;
  if (!/\/(test_|bpf_)?[b-f]\w*$/.test(source.name)) return [little];
  return [little, { ...little, target: "bpfeb", object: join(objects, `${source.name}-eb.o`) }];
}

/** Compiles on as many processors as there are; returns the first diagnostic of each source that was refused. */
async function compileAll(jobs: readonly Job[]): Promise<ReadonlyMap<string, string>> {
  const refused = new Map<string, string>();
  const waiting = jobs.values();
  const work = async (): Promise<void> => {
    for (const job of waiting) {
      const why = await compile(job);
      if (why !== undefined) refused.set(`${job.source.name} (${job.target})`, why);
    }
  };
  await Promise.all([work(), work()]);
  return refused;
}

async function compile({ source, compiler, target, object }: Job): Promise<string | undefined> {
  if (existsSync(object)) return undefined;
  mkdirSync(dirname(object), { recursive: true });
  const order = target === "bpfel" ? "-mlittle-endian" : "-mbig-endian";
  const includes = source.includes.map((folder) => `-I${folder}`);
  const options = ["-O2", "-g", "-target", target, order, "-mcpu=v3", "-w", "-D__TARGET_ARCH_x86"];
  const extra = ["-DENABLE_ATOMICS_TESTS", "-DCAN_USE_GOTOL", "-fno-stack-protector"];
  try {
    const words = [...options, ...extra, ...includes, "-c", source.file, "-o", object];
    await run(compiler, words, { timeout: 60_000, maxBuffer: 1 << 26 });
    return undefined;
  } catch (error) {
    const text = String((error as { stderr?: string }).stderr ?? error);
    return /error: .*/.exec(text)?.[0] ?? text.slice(0, 200);
  }
}

await main(process.argv[2] ?? corpusFolder);
