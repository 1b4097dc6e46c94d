/**
 * Builds the page: everything it needs in a folder, to be served as it is. Nothing of it is loaded from elsewhere.
 * @module
 */
import { cpSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
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
    plugins: [texts],
    minify: true,
    // Names show in messages.
    keepNames: true,
    metafile: true,
    logLevel: "warning",
  });
  cpSync(join(page, "index.html"), join(folder, "index.html"));
  return Object.keys(metafile.inputs);
}

/** `import text from "./file.ts?text"`. */
const texts: Plugin = {
  name: "texts",
  setup: (context) => {
    context.onResolve({ filter: /\?text$/ }, ({ path, resolveDir }) => ({
      path: resolve(resolveDir, path.replace(/\?text$/, "")),
      namespace: "text",
    }));
    context.onLoad({ filter: /./, namespace: "text" }, ({ path }) => ({
      contents: readFileSync(path, "utf8"),
      loader: "text",
    }));
  },
};
