/**
 * The variables of an object file as types: what is where in a data section.
 * @module
 */
import type { BtfWriter } from "../btf/write/writer.ts";
import type { BtfTypeId } from "../btf/type.ts";
import { addArray, addInt, addLayoutType } from "../relocate/layout-type.ts";
import { isUnnamedVariable } from "./read/read-variables.ts";
import { isReadOnly, type PlacedVariable, type VariableSection } from "./variable-layout.ts";

/** Adds the variables of a section and the section itself; bytes of which no type says anything have none here, too. */
export function addVariableTypes(writer: BtfWriter, section: VariableSection): void {
  const typed = section.variables.filter(({ spec }) => !isUnnamedVariable(spec));
  if (typed.length === 0) return;
  const variables = typed.map((variable) => ({
    type: addVariable(writer, variable, section.name),
    offset: variable.offset,
    size: variable.spec.layout.size,
  }));
  const { name, bytes } = section;
  writer.add({ kind: "datasec", name, size: bytes.length, variables });
}

/** Adds a section with one text and its variable. */
export function addTextVariable(
  writer: BtfWriter,
  section: string,
  { name, size }: { readonly name: string; readonly size: number },
): void {
  const type = addArray(writer, addInt(writer, "char", 1, "signed"), size);
  const variable = writer.add({ kind: "var", name, type, linkage: "global" });
  const variables = [{ type: variable, offset: 0, size }];
  writer.add({ kind: "datasec", name: section, size, variables });
}

function addVariable(
  writer: BtfWriter,
  { name, spec }: PlacedVariable,
  section: string,
): BtfTypeId {
  const plain = addLayoutType(writer, spec.layout);
  const constant = isReadOnly(section);
  const type = constant ? writer.intern({ kind: "const", name: "", type: plain }) : plain;
  return writer.add({ kind: "var", name, type, linkage: "global" });
}
