/**
 * Files of a machine that a test makes up.
 * @module
 */
import type { Files } from "./machine/files.ts";

/** Files with these contents, and the folders they lie in. */
export function fakeFiles(contents: Readonly<Record<string, string>>): Files {
  return {
    text: (path) => contents[path],
    names: (folder) => {
      const below = Object.keys(contents).filter((path) => path.startsWith(`${folder}/`));
      if (below.length === 0) return undefined;
      return [...new Set(below.map((path) => path.slice(folder.length + 1).split("/")[0]!))];
    },
  };
}

/** One line of /proc/self/mountinfo. */
export function mountLine(path: string, type: string, options = "rw,relatime"): string {
  return `36 35 0:21 / ${path} ${options} shared:7 - ${type} ${type} rw`;
}
