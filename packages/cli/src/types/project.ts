/**
 * The sources of a project, and the functions of the kernel they name.
 * @module
 */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { InvalidArgumentError } from "ts-ebpf";
import { fileError } from "../file/file-error.ts";
import { functionNames } from "./function-names.ts";

/** What was found in a project. */
export interface Project {
  /** Names of functions, sorted, and a source that names each. */
  readonly functions: ReadonlyMap<string, string>;
  /** How many sources there are. */
  readonly sourceCount: number;
  /** Folders in which sources are, or may come to be: what to watch. */
  readonly places: readonly string[];
}

/**
 * Looks through the folders and files at `paths`.
 * @throws {InvalidArgumentError} when one of them does not exist, or something in it cannot be read.
 */
export function scanProject(paths: readonly string[]): Project {
  const sources = new Set<string>();
  const places = new Set<string>();
  for (const path of paths) {
    if (isFolder(path)) {
      places.add(path);
      addFolder(path, { sources, places });
    } else {
      // Editors put a new file in place of the old one: the folder sees that, the old file does not.
      places.add(dirname(path));
      sources.add(path);
    }
  }
  const functions = new Map<string, string>();
  for (const source of sources) {
    for (const name of functionNames(readIfThere(source))) {
      if (!functions.has(name)) functions.set(name, source);
    }
  }
  return {
    functions: new Map([...functions].toSorted(([left], [right]) => (left < right ? -1 : 1))),
    sourceCount: sources.size,
    places: [...places],
  };
}

function isFolder(path: string): boolean {
  const found = reading(path, () => statSync(path, { throwIfNoEntry: false }));
  if (found !== undefined) return found.isDirectory();
  throw new InvalidArgumentError(`there is no ${path}`, {
    hint: "give the folder of the project, or files of it",
  });
}

interface Found {
  readonly sources: Set<string>;
  readonly places: Set<string>;
}

function addFolder(folder: string, found: Found): void {
  const entries = reading(folder, () => readdirSync(folder, { withFileTypes: true })) ?? [];
  for (const entry of entries) {
    const path = join(folder, entry.name);
    if (entry.isDirectory() && !passedOver.test(entry.name)) {
      found.places.add(path);
      addFolder(path, found);
    } else if (entry.isFile() && sourceFile.test(entry.name)) found.sources.add(path);
  }
}

const passedOver = /^(\..*|node_modules|dist)$/;
const sourceFile = /(?<!\.d)\.[cm]?tsx?$/;

function readIfThere(path: string): string {
  return reading(path, () => readFileSync(path, "utf8")) ?? "";
}

/** What `read` gives; `undefined` for what went away between being listed and being read. */
function reading<T>(path: string, read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw fileError(error, { action: "read", path });
  }
}
