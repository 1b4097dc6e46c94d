/**
 * Finding clang: the one on the path, or the newest of those with a version in their name.
 *
 * Distributions install `clang-19` beside or instead of `clang`, so both forms are looked for, in the order of the path.
 * Whether the one that is found can compile for BPF is not asked: it says so itself.
 * @module
 */
import { accessSync, constants, readdirSync } from "node:fs";
import { delimiter, join } from "node:path";
import { InvalidArgumentError } from "../base/errors.ts";

/**
 * Path of the clang to use: `clang` of the first folder of `path` (in the form of `$PATH`) that has it, else the highest
 * `clang-NN` of any.
 * @throws {InvalidArgumentError} when there is none, with what to install.
 */
export function findClang(path: string = process.env["PATH"] ?? ""): string {
  const folders = path.split(delimiter).filter((folder) => folder !== "");
  const plain = folders.map((folder) => join(folder, "clang")).find(isExecutable);
  const found = plain ?? newestOf(folders);
  if (found !== undefined) return found;
  throw new InvalidArgumentError("there is no clang on the path, which compiles C", {
    hint: install,
  });
}

/** What to do where there is no clang; the names of packages are those of the distributions. */
export const install: string =
  "install it: apt install clang libbpf-dev (Debian, Ubuntu), dnf install clang libbpf-devel (Fedora)";

function newestOf(folders: readonly string[]): string | undefined {
  const found = folders.flatMap((folder) =>
    namesIn(folder).flatMap((name) => {
      const version = /^clang-(\d+)$/.exec(name)?.[1];
      const file = join(folder, name);
      return version !== undefined && isExecutable(file)
        ? [{ file, version: Number(version) }]
        : [];
    }),
  );
  return found.toSorted((left, right) => right.version - left.version)[0]?.file;
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    // Paths name folders that do not exist, or that not everybody may read.
    return [];
  }
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
