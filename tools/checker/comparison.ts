/**
 * One recorded program: the kernel's word and the checker's.
 * @module
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type Btf, parseBtf } from "../../packages/ebpf/src/btf/btf.ts";
import type { ProgLoad } from "../../packages/ebpf/src/kernel/commands.ts";
import { checkedProgram } from "../../packages/ebpf/src/sim/check/from-load.ts";
import type { CheckResult } from "../../packages/ebpf/src/sim/check/check-program.ts";
import type { CheckedMap, CheckedProgram } from "../../packages/ebpf/src/sim/check/program.ts";
import type { RecordedMap, RecordedProgram, RecordedTable } from "./recorded.ts";

/** How a record is compared. */
export interface Comparing {
  /** Where its BTF lies. */
  readonly folder: string;
  readonly kernelTypes: Btf | undefined;
  readonly check: (program: CheckedProgram) => CheckResult;
}

/** Both verdicts on a program. */
export interface Answer {
  readonly from: string;
  /** `accepted/refused`: the kernel's first. */
  readonly kind: string;
  /** Why the kernel refused it, or nothing. */
  readonly kernel: string;
  /** Why the checker refused it, or what it did not know. */
  readonly ours: string;
  readonly log: string;
  readonly milliseconds: number;
}

/**
 * Why a verdict is no matter of the verifier, or of another program than the one recorded, as where the kernel relocated it
 * and found no target; `undefined` when it is one.
 */
export function policyOf({ verdict, log }: RecordedProgram): string | undefined {
  if (verdict === "accepted") return undefined;
  if (verdict === "EPERM" && log === "") return "policy";
  if (twice.test(log)) return "types";
  if (log.includes("failed to find the address for kernel symbol")) return "symbols";
  if (log.includes("substituting insn")) return "relocations";
  return log === "" ? "attributes" : undefined;
}

/** The kernel was given the types of a file twice, and takes a struct for another one than itself; records do not tell. */
const twice = /at offset=(\d+) in struct (\w+), but arg is at offset=\1 in struct \2\n/;

/** Compares. */
export function compareRecord(record: RecordedProgram, comparing: Comparing): Answer {
  const program = programOf(record, comparing);
  const start = performance.now();
  const ours = comparing.check(program);
  return {
    from: record.from,
    kind: `${record.verdict === "accepted" ? "accepted" : "refused"}/${ours.verdict}`,
    kernel: record.verdict === "accepted" ? "" : reasonIn(record.log),
    ours:
      ours.verdict === "undecided"
        ? ours.reason
        : ours.verdict === "accepted"
          ? ""
          : reasonIn(ours.log),
    log: `${record.log}\n--- ours\n${ours.log.slice(-6000)}`,
    milliseconds: performance.now() - start,
  };
}

/** Last line that is neither an instruction nor a sum. */
function reasonIn(log: string): string {
  const lines = log
    .split("\n")
    .filter(
      (line) =>
        line !== "" &&
        !/^(processed|verification time|stack depth|max_states|peak_states)/.test(line),
    );
  return (lines.at(-1) ?? "").replaceAll(/0x[0-9a-f]+|-?\d+/g, "#").slice(0, 110);
}

/** The program as the checker takes it. */
export function programOf(
  record: RecordedProgram,
  { folder, kernelTypes }: Omit<Comparing, "check">,
): CheckedProgram {
  const types = record.btf === undefined ? undefined : typesIn(folder, record.btf);
  const load = {
    progType: record.type,
    insns: bytesOf(record.instructions),
    license: record.license,
    progFlags: record.flags,
    expectedAttachType: record.expectedAttachType,
    attachBtfId: record.attachBtfId,
    onProgram: record.onProgram,
    structOpsMember: record.structOpsMember,
    funcInfo: tableOf(record.functions),
    lineInfo: tableOf(record.lines),
  } as ProgLoad;
  const maps = new Map<string, CheckedMap>();
  return checkedProgram(load, {
    maps: record.maps.map((map) => onceEach(maps, folder, map)),
    types,
    kernelTypes,
  });
}

/** Programs name a map several times; each time it is the same. */
function onceEach(known: Map<string, CheckedMap>, folder: string, map: RecordedMap): CheckedMap {
  const key = JSON.stringify(map);
  const shape = known.get(key) ?? mapOf(folder, map);
  known.set(key, shape);
  return shape;
}

function mapOf(folder: string, { frozen, inner, btf, ...map }: RecordedMap): CheckedMap {
  const constant = frozen !== undefined && map.flags.includes("rdonly_prog");
  return {
    ...(map as Pick<
      CheckedMap,
      "name" | "type" | "keySize" | "valueSize" | "maxEntries" | "flags"
    >),
    types: btf === undefined ? undefined : typesIn(folder, btf),
    valueType: map.valueTypeId,
    inner: inner === undefined ? undefined : mapOf(folder, inner),
    frozen: constant ? bytesOf(frozen) : undefined,
  };
}

const parsed = new Map<string, Btf>();

function typesIn(folder: string, name: string): Btf {
  const path = join(folder, name);
  const known = parsed.get(path) ?? parseBtf(readFileSync(path), { path: name });
  parsed.set(path, known);
  return known;
}

function tableOf(table: RecordedTable | undefined): ProgLoad["funcInfo"] {
  return table && { recordSize: table.recordSize, bytes: bytesOf(table.bytes) };
}

function bytesOf(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text, "base64"));
}
