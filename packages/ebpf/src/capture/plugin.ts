/**
 * `ts-ebpf/plugin`: captures kernel programs when an application is bundled.
 *
 *     // vite.config.ts
 *     import { vite as bpf } from "ts-ebpf/plugin";
 *     export default { plugins: [bpf()] };
 *
 * A bundle holds the syntax trees of its kernel programs, so it needs neither its source files nor a parser. Files that
 * only declare maps and programs can be compiled while bundling, too: `bpf({ aheadOfTime: /\.bpf\.ts$/ })`; then not
 * even the compiler is loaded, and programs cannot be called as JavaScript any more. The package unplugin must be
 * installed beside the bundler; its types are not imported, since they want every bundler there is.
 * @module
 */
import { createRequire } from "node:module";
import { CaptureError } from "./capture-error.ts";
import type { CompileAheadOptions } from "./compile-ahead.ts";
import { projectPath } from "./project-path.ts";
import type { SourceMap } from "./source-map.ts";
import { transformSource } from "./transform.ts";

/** Options of the plugins. */
export interface PluginOptions extends CompileAheadOptions {
  /**
   * Files, by their path, whose programs are compiled when they are bundled. They are run for that, so they should do
   * nothing but declare; of what they export, programs and objects of programs are compiled. Numbers and texts that
   * programs capture have to be the same when the bundle runs; what differs is `config`.
   */
  readonly aheadOfTime?: RegExp;
}

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

/** Makes a plugin. */
export type Make<Plugin> = (options?: PluginOptions) => Plugin;

interface Plugins {
  readonly esbuild: Make<EsbuildPlugin>;
  readonly rolldown: Make<RollupPlugin>;
  readonly rollup: Make<RollupPlugin>;
  readonly vite: Make<RollupPlugin>;
  readonly webpack: Make<WebpackPlugin>;
}

/** What of unplugin is used. */
interface Unplugin {
  createUnplugin(make: (options?: PluginOptions) => object): Plugins;
}

const plugins = loadUnplugin().createUnplugin((options = {}) => ({
  name: "ts-ebpf",
  enforce: "pre",
  transform: {
    filter: { id: /\.[cm]?[jt]sx?(\?.*)?$/, code: /["']use bpf["']/ },
    handler: (code: string, id: string) => transform(code, id.replace(/\?.*$/, ""), options),
  },
}));

/** The plugin for esbuild. */
export const esbuild: Make<EsbuildPlugin> = plugins.esbuild;
/** The plugin for rolldown. */
export const rolldown: Make<RollupPlugin> = plugins.rolldown;
/** The plugin for rollup. */
export const rollup: Make<RollupPlugin> = plugins.rollup;
/** The plugin for vite. */
export const vite: Make<RollupPlugin> = plugins.vite;
/** The plugin for webpack. */
export const webpack: Make<WebpackPlugin> = plugins.webpack;

async function transform(
  text: string,
  path: string,
  { aheadOfTime, ...options }: PluginOptions,
): Promise<{ code: string; map: SourceMap } | undefined> {
  const transformed =
    aheadOfTime?.test(path) === true
      ? await (await import("./compile-ahead.ts")).compileAhead({ path, text }, options)
      : transformSource({ path: projectPath(path), text });
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
