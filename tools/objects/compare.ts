/**
 * Loads objects with bpftool and with this library, and says where they disagree:
 * `node tools/objects/compare.ts [FOLDER|FILE]… [--filter TEXT] [--results FILE] [--json]`.
 *
 * Each object is loaded by one, then by the other, pinned on a bpffs of this process's own, described and unloaded.
 * Nothing is attached. Programs that the machine's policy forbids are refused to both. With `--results` each verdict is
 * appended to a file as a line, and objects that have one there are not loaded again: a run can be ended and gone on with.
 * @module
 */
import { spawnSync } from "node:child_process";
import {
  appendFileSync,
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { type Comparison, disagreementOf, hangs } from "./disagreement.ts";
import { corpusFolder } from "./sources.ts";
import { refusal, type Verdict } from "./verdict.ts";
import { Worker } from "./worker.ts";

const ownNamespace = "TS_EBPF_COMPARE_PINS";

async function main(words: readonly string[]): Promise<void> {
  const { values, positionals } = parseArgs({
    args: [...words],
    options: {
      json: { type: "boolean", default: false },
      filter: { type: "string", default: "" },
      results: { type: "string" },
    },
    allowPositionals: true,
  });
  const files = objectsIn(positionals.length === 0 ? [join(corpusFolder, "objects")] : positionals);
  using worker = new Worker();
  const known = new Map(earlier(values.results).map((found) => [found.object, found]));
  const comparisons: Comparison[] = [];
  for (const file of files.filter((name) => name.includes(values.filter))) {
    const found = known.get(file) ?? (await compare(worker, file));
    if (values.results !== undefined && !known.has(file))
      appendFileSync(values.results, `${JSON.stringify(found)}\n`);
    comparisons.push(found);
  }
  console.log(values.json ? JSON.stringify(comparisons, undefined, 1) : report(comparisons));
}

/** What an earlier run left in `file`. */
function earlier(file: string | undefined): readonly Comparison[] {
  if (file === undefined || !existsSync(file)) return [];
  const lines = readFileSync(file, "utf8").split("\n").filter(Boolean);
  return lines.map((line) => JSON.parse(line) as Comparison);
}

function objectsIn(places: readonly string[]): readonly string[] {
  return places.flatMap((place) => {
    if (statSync(place).isFile()) return [place];
    const found = globSync("**/*.{o,elf}", { cwd: place }).toSorted();
    return found.map((name) => join(place, name));
  });
}

async function compare(worker: Worker, object: string): Promise<Comparison> {
  const theirs = await loadTheirs(worker, object);
  const ours = await worker.ask({ load: object });
  return { object, theirs, ours, disagreement: disagreementOf(theirs, ours) };
}

/** Lets bpftool load and pin, has it described, and unpins. */
async function loadTheirs(worker: Worker, object: string): Promise<Verdict> {
  const folder = join(process.env[ownNamespace]!, "one");
  mkdirSync(folder);
  try {
    const [programs, maps] = [join(folder, "programs"), join(folder, "maps")];
    const words = ["prog", "loadall", object, programs, "pinmaps", maps];
    const { status, stderr } = spawnSync("bpftool", words, { encoding: "utf8", timeout: 20_000 });
    if (status !== 0) return refusal(telling(stderr));
    for (const name of [programs, maps]) mkdirSync(name, { recursive: true });
    return await worker.ask({ pinned: folder });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The lines of libbpf that say something, without the verifier's log. */
function telling(stderr: string): string {
  const lines = stderr.split("\n").filter((line) => /^(libbpf|Error)/.test(line));
  return (
    lines.filter((line) => !/PROG LOAD LOG/.test(line)).join("\n") || stderr.slice(0, 500) || hangs
  );
}

function report(comparisons: readonly Comparison[]): string {
  const both = comparisons.filter(({ theirs, ours }) => loaded(theirs) && loaded(ours));
  const counts = [
    `objects ${comparisons.length}`,
    `loaded by both ${both.length}`,
    `of these the same ${both.filter(({ disagreement }) => disagreement === undefined).length}`,
    `only by bpftool ${comparisons.filter(({ theirs, ours }) => loaded(theirs) && !loaded(ours)).length}`,
    `only by us ${comparisons.filter(({ theirs, ours }) => !loaded(theirs) && loaded(ours)).length}`,
    `by neither ${comparisons.filter(({ theirs, ours }) => !loaded(theirs) && !loaded(ours)).length}`,
  ];
  const groups = Object.groupBy(comparisons, ({ disagreement }) => disagreement ?? "");
  const rows = Object.entries(groups)
    .filter(([cause]) => cause !== "")
    .toSorted(([, left], [, right]) => right!.length - left!.length)
    .map(([cause, found]) => describeGroup(cause, found!));
  return [counts.join(", "), ...rows].join("\n");
}

function loaded({ refused }: Verdict): boolean {
  return refused === undefined;
}

function describeGroup(cause: string, found: readonly Comparison[]): string {
  const [{ object, theirs, ours }] = found as [Comparison];
  const sample = [`  e.g. ${object}`, `  ours: ${(ours.refused ?? "loaded").slice(0, 400)}`];
  if (theirs.refused !== undefined) sample.push(`  theirs: ${theirs.refused.slice(0, 400)}`);
  return [`${String(found.length).padStart(4)}  ${cause}`, ...sample].join("\n");
}

/** This process again, in a mount namespace of its own with a bpffs in it. */
function inOwnNamespace(): number {
  const pins = mkdtempSync(join(tmpdir(), "compare-"));
  const script = `mount -t bpf bpf "$0" && exec "$@"`;
  const self = [process.execPath, ...process.execArgv, ...process.argv.slice(1)];
  const { status } = spawnSync("unshare", ["-m", "sh", "-c", script, pins, ...self], {
    stdio: "inherit",
    env: { ...process.env, [ownNamespace]: pins },
  });
  rmSync(pins, { recursive: true });
  return status ?? 1;
}

if (process.env[ownNamespace] === undefined) process.exitCode = inOwnNamespace();
else await main(process.argv.slice(2));
