/**
 * BTF as text, type by type: `[12] STRUCT 'list_head' size=16 vlen=2`.
 *
 * The lines are those of `bpftool btf dump`, so that the two can be compared and tools that read one read the other.
 * Types are shown as they are stored, and those of the base are left to a dump of the base.
 * @module
 */
import type { Btf } from "../btf.ts";
import { recordOf, type Fields, type TypeRecord } from "./record.ts";

/**
 * The types of `btf`, those of its base not among them, one line each; members, values, parameters and variables
 * follow on indented lines. Ends with a line break unless there are no types.
 * @throws MalformedError when a type is damaged.
 */
export function printRaw(btf: Btf): string {
  const lines: string[] = [];
  for (const type of btf.types()) appendRecord(lines, btf, recordOf(type));
  return lines.map((line) => `${line}\n`).join("");
}

function appendRecord(lines: string[], btf: Btf, record: TypeRecord): void {
  const { id, kind, name, list } = record;
  lines.push(`[${id}] ${kind} '${name}'${fieldText(record)}`);
  for (const item of list?.items ?? []) lines.push(`\t${itemText(btf, record, item)}`);
}

function fieldText({ kind, fields }: TypeRecord): string {
  // The one line with a comma: bpftool writes it so.
  const separator = kind === "VAR" ? ", " : " ";
  const text = assignments(fields).join(separator);
  return text === "" ? "" : ` ${text}`;
}

function itemText(btf: Btf, { kind, fields: own }: TypeRecord, item: Fields): string {
  const { name, ...fields } = item;
  const words = assignments(fields).join(" ");
  if (kind === "ENUM64") return `'${name}' ${words}${own["encoding"] === "SIGNED" ? "LL" : "ULL"}`;
  if (kind !== "DATASEC") return `'${name}' ${words}`;
  const variable = btf.typeById(Number(fields["type_id"]));
  return `${words} (${variable.kind.toUpperCase()} '${variable.name || "(anon)"}')`;
}

function assignments(fields: Fields): string[] {
  return Object.entries(fields).map(([key, value]) => `${key}=${value}`);
}
