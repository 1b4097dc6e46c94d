/**
 * Checks what npm would publish: builds it, packs it, and uses it as a stranger would.
 *
 * The tarballs go through publint and attw, and then into an empty project, where every exported subpath is imported,
 * type-checked and called by name. Nothing of the repository is reachable from there but the compiler.
 * @module
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root } from "../test/node.ts";

const packages = ["native", "ebpf", "cli"];
/** Those that others import; the command has no types to check. */
const libraries = ["native", "ebpf"];

/** What this needs of a package.json. */
interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly exports?: { readonly [subpath: string]: unknown };
  readonly peerDependencies?: { readonly [name: string]: string };
}

/** The empty project, and the place of the tarballs. */
const project = mkdtempSync(join(tmpdir(), "ts-ebpf-package-"));

function main(): void {
  build();
  const tarballs = new Map(packages.map((name) => [name, pack(name)]));
  for (const name of libraries) lint(tarballs.get(name)!);
  install([...tarballs.values()]);
  checkImports();
  checkCommand();
}

/** Builds from nothing, so that no file of a deleted source is left in a package. */
function build(): void {
  title("build");
  for (const name of packages) {
    rmSync(join(root, "packages", name, "dist"), { recursive: true, force: true });
  }
  run("npm", ["run", "--silent", "build", "--", "--force"], root);
}

/** Packs a package and returns the path of the tarball. */
function pack(name: string): string {
  title(`pack ${name}`);
  const folder = join(root, "packages", name);
  const output = read(
    "npm",
    ["pack", "--json", "--silent", `--pack-destination=${project}`],
    folder,
  );
  const [packed] = JSON.parse(output) as {
    filename: string;
    files: { path: string }[];
    unpackedSize: number;
  }[];
  if (packed === undefined) throw new Error(`npm packed nothing of ${name}`);
  const tests = packed.files.filter(({ path }) => /\.test\.|\/testing-|tsbuildinfo/.test(path));
  if (tests.length > 0)
    throw new Error(`${name} would publish ${tests.map(({ path }) => path).join(", ")}`);
  console.log(`${packed.filename}: ${packed.files.length} files, ${packed.unpackedSize} bytes`);
  return join(project, packed.filename);
}

function lint(tarball: string): void {
  title(`lint ${tarball}`);
  run("publint", ["run", "--strict", tarball], root);
  const quiet = ["--format=table-flipped", "--no-color", "--no-emoji", "--no-definitely-typed"];
  run("attw", [tarball, "--profile=esm-only", ...quiet], root);
}

function install(tarballs: readonly string[]): void {
  title("install in an empty project");
  writeFileSync(join(project, "package.json"), '{ "private": true, "type": "module" }\n');
  const options = ["--omit=optional", "--prefer-offline", "--no-audit", "--no-fund"];
  run("npm", ["install", ...options, ...tarballs, ...peers()], project);
}

/** What one subpath needs beside the library: optional for those who do not use it. */
function peers(): readonly string[] {
  return libraries
    .map(manifestOf)
    .flatMap(({ peerDependencies = {} }) =>
      Object.entries(peerDependencies).map(([name, range]) => `${name}@${range}`),
    );
}

/** Imports every subpath, at run time and for the compiler. */
function checkImports(): void {
  title("import every subpath");
  const imports = libraries
    .map(manifestOf)
    .flatMap(({ name, exports = {} }) =>
      Object.keys(exports).map((subpath) => name + subpath.slice(1)),
    )
    .filter((specifier) => !specifier.endsWith(".json"));
  const lines = imports.map(
    (specifier, index) => `import * as module${index} from "${specifier}";`,
  );
  const counts = imports.map(
    (specifier, index) =>
      `console.log("${specifier}", Object.keys(module${index}).length, "names");`,
  );
  writeFileSync(join(project, "consumer.ts"), [...lines, ...counts, ""].join("\n"));
  run(process.execPath, ["consumer.ts"], project);
  const options = [
    "--module",
    "nodenext",
    "--target",
    "esnext",
    "--strict",
    "--noEmit",
    "--allowImportingTsExtensions",
  ];
  run(
    "tsc",
    [
      ...options,
      "--typeRoots",
      join(root, "node_modules/@types"),
      "--types",
      "node",
      "consumer.ts",
    ],
    project,
  );
}

/** The command says what it is, from wherever it was installed. */
function checkCommand(): void {
  title("run the command");
  const command = join(project, "node_modules/.bin/ts-ebpf");
  const version = read(command, ["--version"], project).trim();
  if (!version.includes(manifestOf("cli").version))
    throw new Error(`ts-ebpf --version says ${version}`);
  const help = read(command, ["--help"], project);
  if (!help.includes("ts-ebpf")) throw new Error("ts-ebpf --help does not name the command");
  console.log(version);
}

function manifestOf(name: string): Manifest {
  return JSON.parse(readFileSync(join(root, "packages", name, "package.json"), "utf8")) as Manifest;
}

function title(text: string): void {
  console.log(`\n── ${text}`);
}

/** Runs a program with our output; ends the check when it fails. */
function run(program: string, args: readonly string[], cwd: string): void {
  execFileSync(program, args, { cwd, stdio: ["ignore", "inherit", "inherit"] });
}

/** Runs a program and returns what it printed. */
function read(program: string, args: readonly string[], cwd: string): string {
  return execFileSync(program, args, { cwd, encoding: "utf8" });
}

try {
  main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
} finally {
  rmSync(project, { recursive: true });
}
