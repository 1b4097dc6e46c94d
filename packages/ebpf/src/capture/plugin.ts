/**
 * `ts-ebpf/plugin`: captures kernel programs when an application is bundled.
 *
 *     // vite.config.ts
 *     import { vite as bpf } from "ts-ebpf/plugin";
 *     export default { plugins: [bpf()] };
 *
 * A bundle holds the syntax trees of its kernel programs, so it needs neither its source files nor a parser. The package
 * unplugin must be installed beside the bundler; its types are not imported, since they want every bundler there is.
 * @module
 */
import { createRequire } from "node:module";
import { CaptureError } from "./capture-error.ts";
import { projectPath } from "./project-path.ts";
import type { SourceMap } from "./source-map.ts";
import { transformSource } from "./transform.ts";

/** A plugin as rollup and those like it take it. */
export interface RollupPlugin {
  readonly name: string;
}

/** A plugin as esbuild takes it. */
export interface EsbuildPlugin {
  readonly name: string;
  setup(build: unknown): void | Promise<void>;
}

/** A plugin as webpack takes it. */
export interface WebpackPlugin {
  apply(compiler: unknown): void;
}

interface Plugins {
  readonly esbuild: () => EsbuildPlugin;
  readonly rolldown: () => RollupPlugin;
  readonly rollup: () => RollupPlugin;
  readonly vite: () => RollupPlugin;
  readonly webpack: () => WebpackPlugin;
}

/** What of unplugin is used. */
interface Unplugin {
  createUnplugin(make: () => object): Plugins;
}

const plugins = loadUnplugin().createUnplugin(() => ({
  name: "ts-ebpf",
  enforce: "pre",
  transform: {
    filter: { id: /\.[cm]?[jt]sx?(\?.*)?$/, code: /["']use bpf["']/ },
    handler: transform,
  },
}));

/** The plugin for esbuild. */
export const esbuild: () => EsbuildPlugin = plugins.esbuild;
/** The plugin for rolldown. */
export const rolldown: () => RollupPlugin = plugins.rolldown;
/** The plugin for rollup. */
export const rollup: () => RollupPlugin = plugins.rollup;
/** The plugin for vite. */
export const vite: () => RollupPlugin = plugins.vite;
/** The plugin for webpack. */
export const webpack: () => WebpackPlugin = plugins.webpack;

function transform(code: string, id: string): { code: string; map: SourceMap } | undefined {
  const path = projectPath(id.replace(/\?.*$/, ""));
  const transformed = transformSource({ path, text: code });
  return transformed && { code: transformed.code, map: transformed.map() };
}

function loadUnplugin(): Unplugin {
  const require = createRequire(import.meta.url);
  try {
    return require("unplugin") as Unplugin;
  } catch (cause) {
    throw new CaptureError("the plugin for bundlers needs the package unplugin", {
      cause,
      hint: "npm install --save-dev unplugin",
    });
  }
}
