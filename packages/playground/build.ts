/**
 * Builds the page: everything it needs in a folder, to be served as it is. Nothing of it is loaded from elsewhere.
 * @module
 */
import { copyFileSync, globSync } from "node:fs";
import { basename, join, relative } from "node:path";
import { build, type Plugin } from "esbuild";

const page = join(import.meta.dirname, "page");

/** Writes the page into `folder`; returns the sources it was made of, relative to `root`. */
export async function buildPage(folder: string, root: string): Promise<readonly string[]> {
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: [join(page, "main.ts"), join(page, "worker.ts"), join(page, "main.css")],
    outdir: folder,
    bundle: true,
    platform: "browser",
    format: "esm",
    target: "es2024",
    supported: { using: true, "top-level-await": true },
    conditions: ["@ts-ebpf/source"],
    // Parts of the library that only Node has fall away, since nothing of the page uses them.
    external: ["node:*"],
    minify: true,
    // Names show in messages.
    keepNames: true,
    plugins: [forBrowsers],
    metafile: true,
    logLevel: "warning",
  });
  const copied = ["index.html", ...globSync("samples/*.ts", { cwd: page })];
  for (const file of copied) copyFileSync(join(page, file), join(folder, basename(file)));
  return [
    ...Object.keys(metafile.inputs),
    ...copied.map((file) => relative(root, join(page, file))),
  ];
}

/** Sources that only work in Node, and what takes their place. Of built files `browser` in the library's package.json says so. */
const replacements: Readonly<Record<string, string>> = {
  "capture/inspected.ts": "capture/not-inspected.ts",
  "sys/native-kernel.ts": "sys/no-native-kernel.ts",
};

const forBrowsers: Plugin = {
  name: "for-browsers",
  setup: (builder) => {
    builder.onResolve({ filter: /\/(?:inspected|native-kernel)\.ts$/ }, ({ path, resolveDir }) => {
      const library = join(import.meta.dirname, "../ebpf/src");
      const replacement = replacements[relative(library, join(resolveDir, path))];
      return replacement === undefined ? undefined : { path: join(library, replacement) };
    });
  },
};
