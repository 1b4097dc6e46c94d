/**
 * Makes the sample of a corpus that is committed: `node tools/checker/sample.ts FOLDER… > tools/checker/sample.jsonl`.
 *
 * Chosen are short programs that need no types and that the checker decides on, evenly over all reasons for which the
 * kernel refuses programs, and about as many that it accepts. Of logs only the reason is kept. How many programs are left
 * undecided is told by `compare.ts` on a whole corpus.
 * @module
 */
import { globSync } from "node:fs";
import { join } from "node:path";
import { checkProgram } from "../../packages/ebpf/src/sim/check/check-program.ts";
import { compareRecord, type Comparing, policyOf } from "./comparison.ts";
import { readRecords, type RecordedProgram } from "./recorded.ts";

/** Bytes of instructions, base64, of the longest program. */
const longest = 600;
/** Programs with one reason, and accepted ones of one type. */
const [perReason, perType] = [3, 8];

function isPlain({ instructions, maps, attachBtfId, functions }: RecordedProgram): boolean {
  const one =
    functions === undefined ||
    Buffer.from(functions.bytes, "base64").length <= functions.recordSize;
  const plainMaps = maps.every((map) => map.inner === undefined && map.frozen === undefined);
  return (
    instructions.length <= longest &&
    attachBtfId === undefined &&
    one &&
    plainMaps &&
    !callsKernel(instructions)
  );
}

/** Whether a program names functions or variables of the kernel, or has functions that are called. */
function callsKernel(instructions: string): boolean {
  const bytes = Buffer.from(instructions, "base64");
  for (let at = 0; at < bytes.length; at += 8) {
    const source = bytes[at + 1]! >> 4;
    if (bytes[at] === 0x85 && source === 2) return true;
    if (bytes[at] === 0x18 && (source === 3 || source === 4)) return true;
  }
  return false;
}

function plain({
  lines: _lines,
  functions: _functions,
  btf: _btf,
  ...record
}: RecordedProgram): RecordedProgram {
  const maps = record.maps.map(
    ({ btf: _btf, keyTypeId: _key, valueTypeId: _value, ...map }) => map,
  );
  return { ...record, maps, log: reasonIn(record.log) };
}

const check: Comparing["check"] = (it) => checkProgram(it, { budget: 20_000 });

function isDecided(record: RecordedProgram): boolean {
  const { kind } = compareRecord(record, { folder: "", kernelTypes: undefined, check });
  return !kind.endsWith("undecided");
}

function reasonIn(log: string): string {
  const lines = log.split("\n").filter((line) => line !== "" && !line.startsWith("processed "));
  return lines.at(-1) ?? "";
}

const counts = new Map<string, number>();
const files = process.argv
  .slice(2)
  .flatMap((folder) => globSync(join(folder, "*.jsonl")).toSorted());
for (const record of readRecords(files)) {
  const special = /lock|timer|kptr|exceptions/.test(record.from);
  if (policyOf(record) !== undefined || !isPlain(record) || special) continue;
  if (!isDecided(plain(record))) continue;
  const accepted = record.verdict === "accepted";
  const group = accepted ? record.type : reasonIn(record.log).replaceAll(/0x[0-9a-f]+|\d+/g, "#");
  const count = (counts.get(group) ?? 0) + 1;
  counts.set(group, count);
  if (count <= (accepted ? perType : perReason)) console.log(JSON.stringify(plain(record)));
}
