/**
 * Compares the checker with what the kernel said of recorded programs:
 * `node tools/checker/compare.ts FOLDER|FILE… [--json] [--show KIND] [--filter TEXT] [--budget N]`.
 *
 * KIND is a kernel's verdict and ours, `accepted/refused`: each such program is listed with the reasons. Programs that the
 * machine's policy refused, and those whose refusal is no matter of the verifier, are left out and counted.
 * @module
 */
import { globSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { readCpus } from "../../packages/ebpf/src/sys/machine/cpus.ts";
import { parseArgs } from "node:util";
import { type Btf, parseBtf } from "../../packages/ebpf/src/btf/btf.ts";
import { checkProgram } from "../../packages/ebpf/src/sim/check/check-program.ts";
import { type Answer, compareRecord, policyOf } from "./comparison.ts";
import { readRecords } from "./recorded.ts";

const { values, positionals } = parseArgs({
  options: {
    json: { type: "boolean", default: false },
    show: { type: "string" },
    filter: { type: "string", default: "" },
    budget: { type: "string" },
    log: { type: "boolean", default: false },
  },
  allowPositionals: true,
});

/** Folders of records and BTF, and files of records within. */
function filesIn(path: string): readonly string[] {
  return statSync(path).isDirectory() ? globSync(join(path, "**/*.jsonl")).toSorted() : [path];
}

const kernelTypes: Btf = parseBtf(readFileSync("/sys/kernel/btf/vmlinux"));

const possible = readCpus().possible.length;

function answers(): readonly Answer[] {
  const budget = values.budget === undefined ? {} : { budget: Number(values.budget) };
  return positionals.flatMap((path) =>
    readRecords(filesIn(path))
      .filter(({ from, name }) => `${from} ${name}`.includes(values.filter))
      .filter((record) => policyOf(record) === undefined)
      .map((record) => {
        const folder = statSync(path).isDirectory() ? path : join(path, "..");
        return compareRecord(record, {
          folder,
          kernelTypes,
          check: (it) => checkProgram({ ...it, cpus: possible }, budget),
        });
      }),
  );
}

function tally(all: readonly Answer[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { kind } of all) counts[kind] = (counts[kind] ?? 0) + 1;
  return counts;
}

function grouped(all: readonly Answer[]): string {
  const groups = new Map<string, Answer[]>();
  for (const answer of all) {
    const key = `${answer.kernel} | ${answer.ours}`;
    groups.set(key, [...(groups.get(key) ?? []), answer]);
  }
  return [...groups]
    .toSorted(([, a], [, b]) => b.length - a.length)
    .map(
      ([key, its]) =>
        `${String(its.length).padStart(5)} ${key}\n      ${its
          .slice(0, 3)
          .map(({ from }) => from)
          .join(" ")}`,
    )
    .join("\n");
}

const all = answers();
const shown = all.filter(({ kind }) => kind === values.show);
if (values.json) {
  const wrong = all.filter(
    ({ kind }) => kind === "refused/accepted" || kind === "accepted/refused",
  );
  console.log(JSON.stringify({ counts: tally(all), wrong }, undefined, 1));
} else {
  if (values.log) for (const answer of shown) console.log(`=== ${answer.from}\n${answer.log}`);
  else console.log(grouped(shown));
  console.log(tally(all));
  const slow = all.toSorted((a, b) => b.milliseconds - a.milliseconds).slice(0, 5);
  for (const { from, milliseconds, kind } of slow)
    console.log(`${Math.round(milliseconds)} ms ${kind} ${from}`);
}
