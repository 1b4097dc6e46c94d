/**
 * Where real programs in C come from: packages of Debian with the kernel's self-tests, samples and tools, with another
 * loader's test data, and with tools that bring their objects along.
 *
 * Packages are fetched by apt and unpacked, once. Nothing is installed and nothing of it belongs to this repository.
 * @module
 */
import { execFileSync } from "node:child_process";
import { existsSync, globSync, lstatSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Releases, unpack } from "../vm/apt.ts";
import { embeddedObjects } from "./embedded.ts";

/** Where the corpus is made when nobody says otherwise. */
export const corpusFolder = "/var/tmp/ts-ebpf-corpus";

/** A program in C, and what it is compiled with. */
export interface Source {
  /** Its object's name below the corpus: the origin, a slash, the file. */
  readonly name: string;
  readonly file: string;
  readonly includes: readonly string[];
}

/** Packages with the kernel's sources, by what their objects are called. */
const kernels = { "linux-6.1": "linux-source-6.1", "linux-6.12": "linux-source-6.12" } as const;

/** What of the kernel's sources is unpacked. */
const wanted = ["tools/testing/selftests/bpf", "tools/lib/bpf", "tools/include", "tools/bpf"]
  .concat("tools/sched_ext", "tools/arch/x86/include", "samples/bpf", "include/uapi")
  .concat("scripts/bpf_doc.py", "arch/x86/include/uapi");

/** Which of it are programs, and where a folder's programs find headers of their own. */
const programs = [
  "tools/testing/selftests/bpf/progs/*.c",
  "samples/bpf/*.bpf.c",
  "samples/bpf/*_kern.c",
  "tools/bpf/*/*.bpf.c",
  "tools/bpf/*/*/*.bpf.c",
  "tools/sched_ext/*.bpf.c",
];

/** The releases that packages are taken from. */
function releases(cache: string): Releases {
  return new Releases(cache, "bookworm", "bookworm-security");
}

/** Packages with objects that come compiled, as files or within programs, by what their objects are called. */
const compiled = {
  "cilium-ebpf": { package: "golang-github-cilium-ebpf-dev", files: "**/testdata/**/*.{elf,o}" },
  "xdp-tools": { package: "xdp-tools", files: "usr/sbin/*" },
  libxdp: { package: "libxdp1", files: "**/bpf/*.o" },
  "libbpf-tools": { package: "libbpf-tools", files: "usr/{s,}bin/*" },
} as const;

/** Objects that come compiled, of both byte orders, by the names they get. */
export function compiledObjects(cache: string): ReadonlyMap<string, Uint8Array> {
  const found = Object.entries(compiled).flatMap(([name, { package: from, files }]) => {
    const folder = join(cache, name);
    unpack(() => [releases(cache).download(from)], folder);
    const paths = globSync(files, { cwd: folder }).filter((path) => {
      return lstatSync(join(folder, path)).isFile();
    });
    return paths.toSorted().flatMap((path) => objectsOf(name, folder, path));
  });
  return new Map(found);
}

/** The objects of one file, which may be one itself. */
function objectsOf(name: string, folder: string, path: string): readonly [string, Uint8Array][] {
  const bytes = readFileSync(join(folder, path));
  const plain = path.replaceAll("/", "_").replace(/^.*_ebpf_/, "");
  if (/\.(?:o|elf)$/.test(path)) return [[`${name}/${plain}`, bytes]];
  return embeddedObjects(bytes).map((object, index) => {
    return [`${name}/${plain}_${index}.o`, object];
  });
}

/** All programs in C; `vmlinux` is the folder with `vmlinux.h`. */
export function sources(cache: string, vmlinux: string): readonly Source[] {
  return Object.entries(kernels).flatMap(([name, packageName]) => {
    const tree = kernelTree(cache, packageName);
    const common = [vmlinux, headersOf(tree), join(tree, "tools/testing/selftests/bpf")]
      .concat(["tools/include/uapi", "tools/include"].map((folder) => join(tree, folder)))
      .concat("/usr/include/x86_64-linux-gnu");
    return globSync(programs, { cwd: tree })
      .toSorted()
      .map((file) => ({
        name: `${name}/${file
          .replace(/^(tools|samples)\//, "")
          .replace(/^testing\/selftests\/bpf\/progs\//, "")
          .replaceAll("/", "_")
          .replace(/\.c$/, "")}`,
        file: join(tree, file),
        includes: [join(tree, file, ".."), ...extraFor(tree, file), ...common],
      }));
  });
}

function extraFor(tree: string, file: string): readonly string[] {
  if (!file.startsWith("tools/sched_ext")) return [];
  return [join(tree, "tools/sched_ext/include"), join(tree, "tools/sched_ext/include/bpf-compat")];
}

function kernelTree(cache: string, packageName: string): string {
  const folder = join(cache, "sources", packageName);
  const done = join(folder, ".unpacked");
  if (!existsSync(done)) {
    const packageFolder = join(cache, "sources", `${packageName}.deb`);
    unpack(() => [releases(cache).download(packageName)], packageFolder);
    mkdirSync(folder, { recursive: true });
    const archive = join(packageFolder, "usr/src", `${packageName}.tar.xz`);
    const names = wanted.map((name) => `${packageName}/${name}`);
    // Each release lacks some of them.
    execFileSync("sh", [
      "-c",
      `tar -C "$0" -xJf "$@" 2>/dev/null; true`,
      folder,
      archive,
      ...names,
    ]);
    writeFileSync(done, "");
  }
  return join(folder, packageName);
}

/** A folder in which `<bpf/bpf_helpers.h>` and the rest of libbpf's headers are found. */
function headersOf(tree: string): string {
  const folder = join(tree, "headers");
  if (existsSync(join(folder, "bpf/bpf_helper_defs.h"))) return folder;
  mkdirSync(join(folder, "bpf"), { recursive: true });
  execFileSync("sh", ["-c", `cp "$0"/tools/lib/bpf/*.h "$1"/bpf/`, tree, folder]);
  const uapi = join(tree, "tools/include/uapi/linux/bpf.h");
  const documentation = join(tree, "scripts/bpf_doc.py");
  const definitions = execFileSync(documentation, ["--header", "--file", uapi], {
    maxBuffer: 1 << 26,
    stdio: ["ignore", "pipe", "ignore"],
  });
  writeFileSync(join(folder, "bpf/bpf_helper_defs.h"), definitions);
  return folder;
}
