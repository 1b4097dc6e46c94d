import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, describe, it } from "node:test";
import { type BuildOptions, type Plugin, build } from "esbuild";
import { esbuild, rolldown, rollup, vite, webpack } from "./plugin.ts";

const here = (name: string): string => JSON.stringify(join(import.meta.dirname, name));
const register = new URL("register.ts", import.meta.url).href;

/** Prints what is captured of the functions of app.ts; its name is app.ts too. */
const app = `import { captureFunction } from ${here("capture.ts")};
import { LIMIT, helper } from "./lib/helper.EXT";
const counts: Map<string, number> = new Map();
const wrap = <F>(fn: F): F => fn;
export const onExec = wrap((task: { pid: number }, { a, b = LIMIT }: any = {}): number => {
  "use bpf";
  counts.set("x", task.pid);
  return helper(a) + b;
});
export function show(fn: (...given: never[]) => unknown): void {
  try {
    const { name, node, source, scope } = captureFunction(fn);
    const names = ["counts", "LIMIT", "helper", "Math", "nope", "task"].filter((each) => scope.has(each));
    console.log(JSON.stringify({
      name, path: source.path, type: node.type, names,
      line: source.text.slice(0, node.start).split("\\n").length,
      column: node.start - source.text.lastIndexOf("\\n", node.start) - 1,
      text: source.text.slice(node.start, node.end),
      limit: scope.get("LIMIT"), values: scope.get("counts") instanceof Map && scope.get("counts") === counts,
      typed: JSON.stringify(node.params[0]).includes("TSNumberKeyword"),
      helper: typeof scope.get("helper") === "function" ? captureFunction(scope.get("helper") as typeof fn).source.path : "none",
    }));
  } catch (error) {
    console.log(JSON.stringify({ code: (error as any).code, message: (error as any).message, hint: (error as any).hint }));
  }
}
show(onExec);
`;

const helper = `export const LIMIT = 16;
export function helper(value: number): number { 'use bpf'; return value + LIMIT; }
`;

interface Shown {
  readonly [property: string]: unknown;
}

/** What every way must find. */
const expected: Shown = {
  name: "onExec",
  path: "src/app.ts",
  type: "ArrowFunctionExpression",
  names: ["counts", "LIMIT", "helper", "Math"],
  line: 5,
  column: 27,
  text: app.slice(app.indexOf("(task"), app.indexOf("});\nexport function show") + 1),
  limit: 16,
  values: true,
  typed: true,
  helper: "src/lib/helper.ts",
};

/** Types are gone from JavaScript, and the rest moves. */
const asJavaScript = (text: string): string =>
  text
    .replaceAll(/: (\{ pid: number \}|Map<string, number>|number|any|F|void)(?=[,)= ;]|$)/g, "")
    .replaceAll(/<F>|: \(\.\.\.given: never\[\]\) => unknown| as (typeof fn|any)\b/g, "");

let project: string;

before(() => {
  project = realpathSync(mkdtempSync(join(tmpdir(), "capture-")));
  write("package.json", '{ "name": "project", "type": "module" }');
  write("src/app.ts", app.replace("EXT", "ts"));
  write("src/lib/helper.ts", helper);
  write("js/app.js", asJavaScript(app).replace("EXT", "js"));
  write("js/lib/helper.js", asJavaScript(helper));
});

after(() => rmSync(project, { recursive: true }));

function write(path: string, text: string): string {
  const file = join(project, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
  return file;
}

/** What a program printed, line by line; it must end well and complain of nothing. */
async function run(...args: string[]): Promise<readonly Shown[]> {
  const { stdout, stderr } = await start(args);
  assert.equal(stderr, "");
  return stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Shown);
}

function start(args: readonly string[]): Promise<{ stdout: string; stderr: string; code: number }> {
  const environment = { PATH: process.env["PATH"], NODE_OPTIONS: "" };
  return new Promise((resolve) => {
    execFile(process.execPath, args, { cwd: project, env: environment }, (error, stdout, stderr) =>
      resolve({ stdout, stderr, code: error === null ? 0 : Number(error.code) }),
    );
  });
}

/** A bundle of src/app.ts. */
async function bundle(options: BuildOptions): Promise<string> {
  const outfile = join(
    project,
    `out-${Math.random().toString(36).slice(2)}/app.${options.format === "cjs" ? "cjs" : "mjs"}`,
  );
  const { warnings } = await build({
    entryPoints: [join(project, "src/app.ts")],
    bundle: true,
    platform: "node",
    format: "esm",
    outfile,
    logLevel: "silent",
    ...options,
  });
  assert.deepEqual(
    warnings.filter(({ id }) => id !== "empty-import-meta"),
    [],
  );
  return outfile;
}

describe("a file as it is", () => {
  it("is captured from TypeScript", async () => {
    assert.deepEqual(await run("src/app.ts"), [expected]);
  });
  it("is captured from JavaScript", async () => {
    const [shown] = await run("js/app.js");
    assert.deepEqual(
      { ...shown, text: "" },
      {
        ...expected,
        path: "js/app.js",
        helper: "js/lib/helper.js",
        typed: false,
        column: 27,
        text: "",
      },
    );
    assert.equal(shown!["text"], asJavaScript(expected["text"] as string));
  });
  it("is captured from CommonJS", async () => {
    write("cjs/package.json", '{ "type": "commonjs" }');
    const text = asJavaScript(app)
      .replace(
        /^import \{ captureFunction \} from (.*);$/m,
        "const { captureFunction } = require($1);",
      )
      .replace(/^import .*$/m, 'const { LIMIT, helper } = require("./helper.js");')
      .replaceAll("export ", "");
    write("cjs/app.js", text);
    write(
      "cjs/helper.js",
      `${asJavaScript(helper).replaceAll("export ", "")}module.exports = { LIMIT, helper };\n`,
    );
    const [shown] = await run("cjs/app.js");
    assert.deepEqual(
      [shown!["path"], shown!["limit"], shown!["values"], shown!["helper"]],
      ["app.js", 16, true, "helper.js"],
    );
    const [hooked] = await run("--import", register, "cjs/app.js");
    assert.deepEqual(hooked, shown);
  });
  it("is captured with Windows line ends and a byte order mark", async () => {
    const file = write(
      "src/windows.ts",
      `\uFEFF${app.replace("EXT", "ts").replaceAll("\n", "\r\n")}`,
    );
    const [shown] = await run(file);
    const text = (expected["text"] as string).replaceAll("\n", "\r\n");
    assert.deepEqual(shown, { ...expected, path: "src/windows.ts", text });
    assert.deepEqual(await run("--import", register, file), [shown]);
  });
  it("is captured in a worker", async () => {
    const file = write(
      "src/worker.ts",
      `import { Worker } from "node:worker_threads"; new Worker(new URL("./app.ts", import.meta.url));`,
    );
    assert.deepEqual(await run(file), [expected]);
    assert.deepEqual(await run("--import", register, file), [expected]);
  });
  it("does not load the inspector or the parser before they are needed", async () => {
    const file = write(
      "src/lazy.ts",
      `import { captureFunction } from ${here("capture.ts")};
       const loaded = () => (process as any).moduleLoadList.some((name: string) => name === "NativeModule inspector");
       const before = [loaded(), process.report.getReport().sharedObjects.some((each: string) => each.includes("parser"))];
       captureFunction(() => { "use bpf"; });
       const after = [loaded(), process.report.getReport().sharedObjects.some((each: string) => each.includes("parser"))];
       console.log(JSON.stringify({ before, after }));`,
    );
    assert.deepEqual(await run(file), [{ before: [false, false], after: [true, true] }]);
  });
  it("does not keep the process alive or change how it ends", async () => {
    const file = write(
      "src/end.ts",
      `import { captureFunction } from ${here("capture.ts")};
       captureFunction(() => { "use bpf"; });
       setImmediate(() => { debugger; console.log(JSON.stringify({ alive: process.getActiveResourcesInfo() })); });`,
    );
    assert.deepEqual(await run(file), [{ alive: [] }]);
  });
});

describe("the module hook", () => {
  it("captures", async () => {
    assert.deepEqual(await run("--import", register, "src/app.ts"), [expected]);
  });
  it("captures where the inspector is forbidden", async () => {
    const restricted = ["--permission", "--allow-fs-read=*", "--allow-addons", "--no-warnings"];
    assert.deepEqual(await run(...restricted, "--import", register, "src/app.ts"), [expected]);
    const [refused] = await run(...restricted, "src/app.ts");
    assert.equal(refused!["code"], "CAPTURE_ERROR");
    assert.match(
      refused!["message"] as string,
      /started with --permission, which forbids the inspector/,
    );
    assert.match(
      refused!["hint"] as string,
      /--import ts-ebpf\/register.*ts-ebpf\/plugin.*ts-ebpf build/,
    );
  });
  it("moves no line of a stack", async () => {
    const file = write(
      "src/stack.ts",
      `const f = (): void => {\n  "use bpf";\n  fail();\n};\nfunction fail(): void { throw new Error("here"); }\nf();\n`,
    );
    const [plain, hooked] = [await start([file]), await start(["--import", register, file])];
    const lines = (text: string): string[] =>
      Array.from(text.matchAll(/stack\.ts:(\d+)/g), ([, line]) => line!);
    assert.deepEqual(lines(hooked.stderr), lines(plain.stderr));
    assert.ok(lines(plain.stderr).includes("3"));
  });
  it("leaves it to node to tell of wrong syntax", async () => {
    const file = write("src/wrong.ts", `const f = () => { "use bpf"; ) };`);
    assert.match((await start(["--import", register, file])).stderr, /SyntaxError/);
  });
  it("is installed once", async () => {
    const twice = ["--import", register, "--import", `${register}?again`];
    assert.deepEqual(await run(...twice, "src/app.ts"), [expected]);
  });
});

describe("a bundle", () => {
  for (const format of ["esm", "cjs"] as const)
    for (const minify of [false, true])
      it(`knows its sources: ${format}${minify ? ", minified" : ""}`, async () => {
        const file = await bundle({ format, minify, plugins: [esbuild()] });
        const alone = write(`alone/${format}${minify}.${format === "cjs" ? "cjs" : "mjs"}`, "");
        copyFileSync(file, alone);
        assert.deepEqual(await run("--permission", `--allow-fs-read=${alone}`, alone), [expected]);
      });
  it("maps back to the files as they were", async () => {
    const file = await bundle({ plugins: [esbuild()], sourcemap: "inline", minify: true });
    const [, data] = /sourceMappingURL=data:application\/json;base64,(.*)/.exec(
      readFileSync(file, "utf8"),
    )!;
    const map = JSON.parse(Buffer.from(data!, "base64").toString()) as {
      sources: string[];
      sourcesContent: string[];
    };
    const index = map.sources.findIndex((source) => source.endsWith("src/app.ts"));
    assert.equal(map.sourcesContent[index], app.replace("EXT", "ts"));
  });
  it("drops programs that nobody uses", async () => {
    write("src/unused.ts", `import { onExec } from "./pure.ts"; console.log("{}");`);
    write("src/pure.ts", `export const onExec = () => { "use bpf"; return "gone"; };`);
    const file = await bundle({
      entryPoints: [join(project, "src/unused.ts")],
      plugins: [esbuild()],
    });
    assert.doesNotMatch(readFileSync(file, "utf8"), /gone/);
  });
  it("tells a marked method with its place", async () => {
    write("src/method.ts", `\nexport const x = { m() { "use bpf"; } };`);
    await assert.rejects(
      bundle({ entryPoints: [join(project, "src/method.ts")], plugins: [esbuild()] }),
      /src\/method\.ts:2: function "m" is a method/,
    );
  });
  it("needs the plugin when it is minified", async () => {
    const [shown] = await run(await bundle({ minify: true }));
    assert.equal(shown!["code"], "CAPTURE_ERROR");
    assert.match(shown!["message"] as string, /is minified/);
    assert.match(shown!["hint"] as string, /bundle with the plugin ts-ebpf\/plugin/);
  });
  it("has a plugin for every bundler", () => {
    const plugin: Plugin = esbuild();
    assert.equal(plugin.name, "ts-ebpf");
    for (const made of [rollup(), vite(), rolldown()]) assert.equal(made.name, "ts-ebpf");
    assert.equal(typeof webpack().apply, "function");
  });
});

describe("importModule", () => {
  const main = (body: string): string =>
    write(
      "src/command.ts",
      `import { importModule } from ${here("import-module.ts")};
       import { captureFunction } from ${here("capture.ts")};
       import { writeFileSync } from "node:fs";
       const path = new URL("./programs.ts", import.meta.url).pathname;
       ${body}`,
    );
  it("gives the exports, which know their sources, and loads an edited file anew", async () => {
    const file = main(`
      for (const each of ["one", "two"]) {
        writeFileSync(path, \`export const size: number = 1; export const f = () => { "use bpf"; return "\${each}"; };\`);
        const exported: any = await importModule(path);
        const { source, node } = captureFunction(exported.f);
        const [names, result] = [Object.keys(exported), exported.f()];
        const text = source.text.slice(node.start, node.end);
        console.log(JSON.stringify({ names, result, path: source.path, text }));
      }`);
    const shown = (text: string): Shown => ({
      names: ["f", "size"],
      result: text,
      path: "src/programs.ts",
      text: `() => { "use bpf"; return "${text}"; }`,
    });
    const allowed = ["--permission", "--allow-fs-read=*", "--allow-fs-write=*", "--allow-addons"];
    assert.deepEqual(await run(...allowed, "--no-warnings", file), [shown("one"), shown("two")]);
  });
  it("rejects with what is wrong", async () => {
    const file = main(`
      for (const text of ['export const x = { m() { "use bpf"; } };', "throw new TypeError('own');"]) {
        writeFileSync(path, text);
        await importModule(path).catch(({ name, message }) => console.log(JSON.stringify({ name, message })));
      }`);
    assert.deepEqual(await run(file), [
      {
        name: "CaptureError",
        message: `src/programs.ts:1: function "m" is a method or a class, which cannot run in the kernel`,
      },
      { name: "TypeError", message: "own" },
    ]);
  });
});

describe("a file that is not what runs", () => {
  it("is rejected when it was changed", async () => {
    const text = `import { captureFunction } from ${here("capture.ts")}; import { writeFileSync } from "node:fs";
      const f = () => { "use bpf"; return 1; };
      writeFileSync(import.meta.filename, "CHANGED");
      try { captureFunction(f); } catch ({ code, message, hint }) { console.log(JSON.stringify({ code, message, hint })); }`;
    const changes = ["", "const f = 1;", text.replace("return 1", "return 2"), `\n${text}`];
    for (const change of changes) {
      const file = write("js/changing.js", text.replace('"CHANGED"', JSON.stringify(change)));
      const [shown] = await run(file);
      assert.equal(shown!["code"], "CAPTURE_ERROR");
      assert.match(shown!["message"] as string, /"f": js\/changing\.js is not the text that runs/);
      assert.match(shown!["hint"] as string, /ts-ebpf\/register/);
    }
  });
  it("is rejected when it is no program any more", async () => {
    const file = write(
      "js/broken.js",
      `import { captureFunction } from ${here("capture.ts")}; import { writeFileSync } from "node:fs";
       const f = () => { "use bpf"; };
       writeFileSync(import.meta.filename, "const (" + "\\n".repeat(9));
       try { captureFunction(f); } catch ({ code, message }) { console.log(JSON.stringify({ code, message })); }`,
    );
    const [shown] = await run(file);
    assert.match(shown!["message"] as string, /js\/broken\.js cannot be parsed: ./);
  });
  it("is rejected when it is gone", async () => {
    const file = write(
      "js/gone.js",
      `import { captureFunction } from ${here("capture.ts")}; import { rmSync } from "node:fs";
       rmSync(import.meta.filename);
       try { captureFunction(() => { "use bpf"; }); }
       catch ({ code, message }) { console.log(JSON.stringify({ code, message })); }`,
    );
    const [shown] = await run(file);
    assert.match(shown!["message"] as string, /cannot read .*js\/gone\.js/);
  });
  it("is rejected when another tool compiled it", async () => {
    const file = write(
      "src/enum.ts",
      `import { captureFunction } from ${here("capture.ts")};
       enum Color { Red } const f = (x: Color) => { "use bpf"; return x; };
       try { captureFunction(f); } catch ({ code, message }) { console.log(JSON.stringify({ code, message })); }`,
    );
    const [shown] = await run("--experimental-transform-types", "--no-warnings", file);
    assert.match(shown!["message"] as string, /another tool compiled it/);
  });
});
