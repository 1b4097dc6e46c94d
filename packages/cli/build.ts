/**
 * Builds the command: `node packages/cli/build.ts`.
 *
 * Starting is most of what a short run does, and Node takes longer to find and link two hundred modules than to run
 * them. So each command becomes one file, `dist/bundle/NAME.cjs`, with all it needs of this package, the library, and
 * others; `main.cjs` has the command line and loads the file of the command that was asked for. The addons lie beside
 * it in `dist/prebuilds`.
 *
 * Kernel programs of the commands themselves are compiled on the way, with the types of the kernel this runs on, and
 * relocated when they are loaded: neither compiler nor parser is loaded at run time.
 *
 * Files share nothing at run time: a class of the library is another class in each, so what passes from one to
 * another is told by its properties. Commands that compile files of users load the library that those import, as it is
 * installed; it, and its parser with native code, are no part of the bundle. `bin/ts-ebpf.js` runs the bundle as long as
 * no source is newer, which `inputs.json` lists.
 * @module
 */
import {
  cpSync,
  existsSync,
  globSync,
  mkdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { registerHooks } from "node:module";
import { basename, dirname, join, relative, resolve } from "node:path";
import { buildPage } from "@ts-ebpf/playground/build";
import { build as bundleWith, type BuildResult, type Metafile, type Plugin } from "esbuild";

const root = join(import.meta.dirname, "../..");
const sources = join(import.meta.dirname, "src");
const prebuilds = join(import.meta.dirname, "../native/prebuilds");
const target = join(import.meta.dirname, "dist");
const bundle = join(target, "bundle");

const main = "main.ts";

async function run(): Promise<void> {
  // Taken before anything is read: a file that is changed meanwhile counts as newer.
  const builtAtMs = Date.now();
  rmSync(bundle, { recursive: true, force: true });
  mkdirSync(bundle, { recursive: true });
  const { metafile } = await bundleAll([main, ...lazilyLoaded()]);
  const page = await buildPage(join(bundle, "playground"), root);
  const inputs = [...Object.keys(metafile.inputs), ...page].filter((file) =>
    existsSync(join(root, file)),
  );
  // What npm installed changes with package-lock.json alone.
  const own = inputs.filter((file) => !file.includes("node_modules/"));
  const watched = [...own, "package-lock.json"].toSorted();
  writeFileSync(join(bundle, "inputs.json"), JSON.stringify({ builtAtMs, inputs: watched }));
  writeFileSync(join(bundle, "LICENSES.txt"), licensesOf(inputs));
  cpSync(prebuilds, join(target, "prebuilds"), {
    recursive: true,
    filter: (file) => file === prebuilds || file.endsWith(".node"),
  });
  report(metafile);
}

/** Sources that others load by `import(…)` when they are needed. */
function lazilyLoaded(): readonly string[] {
  const found = new Set<string>();
  for (const file of globSync("**/*.ts", { cwd: sources })) {
    if (file.endsWith(".test.ts")) continue;
    const text = readFileSync(join(sources, file), "utf8");
    for (const [, path] of text.matchAll(/\bimport\("(\.[^"]+)"\)/g)) {
      found.add(join(dirname(file), path!));
    }
  }
  return [...found];
}

/** `trace/exec/run.ts` becomes `trace-exec-run.cjs`. */
function outputOf(source: string): string {
  return source.replaceAll("/", "-").replace(/\.ts$/, "");
}

async function bundleAll(entries: readonly string[]): Promise<BuildResult<{ metafile: true }>> {
  const programs = await programCompiler();
  return bundleWith({
    absWorkingDir: root,
    entryPoints: entries.map((entry) => ({ in: join(sources, entry), out: outputOf(entry) })),
    outdir: bundle,
    outExtension: { ".js": ".cjs" },
    bundle: true,
    platform: "node",
    target: "node24",
    // CommonJS starts faster than modules do. There import(…) has to become require(…); `using` can stay.
    format: "cjs",
    supported: { "dynamic-import": false, using: true },
    conditions: ["@ts-ebpf/source"],
    // The page lies beside the bundle; what builds it is for those who run the sources.
    external: ["@ts-ebpf/playground/build"],
    banner: {
      js: '"use strict";const bundleUrl=require("node:url").pathToFileURL(__filename).href;',
    },
    define: { "import.meta.url": "bundleUrl", "import.meta.dirname": "__dirname" },
    plugins: [programs, lazyFiles, withoutChildProcess, defaultsOfNode],
    // Less to read at every start. What is told of our own mistakes is translated back, see src/own-stack.ts.
    minify: true,
    sourcemap: "external",
    sourcesContent: false,
    metafile: true,
    logLevel: "warning",
  });
}

/** First version of the kernel that programs of the commands are for: that of ring buffers, 5.8. */
const oldestKernel = 5008;

/** Compiles files with kernel programs. It is of the library's sources, as what it imports is. */
async function programCompiler(): Promise<Plugin> {
  registerHooks({
    resolve: (specifier, context, next) =>
      next(specifier, { ...context, conditions: [...context.conditions, "@ts-ebpf/source"] }),
  });
  const { esbuild } = await import("ts-ebpf/plugin");
  const aheadOfTime = /-program\.ts$/;
  return esbuild({ aheadOfTime, kernelVersion: oldestKernel, lineInfo: false });
}

/**
 * Leaves `import("./run.ts")` a load at run time, of the file that is made of it. What the library loads when it is
 * needed is its compiler. Commands that compile use the copy of the library that the compiled file does, so none of this
 * bundle.
 */
const lazyFiles: Plugin = {
  name: "lazy-files",
  setup: (build) => {
    build.onResolve({ filter: /^\./ }, ({ kind, path, resolveDir }) => {
      if (kind !== "dynamic-import") return undefined;
      const file = relative(sources, resolve(resolveDir, path));
      if (file.startsWith("..")) return { path: file, namespace: "left-out" };
      return { path: `./${outputOf(file)}.cjs`, external: true };
    });
    build.onLoad({ filter: /./, namespace: "left-out" }, ({ path }) => ({
      contents: `throw new Error("${path} is no part of the command");`,
    }));
  },
};

/**
 * Commander can run commands that are programs of their own. None of ours is, and loading what it takes costs
 * milliseconds.
 */
const withoutChildProcess: Plugin = {
  name: "without-child-process",
  setup: (build) => {
    build.onResolve({ filter: /^node:child_process$/ }, ({ importer }) =>
      importer.includes("/commander/") ? { path: "child_process", namespace: "unused" } : undefined,
    );
    build.onLoad({ filter: /./, namespace: "unused" }, () => ({ contents: "export default {};" }));
  },
};

/**
 * What Commander imports as defaults of Node's modules is handed over as it is: esbuild would make a namespace of it, and
 * copying what `node:fs` and `node:process` hold takes a millisecond.
 */
const defaultsOfNode: Plugin = {
  name: "defaults-of-node",
  setup: (build) => {
    build.onResolve({ filter: /^node:(path|fs|process)$/ }, ({ importer, path }) =>
      importer.includes("/commander/") ? { path, namespace: "default-of-node" } : undefined,
    );
    build.onLoad({ filter: /./, namespace: "default-of-node" }, ({ path }) => ({
      contents: `export default require("${path}");`,
    }));
  },
};

/** What the licences of packages that are part of the bundle ask to be passed on. */
function licensesOf(inputs: readonly string[]): string {
  const folders = new Set(
    inputs.flatMap((file) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file) ?? []),
  );
  const texts = [...folders].toSorted().map((folder) => {
    const [file] = globSync("{LICENSE,LICENCE,license}*", { cwd: join(root, folder) });
    if (file === undefined) throw new Error(`${folder} is bundled, and has no licence to pass on`);
    return `${basename(folder)}\n\n${readFileSync(join(root, folder, file), "utf8")}`;
  });
  return texts.join(`\n${"-".repeat(80)}\n\n`);
}

function report({ outputs }: Metafile): void {
  for (const [file, { bytes }] of Object.entries(outputs)) {
    if (!file.endsWith(".map")) console.log(`${file}: ${Math.round(bytes / 1024)} kB`);
  }
}

await run();
