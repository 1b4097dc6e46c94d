/**
 * Builds the addon for every machine: `npm run build:native [-- --check] [-- --out DIR]`.
 *
 * The addon uses no C library, so one clang with lld makes all files, for this machine and for others, from the
 * headers of an npm package. The same compiler makes the same bytes: `--check` builds and compares with what is
 * committed. It does not fetch anything and needs no node-gyp.
 * @module
 */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { accessSync, constants, mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { parseArgs } from "node:util";

const sources = join(import.meta.dirname, "addon");
const prebuilds = join(import.meta.dirname, "prebuilds");
const recordFile = "build.json";

const targets: readonly Target[] = [
  { file: "linux-x64.node", triple: "x86_64-unknown-linux-gnu" },
  { file: "linux-arm64.node", triple: "aarch64-unknown-linux-gnu" },
];

const flags: readonly string[] = [
  "-std=c11 -Wall -Wextra -Wpedantic -DNAPI_VERSION=8",
  // No C library, and no headers but the compiler's own: the same for every machine and distribution.
  "-ffreestanding -nostdlibinc -nostdlib -shared -fPIC -fvisibility=hidden",
  // Small. What is measured are system calls and copies, which -O2 makes no faster.
  "-Oz -fno-plt -fomit-frame-pointer -fno-vectorize -fno-slp-vectorize",
  "-ffunction-sections -fdata-sections -fno-stack-protector -fno-ident",
  "-fno-unwind-tables -fno-asynchronous-unwind-tables",
  // Nothing in the file but what is loaded, and nothing that depends on when or where it was built.
  "-Wl,--gc-sections,--strip-all,--build-id=none,--hash-style=gnu,-O2,-z,now",
].flatMap((line) => line.split(" "));

interface Target {
  readonly file: string;
  readonly triple: string;
}

/** What made the files. Another version may make other bytes of the same sources. */
interface Tools {
  readonly clang: string;
  readonly lld: string;
  readonly headers: string;
}

interface Built {
  readonly size: number;
  readonly sha256: string;
}

interface BuildRecord {
  readonly tools: Tools;
  readonly files: Readonly<Record<string, Built>>;
}

/** Something is missing or differs; the message says what to do. */
class BuildError extends Error {
  override readonly name = "BuildError";
}

main();

function main(): void {
  const { values } = parseArgs({
    options: { check: { type: "boolean", default: false }, out: { type: "string" } },
  });
  try {
    if (values.check) check(values.out);
    else build(values.out ?? prebuilds);
  } catch (error) {
    if (!(error instanceof BuildError)) throw error;
    console.error(`build:native: ${error.message}`);
    process.exitCode = 1;
  }
}

/** Builds into `out`, or a folder that is removed again, and compares with the committed files. */
function check(out: string | undefined): void {
  const folder = out ?? mkdtempSync(join(tmpdir(), "ts-ebpf-native-"));
  try {
    compare(build(folder), readRecord());
  } finally {
    if (out === undefined) rmSync(folder, { recursive: true });
  }
}

function compare(built: BuildRecord, committed: BuildRecord): void {
  if (JSON.stringify(built.tools) !== JSON.stringify(committed.tools)) {
    console.log(
      `not compared: the committed files were made with ${Object.values(committed.tools).join(", ")}`,
    );
    return;
  }
  for (const { file } of targets) {
    if (built.files[file]?.sha256 !== digest(join(prebuilds, file))) {
      throw new BuildError(
        `${file} is not what the sources make; run npm run build:native and commit it`,
      );
    }
  }
  console.log("the committed files are what the sources make");
}

function readRecord(): BuildRecord {
  return JSON.parse(readFileSync(join(prebuilds, recordFile), "utf8")) as BuildRecord;
}

function build(folder: string): BuildRecord {
  const clang = findTool(/^clang(-\d+)?$/, "clang");
  const lld = findTool(/^ld\.lld(-\d+)?$/, "lld");
  const include = headersFolder();
  mkdirSync(folder, { recursive: true });
  for (const target of targets) compile({ clang, lld, include }, target, join(folder, target.file));
  const tools = { clang: version(clang), lld: version(lld), headers: headersVersion(include) };
  const record: BuildRecord = { tools, files: describe(folder) };
  writeFileSync(join(folder, recordFile), `${JSON.stringify(record, undefined, 2)}\n`);
  report(folder, record);
  return record;
}

interface Paths {
  readonly clang: string;
  readonly lld: string;
  readonly include: string;
}

function compile({ clang, lld, include }: Paths, { triple }: Target, output: string): void {
  const files = readdirSync(sources).filter((name) => name.endsWith(".c"));
  const options = [`--target=${triple}`, `--ld-path=${lld}`, "-isystem", include, "-o", output];
  // Run in the folder of the sources: then no path of this machine can get into the file.
  execFileSync(clang, [...flags, ...options, ...files.toSorted()], {
    cwd: sources,
    stdio: "inherit",
  });
}

/** The first of a name without version, or else the newest, in the folders of PATH. */
function findTool(pattern: RegExp, name: string): string {
  const found = (process.env["PATH"] ?? "")
    .split(delimiter)
    .flatMap((folder) => matches(folder, pattern));
  const best = found.toSorted((a, b) => majorVersion(b) - majorVersion(a))[0];
  if (best === undefined) {
    throw new BuildError(`${name} was not found; on Debian and Ubuntu: apt-get install clang lld`);
  }
  return best;
}

function matches(folder: string, pattern: RegExp): string[] {
  try {
    const names = readdirSync(folder).filter((name) => pattern.test(name));
    return names.map((name) => join(folder, name)).filter(isExecutable);
  } catch {
    return []; // PATH may name folders that do not exist
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

function majorVersion(file: string): number {
  return Number(/-(\d+)$/.exec(file)?.[1] ?? Infinity);
}

function version(tool: string): string {
  return execFileSync(tool, ["--version"], { encoding: "utf8" }).split("\n")[0] ?? "";
}

function headersFolder(): string {
  try {
    const entry = createRequire(import.meta.url).resolve("node-api-headers/package.json");
    return join(dirname(entry), "include");
  } catch {
    throw new BuildError("the package node-api-headers was not found; run npm install");
  }
}

function headersVersion(include: string): string {
  const manifest = readFileSync(join(include, "..", "package.json"), "utf8");
  return `node-api-headers ${(JSON.parse(manifest) as { version: string }).version}`;
}

function describe(folder: string): Record<string, Built> {
  const rows = targets.map(({ file }) => {
    const path = join(folder, file);
    return [file, { size: readFileSync(path).length, sha256: digest(path) }] as const;
  });
  return Object.fromEntries(rows);
}

function digest(path: string): string {
  return createHash("sha256").update(readFileSync(path)).digest("hex");
}

function report(folder: string, { tools, files }: BuildRecord): void {
  console.log(Object.values(tools).join(", "));
  for (const [file, { size, sha256 }] of Object.entries(files)) {
    console.log(`${join(folder, file)}: ${size} bytes, sha256 ${sha256}`);
  }
}
