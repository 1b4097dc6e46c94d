/**
 * Files by their names: libraries as the dynamic linker finds them, programs in the usual folders.
 *
 * What has a slash in it is a path and stays as it is. With a process, libraries are those that it has loaded, also when it
 * lives in a container with files of its own.
 * @module
 */
import { InvalidArgumentError } from "../base/errors.ts";
import { didYouMean } from "../base/text.ts";
import { libraryMachines, readLibraryCache } from "../elf/library-cache.ts";
import { isNotFound } from "../kernel/errors.ts";
import type { Kernel } from "../kernel/kernel.ts";

/** What to look for. */
interface FileToFind {
  /** `libc`, `libc.so.6`, `bash`, or a path. */
  readonly path: string;
  readonly pid?: number | undefined;
}

/**
 * The path of a library or program.
 * @throws {InvalidArgumentError} when there is no such file, with the name of one that may have been meant.
 * @throws {NotFoundError} when there is no such process.
 */
export function libraryPath(kernel: Kernel, { path, pid }: FileToFind): string {
  if (path === "") throw new InvalidArgumentError("the name of a library or program is empty");
  if (path.includes("/")) return path;
  if (pid !== undefined) return loadedPath(kernel, path, pid);
  const libraries = cachedLibraries(kernel);
  const found = findByName([...libraries.keys()], path, (name) => name);
  if (found !== undefined) return libraries.get(found)!;
  const inFolder = firstExisting(kernel, candidates(kernel, path));
  if (inFolder !== undefined) return inFolder;
  throw unknown(`there is no library or program "${path}"`, path, libraries.keys());
}

/** The file among those a process has mapped, as this process sees it. */
function loadedPath(kernel: Kernel, name: string, pid: number): string {
  const text = new TextDecoder().decode(kernel.readFile(`/proc/${pid}/maps`));
  // address, access, offset, device, inode, path (Documentation/filesystems/proc.rst)
  const paths = [...text.matchAll(/^\S+ \S+ \S+ \S+ \d+ +(\/.*)$/gm)].map(([, path]) => path!);
  const found = findByName([...new Set(paths)], name, baseName);
  if (found !== undefined) return `/proc/${pid}/root${found}`;
  throw unknown(`process ${pid} has not loaded "${name}"`, name, paths.map(baseName));
}

/** Libraries of this machine that the dynamic linker knows, by name. */
function cachedLibraries(kernel: Kernel): ReadonlyMap<string, string> {
  const machine = libraryMachines[kernel.machine];
  const paths = new Map<string, string>();
  const bytes = readIfThere(kernel, "/etc/ld.so.cache");
  if (bytes === undefined) return paths;
  for (const library of readLibraryCache(bytes)) {
    if (machine !== undefined && library.machine !== machine) continue;
    if (!library.special && !paths.has(library.name)) paths.set(library.name, library.path);
  }
  return paths;
}

/** `libc.so.6` for that, `libc.so` and `libc`. */
function findByName(
  all: readonly string[],
  wanted: string,
  nameOf: (item: string) => string,
): string | undefined {
  return (
    all.find((item) => nameOf(item) === wanted) ??
    all.find((item) =>
      nameOf(item).startsWith(wanted.includes(".so") ? `${wanted}.` : `${wanted}.so`),
    )
  );
}

const programFolders = [
  "/usr/local/bin",
  "/usr/bin",
  "/bin",
  "/usr/local/sbin",
  "/usr/sbin",
  "/sbin",
];
const libraryFolders = ["/usr/local/lib", "/lib64", "/usr/lib64", "/lib", "/usr/lib"];

/** Where the file may be that the cache does not have; there may be none, as with musl. */
function candidates(kernel: Kernel, name: string): readonly string[] {
  if (!name.includes(".so") && !name.startsWith("lib")) {
    return programFolders.map((folder) => `${folder}/${name}`);
  }
  const file = name.includes(".so") ? name : `${name}.so`;
  const multiarch = [`/lib/${kernel.machine}-linux-gnu`, `/usr/lib/${kernel.machine}-linux-gnu`];
  return [...libraryFolders, ...multiarch].map((folder) => `${folder}/${file}`);
}

function firstExisting(kernel: Kernel, paths: readonly string[]): string | undefined {
  return paths.find((path) => {
    const opened = ifThere(() => kernel.openPath(path));
    opened?.close();
    return opened !== undefined;
  });
}

function readIfThere(kernel: Kernel, path: string): Uint8Array | undefined {
  return ifThere(() => kernel.readFile(path));
}

function ifThere<T>(get: () => T): T | undefined {
  try {
    return get();
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

function baseName(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

function unknown(message: string, name: string, known: Iterable<string>): InvalidArgumentError {
  const names = [...known].flatMap((it) => [it, it.replace(/\.so.*/, "")]);
  const hint = didYouMean(name, names) ?? "give its path, with a slash in it";
  return new InvalidArgumentError(message, { hint });
}
