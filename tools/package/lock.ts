/**
 * Keeps package-lock.json good for `npm ci` on every platform.
 *
 * npm leaves binary packages of other platforms out of the lock when the registry it asks does not have them, and then
 * refuses to install by that lock. What is left out can be told from the names and versions that the lock gives as
 * optional dependencies; which platform it is for, from its name. Such entries have no checksum.
 * @module
 */

/** A package in the lock, as far as it matters here. */
export interface LockedPackage {
  readonly version?: string;
  readonly dev?: boolean;
  readonly optional?: boolean;
  readonly os?: readonly string[];
  readonly cpu?: readonly string[];
  readonly libc?: readonly string[];
  readonly optionalDependencies?: { readonly [name: string]: string };
}

/** Packages by the folder they are installed in: `node_modules/knip/node_modules/oxc-parser`. */
export type LockedPackages = { readonly [folder: string]: LockedPackage };

/** Entries that are missing: exact optional dependencies that no folder in reach of their dependent holds. */
export function missingEntries(packages: LockedPackages): LockedPackages {
  const dependents = Object.entries(packages).filter(([, { version }]) => version !== undefined);
  return Object.fromEntries(
    dependents.flatMap(([folder, { dev, optionalDependencies = {} }]) =>
      Object.entries(optionalDependencies)
        .filter(
          ([name, version]) => /^\d/.test(version) && !isInReach(packages, folder, name, version),
        )
        .map(([name, version]) => [placeBeside(folder) + name, entryOf(name, { version, dev })]),
    ),
  );
}

/** The packages with what is missing, in npm's order. */
export function complete(packages: LockedPackages): LockedPackages {
  const all = { ...packages, ...missingEntries(packages) };
  const compare = new Intl.Collator("en").compare;
  return Object.fromEntries(
    Object.entries(all).toSorted(([left], [right]) => compare(left, right)),
  );
}

/** Whether Node finds that version of a package from `folder`: in it, or further up. */
function isInReach(
  packages: LockedPackages,
  folder: string,
  name: string,
  version: string,
): boolean {
  const above = folder
    .split("/node_modules/")
    .map((_, depth, parts) => parts.slice(0, depth + 1).join("/node_modules/"));
  return ["", ...above].some((place) => {
    const prefix = place === "" ? "" : `${place}/`;
    return packages[`${prefix}node_modules/${name}`]?.version === version;
  });
}

/** The folder a package is in, with its final slash: `node_modules/`. */
function placeBeside(folder: string): string {
  return folder.slice(0, folder.lastIndexOf("node_modules/") + "node_modules/".length);
}

const systems = [
  "aix",
  "android",
  "darwin",
  "freebsd",
  "linux",
  "netbsd",
  "openbsd",
  "openharmony",
  "sunos",
  "win32",
];
const processors = [
  "arm",
  "arm64",
  "ia32",
  "loong64",
  "mips64el",
  "ppc64",
  "riscv64",
  "s390x",
  "x64",
];
const libraries: { readonly [word: string]: string } = { gnu: "glibc", musl: "musl" };

/** An entry as npm writes it, with the platform that the words of the name tell. */
function entryOf(
  name: string,
  { version, dev }: { version: string; dev: boolean | undefined },
): LockedPackage {
  const words = name.split(/[/-]/);
  const os = words.filter((word) => systems.includes(word));
  const cpu = words.filter((word) => processors.includes(word));
  const libc = words.flatMap((word) => libraries[word] ?? []);
  return {
    version,
    ...(cpu.length > 0 ? { cpu } : {}),
    ...(dev === undefined ? {} : { dev }),
    ...(os.includes("linux") && libc.length > 0 ? { libc } : {}),
    optional: true,
    ...(os.length > 0 ? { os } : {}),
  };
}
