/**
 * Capture by a module hook: every file that is loaded is transformed on its way.
 *
 * The hook runs in the thread that loads and returns TypeScript as TypeScript, so node strips the types as it does
 * without. Files loaded before it was installed are not reached.
 * @module
 */
import { registerHooks } from "node:module";
import { fileURLToPath } from "node:url";
import { projectPath } from "./project-path.ts";
import { transformSource } from "./transform.ts";

/** Installs the hook in this thread; again is the same as once. */
export function installHook(): void {
  const realm = globalThis as { [installed]?: true };
  if (realm[installed]) return;
  realm[installed] = true;
  registerHooks({
    load(url, context, nextLoad) {
      const loaded = nextLoad(url, context);
      if (!url.startsWith("file:") || !scripts.has(loaded.format ?? "")) return loaded;
      const code = transformed(url, loaded.source);
      return code === undefined ? loaded : { ...loaded, source: code };
    },
  });
}

/** Of the realm, since more than one copy of this library may be loaded. */
const installed = Symbol.for("ts-ebpf:hook");

/** What node calls files that hold a program. */
const scripts: ReadonlySet<string> = new Set([
  "module",
  "commonjs",
  "module-typescript",
  "commonjs-typescript",
]);

type LoadedSource = string | ArrayBuffer | NodeJS.TypedArray | null | undefined;

function transformed(url: string, source: LoadedSource): string | undefined {
  if (source === null || source === undefined) return undefined;
  const text = typeof source === "string" ? source : new TextDecoder().decode(source);
  return transformSource({ path: projectPath(fileURLToPath(url)), text })?.code;
}
