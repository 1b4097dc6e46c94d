import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, describe, it } from "node:test";
import { build, type Plugin, stop } from "esbuild";
import { isAtLeast } from "../kernel/feature.ts";
import { readVersion } from "../sys/machine/version.ts";
import { needs } from "../testing/needs.ts";
import { esbuild, type PluginOptions } from "./plugin.ts";

const programs = `import { arrayMap, bpf, config, kernel, kernelObject, rawTracepoint, u64 } from "ts-ebpf";
export const factor = BigInt(process.env.FACTOR ?? 3);
export const total = arrayMap("total", u64, 1);
export const step = config("step", u64, 2n);
const hidden = arrayMap("hidden", u64, 1);
function scaled(n: bigint): bigint {
  "use bpf";
  return n * factor;
}
const task = { label: "a", program: rawTracepoint("sys_enter", ({ args }) => {
  "use bpf";
  const found = total.lookup(0);
  const other = hidden.lookup(0);
  if (!found || !other) return -1;
  other.value += 1n;
  found.value += factor * step.value + args[0]! + other.value;
  return Number(found.value) + (kernelObject(kernel.task_struct, bpf.getCurrentTask()).tgid > 0 ? 1000 : 0);
}) };
export default { program: task.program };
export const { program } = task;
export const viaFunction = rawTracepoint("sys_enter", ({ args }) => {
  "use bpf";
  return Number(scaled(args[0]!));
});
`;

const app = `import { registerHooks } from "node:module";
import { load } from "ts-ebpf";
import { NotSupportedError } from "ts-ebpf/kernel";
import { openNativeKernel } from "ts-ebpf/sys";
import { program, step, total, viaFunction } from "./programs.bpf.ts";
const loaded: string[] = [];
registerHooks({ load: (url, context, next) => (loaded.push(url), next(url, context)) });
const { RELOCATOR: relocator, REFUSES: refuses } = process.env as { RELOCATOR?: "library"; REFUSES?: string };
const kernel = openNativeKernel();
const { readBtf, bpf } = kernel;
let typesRead = 0;
let btfs = 0;
kernel.readBtf = (name) => (typesRead++, readBtf.call(kernel, name));
kernel.bpf = (command: any, given: any) => {
  if (refuses === "relocations" && given.coreRelos) throw new NotSupportedError("relocating");
  if (refuses === "types" && command === "btfLoad" && btfs++ === 0) throw new NotSupportedError("types");
  return bpf.call(kernel, command, given);
};
try {
  step.value = 5n;
  using live = await load({ total, program, viaFunction }, { kernel, relocator });
  const context = new Uint8Array(new BigInt64Array([7n, ...Array(11).fill(0n)]).buffer);
  const results = [live.program, live.program, live.viaFunction].map((one) => one.run({ context }).returnValue);
  console.log(JSON.stringify({
    typesRead, results, total: String(live.total.get(0)), maps: [...live.maps.keys()].sort(),
    compiler: loaded.some((url) => /compile-program|oxc/.test(url)),
    lines: live.program.spec.instructions.find(({ source }) => source !== undefined)?.source,
  }));
} catch (error) {
  console.log(JSON.stringify({ message: (error as Error).message, hint: (error as any).hint }));
}
try {
  (program.code as (given: object) => void)({ args: [] });
} catch (error) {
  console.log(JSON.stringify({ called: (error as Error).message }));
}
`;

/** Whether this kernel relocates programs: then nobody reads its types. */
const relocatesItself = isAtLeast(readVersion(), [5, 17]);

const library = join(import.meta.dirname, "../..");

describe("programs that are compiled when they are bundled", needs("root", "bpf", "btf"), () => {
  let project: string;

  const write = (path: string, text: string): string => {
    const file = join(project, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
    return file;
  };

  before(() => {
    project = realpathSync(mkdtempSync(join(tmpdir(), "ahead-")));
    mkdirSync(join(project, "node_modules"));
    symlinkSync(library, join(project, "node_modules/ts-ebpf"));
    write("package.json", '{ "name": "project", "type": "module" }');
    write("src/programs.bpf.ts", programs);
    write("src/app.ts", app);
  });
  after(async () => {
    rmSync(project, { recursive: true });
    // The bundler's own process, and the sockets to it.
    await stop();
  });

  const bundle = async (options: PluginOptions = {}): Promise<{ file: string; text: string }> => {
    const { outputFiles } = await build({
      entryPoints: [join(project, "src/app.ts")],
      bundle: true,
      platform: "node",
      format: "esm",
      target: "node24",
      external: ["ts-ebpf"],
      plugins: [esbuild({ aheadOfTime: /\.bpf\.ts$/, ...options }) as Plugin],
      write: false,
      logLevel: "silent",
    });
    const { text } = outputFiles[0]!;
    return { file: write("dist/app.mjs", text), text };
  };

  const run = (file: string, environment: NodeJS.ProcessEnv = {}): readonly unknown[] =>
    execFileSync(process.execPath, ["--conditions=@ts-ebpf/source", file], {
      cwd: project,
      encoding: "utf8",
      env: { PATH: process.env["PATH"], NODE_OPTIONS: "", ...environment },
    })
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as unknown);

  it("load without the compiler, with the variables as they are then", async () => {
    const { file } = await bundle();
    const [shown, called] = run(file) as [{ lines: { file: string; line: number } }, unknown];
    assert.deepEqual(
      { ...shown, lines: [shown.lines.file, shown.lines.line] },
      {
        typesRead: relocatesItself ? 0 : 1,
        // 3 * 5 + 7 + 1, then the same + 2 on top; a task has an id.
        results: [1023, 1047, 21],
        total: "47",
        maps: ["hidden", "step", "total"],
        compiler: false,
        lines: ["src/programs.bpf.ts", 12],
      },
    );
    const message = "program was compiled when it was bundled, and cannot be called";
    assert.deepEqual(called, { called: message });
  });

  it("are relocated by the library when they shall be, or when the kernel refuses to", async () => {
    const { file } = await bundle();
    for (const environment of [
      { RELOCATOR: "library" },
      { REFUSES: "relocations" },
      { REFUSES: "types" },
    ]) {
      const [shown] = run(file, environment) as [{ results: number[]; typesRead: number }];
      assert.deepEqual([shown.results, shown.typesRead], [[1023, 1047, 21], 1]);
    }
  });

  it("can keep silent about their source", async () => {
    const { file, text } = await bundle({ lineInfo: false });
    const [shown] = run(file) as [{ results: number[]; lines?: unknown }];
    assert.deepEqual([shown.results, shown.lines], [[1023, 1047, 21], undefined]);
    assert.doesNotMatch(text, /other\.value|kernelObject|"use bpf"/);
  });

  it("refuse constants that are other ones than they were compiled with", async () => {
    const { file } = await bundle();
    assert.deepEqual(run(file, { FACTOR: "4" })[0], {
      message: 'function "program" was compiled with factor = 3, and now it is 4',
      hint: 'what changes from run to run is a variable: config("factor", …)',
    });
  });

  it("are told by what is wrong with them", async () => {
    write("src/programs.bpf.ts", programs.replace("return Number(scaled", "return eval(scaled"));
    await assert.rejects(bundle(), /programs\.bpf\.ts:23:10 - error: eval cannot be called/);
    write("src/programs.bpf.ts", programs);
  });

  it("need the types of a kernel", async () => {
    await assert.rejects(bundle({ btf: join(project, "package.json") }), /no types of a kernel/);
  });
});
