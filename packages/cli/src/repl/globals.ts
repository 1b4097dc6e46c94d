/**
 * The names that are there in a REPL: the library's, the assembler's under `asm`, and those of what is loaded.
 * @module
 */
import type { Workspace } from "./workspace.ts";

/** Makes everything global. Names that JavaScript has itself keep their meaning. */
export function defineGlobals(workspace: Workspace): void {
  const { library, load, open, attach, detach } = workspace;
  const target = globalThis as Record<string, unknown>;
  const given = { ...library.main, load, open, attach, detach, session: workspace };
  for (const [name, value] of Object.entries(given)) if (!(name in target)) target[name] = value;
  for (const name of ["maps", "programs", "links"] as const)
    Object.defineProperty(target, name, { configurable: true, get: () => workspace[name] });
  Object.defineProperty(target, "ethernet", {
    configurable: true,
    get: () => library.testing.ethernet,
  });
}
