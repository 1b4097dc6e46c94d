/**
 * Who may import what: the table of folders, and the check that holds every file to it.
 *
 * The table is the authority; ARCHITECTURE.md explains it. A folder may import its own files and those of the folders
 * in its row, nothing else. What a file does with what it imports is not looked at.
 * @module
 */
import { posix } from "node:path";
import { type Import, importsOf } from "./imports.ts";
import { type Finding, isTest, type TextFile } from "./tree.ts";

const codec = ["base", "isa", "elf", "btf", "layout", "helper", "asm", "spec"];
const live = ["types", ...codec, "lang", "capture", "relocate", "object", "kernel", "verifier"];

/** Folders of packages/ebpf/src, and the folders each may import besides itself. */
export const layers: { readonly [folder: string]: readonly string[] } = {
  base: [],
  types: [],
  isa: ["base"],
  elf: ["base"],
  btf: ["base"],
  layout: ["base"],
  helper: ["base"],
  asm: ["base", "isa", "layout", "helper"],
  spec: ["base", "types", "isa", "btf", "layout"],
  lang: ["types", ...codec],
  relocate: ["base", "isa", "btf", "layout", "spec"],
  object: ["base", "isa", "elf", "btf", "layout", "spec", "relocate"],
  kernel: ["base", "btf", "spec"],
  "compile-c": ["base", "btf", "lang"],
  capture: ["types", ...codec, "lang", "relocate"],
  sys: ["base", "isa", "btf", "helper", "spec", "kernel"],
  sim: ["types", ...codec, "kernel"],
  simulate: ["types", ...codec, "lang", "kernel", "sim"],
  verifier: ["base", "isa", "helper", "spec"],
  map: live,
  program: live,
  link: [...live, "program"],
  stream: [...live, "map"],
  reference: [...live, "map", "stream"],
  inspect: [...live, "map", "program", "link", "sys"],
  collection: [...live, "map", "program", "link", "stream"],
  "xdp-socket": [...live, "map", "program", "link", "stream", "collection"],
  testing: [
    ...live,
    "map",
    "program",
    "link",
    "stream",
    "collection",
    "inspect",
    "sys",
    "sim",
    "simulate",
  ],
};

/** Folders that do no I/O: they import no `node:` module, and the linter forbids them Node's globals and the clock. */
export const pure: readonly string[] = [
  ...codec,
  "lang",
  "relocate",
  "object",
  "kernel",
  "sim",
  "simulate",
  "verifier",
];

/** Packages from outside that a folder may import. */
const packages: { readonly [folder: string]: readonly string[] } = {
  lang: ["oxc-parser", "@oxc-project/types"],
  capture: ["oxc-parser", "@oxc-project/types", "unplugin"],
  sys: ["@ts-ebpf/native"],
  testing: ["fast-check"],
};

/** What unit tests may import beyond the row of their folder. */
const forTests = ["sim", "simulate", "sys", "testing"];
/** What unit tests of the simulated kernel may import besides: some of what is handed one. */
const forTestsOfSim = ["map", "program"];

const library = "packages/ebpf/src/";

/** What `file` imports and must not. `exported` are the subpaths that the library exports: `["ts-ebpf", "ts-ebpf/asm"]`. */
export function checkLayers(file: TextFile, exported: readonly string[]): readonly Finding[] {
  if (!file.path.endsWith(".ts")) return [];
  const complain = file.path.startsWith(library)
    ? (found: Import) => complainInside(file.path, found)
    : (found: Import) => complainOutside(file.path, found, exported);
  return importsOf(file).flatMap((found) => {
    const complaint = complain(found);
    return complaint === undefined ? [] : [`${file.path}:${found.line} ${complaint}`];
  });
}

/** Kernel tests, and what tests share: `testing-x.ts` and folders named so, which are not published. */
function seesEverything(path: string): boolean {
  return path.endsWith(".kernel.test.ts") || /\/testing-[a-z-]+(\.ts$|\/)/.test(path);
}

/** What is wrong with an import in the library. */
function complainInside(path: string, { specifier }: Import): string | undefined {
  const from = folderOf(path);
  if (!specifier.startsWith(".")) return complainPackage(path, from, specifier);
  const target = posix.join(posix.dirname(path), specifier);
  if (!target.startsWith(library)) return `leaves the package: ${specifier}`;
  if (from === undefined || seesEverything(path)) return undefined;
  if (isBarrel(target) && !isBarrel(path) && !isTest(path))
    return `imports a barrel from inside: ${specifier}`;
  const to = folderOf(target);
  if (to === from) return undefined;
  if (to === undefined) return `reaches up to ${specifier}`;
  const forTest = from === "sim" ? [...forTests, ...forTestsOfSim] : forTests;
  const allowed = [...(layers[from] ?? []), ...(isTest(path) ? forTest : [])];
  return allowed.includes(to) ? undefined : `reaches into ${to}/`;
}

function complainPackage(
  path: string,
  from: string | undefined,
  specifier: string,
): string | undefined {
  if (isTest(path) || seesEverything(path)) return undefined;
  if (from !== undefined && packages[from]?.includes(specifier) === true) return undefined;
  if (!specifier.startsWith("node:")) return `depends on ${specifier}`;
  return from !== undefined && pure.includes(from) ? `does I/O: imports ${specifier}` : undefined;
}

/** What is wrong with an import outside the library: it is used by its public subpaths, and workspaces keep apart. */
function complainOutside(
  path: string,
  { specifier }: Import,
  exported: readonly string[],
): string | undefined {
  if (specifier.startsWith(".")) {
    const home = workspaceOf(path);
    const target = workspaceOf(posix.join(posix.dirname(path), specifier));
    return home === target || home === "tools" ? undefined : `reaches into ${target}/`;
  }
  const isOurs = specifier === "ts-ebpf" || specifier.startsWith("ts-ebpf/");
  if (isOurs && !exported.includes(specifier)) return `imports what is not exported: ${specifier}`;
  if (isOurs && workspaceOf(path) === "packages/native") return "makes the bridge know eBPF";
  return undefined;
}

/** Folder of the library that holds a path; `undefined` for files directly in `src`. */
function folderOf(path: string): string | undefined {
  const parts = path.slice(library.length).split("/");
  return parts.length > 1 ? parts[0] : undefined;
}

/** `packages/cli`, `apps/profiler`, `bench`: the part of the repository that holds a path. */
function workspaceOf(path: string): string {
  const parts = path.split("/");
  return /^(packages|apps)$/.test(parts[0]!) ? parts.slice(0, 2).join("/") : parts[0]!;
}

function isBarrel(path: string): boolean {
  return path.endsWith("/index.ts");
}
