/**
 * Reads values as the kernel's types lay them out: what a program left in its context.
 * @module
 */
import { cString, viewOf } from "../../base/bytes.ts";
import type { Btf } from "../../btf/btf.ts";
import type { BtfStruct, BtfType, BtfTypeId, BtfUnion } from "../../btf/type.ts";
import type { Found, FoundObject } from "./given.ts";

/** All members of the struct `name` in `bytes`; those of unnamed structs within count as its own. */
export function readStruct(btf: Btf, name: string, bytes: Uint8Array): FoundObject {
  return membersOf(btf, btf.typeByName(name, "struct"), bytes);
}

function membersOf(btf: Btf, type: BtfStruct | BtfUnion, bytes: Uint8Array): FoundObject {
  const found: Record<string, Found> = {};
  for (const { name, type: id, bitOffset, bitfieldSize } of type.members) {
    const behind = btf.resolve(id);
    const part = bytes.subarray(bitOffset >> 3);
    if (name === "" && (behind.kind === "struct" || behind.kind === "union"))
      Object.assign(found, membersOf(btf, behind, part));
    else if (bitfieldSize > 0) found[name] = bitsOf(bytes, bitOffset, bitfieldSize);
    else found[name] = valueOf(btf, id, part);
  }
  return found;
}

function valueOf(btf: Btf, id: BtfTypeId, bytes: Uint8Array): Found {
  const type = btf.resolve(id);
  if (type.kind === "struct" || type.kind === "union") return membersOf(btf, type, bytes);
  if (type.kind !== "array") return integerOf(type, bytes, btf.size(id));
  const element = btf.resolve(type.type);
  const size = btf.size(type.type);
  if (size === 1 && element.name.includes("char")) return cString(bytes.subarray(0, type.length));
  return Array.from({ length: type.length }, (_, index) =>
    valueOf(btf, type.type, bytes.subarray(index * size)),
  );
}

function integerOf(type: BtfType, bytes: Uint8Array, size: number): Found {
  const isSigned = "encoding" in type && type.encoding === "signed";
  const view = viewOf(bytes);
  if (size === 8) return isSigned ? view.getBigInt64(0, true) : view.getBigUint64(0, true);
  if (size === 4) return isSigned ? view.getInt32(0, true) : view.getUint32(0, true);
  if (size === 2) return isSigned ? view.getInt16(0, true) : view.getUint16(0, true);
  return isSigned ? view.getInt8(0) : view.getUint8(0);
}

function bitsOf(bytes: Uint8Array, offset: number, size: number): number {
  let value = 0;
  for (let bit = 0; bit < size; bit++) {
    const at = offset + bit;
    if ((bytes[at >> 3]! & (1 << (at & 7))) !== 0) value += 2 ** bit;
  }
  return value;
}
