/**
 * Paths of files as people shall see them.
 *
 * They end up in the kernel, in messages and in bundles, so they must not tell where the project lies: they start at
 * the folder of the nearest package.json. Nothing else of that file matters here.
 * @module
 */
import { existsSync } from "node:fs";
import { dirname, join, relative, sep } from "node:path";

/** The path of `file` (absolute) from the folder of the nearest package.json, else from the working directory, with slashes. */
export function projectPath(file: string): string {
  return relative(projectOf(dirname(file)), file).replaceAll(sep, "/");
}

const projects = new Map<string, string>();

function projectOf(folder: string): string {
  const known = projects.get(folder);
  if (known !== undefined) return known;
  const found = findProject(folder) ?? process.cwd();
  projects.set(folder, found);
  return found;
}

function findProject(folder: string): string | undefined {
  if (existsSync(join(folder, "package.json"))) return folder;
  const parent = dirname(folder);
  return parent === folder ? undefined : findProject(parent);
}
