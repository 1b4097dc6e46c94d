/**
 * Fields of structs as source text: their places, and what integers they are.
 * @module
 */
import { readFileSync } from "node:fs";
import { type Btf, parseBtf } from "../../../packages/ebpf/src/btf/btf.ts";
import type { BtfStruct, BtfUnion } from "../../../packages/ebpf/src/btf/type.ts";

let cached: Btf | undefined;

/** The fields as an object literal; `undefined` when the kernel has no such struct. */
export function headerFields(name: string): string | undefined {
  cached ??= parseBtf(readFileSync("/sys/kernel/btf/vmlinux"), { path: "vmlinux" });
  const struct = cached.findByName(name, "struct");
  return struct === undefined ? undefined : structText(cached, struct);
}

function structText(btf: Btf, struct: BtfStruct | BtfUnion): string {
  const fields = fieldsOf(btf, struct, 0).map(([name, text]) => `${name}: ${text}`);
  return `{ size: ${struct.size}, fields: { ${fields.join(", ")} } }`;
}

type FieldText = readonly [name: string, text: string];

function fieldsOf(btf: Btf, struct: BtfStruct | BtfUnion, start: number): FieldText[] {
  return struct.members.flatMap((member): FieldText[] => {
    const target = btf.resolve(member.type);
    const bit = start + member.bitOffset;
    const isStruct = target.kind === "struct" || target.kind === "union";
    if (isStruct && member.name === "") return fieldsOf(btf, target, bit);
    const type = isStruct ? structText(btf, target) : scalarText(btf, member.type);
    if (type === undefined || member.name === "") return [];
    if (member.bitfieldSize === 0) return [[member.name, `[${bit / 8}, ${type}]`]];
    // Bit fields are told by their byte or word and their place in it.
    const unit = 8 * btf.size(member.type);
    const first = bit - (bit % unit);
    const bits = `, ${bit - first}, ${member.bitfieldSize}`;
    return [[member.name, `[${first / 8}, ${type}${bits}]`]];
  });
}

/** `"u16"`, `"be16"`, `"u8[6]"`; `undefined` for what is no integer. */
function scalarText(btf: Btf, id: number): string | undefined {
  const target = btf.resolve(id);
  if (target.kind === "array") {
    const element = scalarText(btf, target.type);
    return element === undefined || target.length === 0
      ? undefined
      : `"${JSON.parse(element)}[${target.length}]"`;
  }
  if (target.kind !== "int") return undefined;
  const bits = 8 * target.size;
  return `"${isNetworkOrder(btf, id) ? "be" : target.encoding === "signed" ? "s" : "u"}${bits}"`;
}

function isNetworkOrder(btf: Btf, id: number): boolean {
  for (let type = btf.typeById(id); type.kind === "typedef"; type = btf.typeById(type.type)) {
    if (/^__be\d+$/.test(type.name)) return true;
  }
  return false;
}
