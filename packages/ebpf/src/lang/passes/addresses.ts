/**
 * Folds additions of constants into the offsets of loads and stores, and accesses through the address of a slot into
 * accesses to the slot.
 *
 * Not for packets, whose bounds the verifier knows for one register only; and not where the offset is that of a
 * kernel field, which is another one on other kernels.
 * @module
 */
import type { IrFunction } from "../ir/function.ts";
import type { Load, Operation, Store, Value } from "../ir/operation.ts";
import { findDefinitions } from "./rewriting.ts";

/** Makes addresses part of the operations that use them. */
export function foldAddresses(fn: IrFunction): boolean {
  const definitions = findDefinitions(fn);
  let changed = false;
  for (const block of fn.blocks) {
    block.operations.forEach((operation, index) => {
      const folded = fold(operation, definitions);
      if (folded === undefined) return;
      block.operations[index] = folded;
      changed = true;
    });
  }
  return changed;
}

type Definitions = ReadonlyMap<Value, Operation>;

function fold(operation: Operation, definitions: Definitions): Operation | undefined {
  if (operation.kind === "binary") return foldSlotAddress(operation, definitions);
  if (operation.kind === "load" || operation.kind === "store") {
    return foldOffset(operation, definitions) ?? foldSlot(operation, definitions);
  }
  return operation.kind === "atomic" ? foldOffset(operation, definitions) : undefined;
}

/** `slot address + constant` is the address of another place in the slot. */
function foldSlotAddress(
  operation: Extract<Operation, { kind: "binary" }>,
  definitions: Definitions,
): Operation | undefined {
  const { op, width, left, right, result, source } = operation;
  if (op !== "add" || width !== 64 || typeof right !== "bigint" || typeof left === "bigint") {
    return undefined;
  }
  const base = definitions.get(left);
  if (base?.kind !== "slot-address") return undefined;
  const offset = base.offset + Number(right);
  if (offset < 0 || offset > base.slot.size) return undefined;
  return { kind: "slot-address", slot: base.slot, offset, result, source };
}

function foldOffset<Access extends Extract<Operation, { base: Value }>>(
  operation: Access,
  definitions: Definitions,
): Access | undefined {
  if ("core" in operation && operation.core !== undefined) return undefined;
  if ("memory" in operation && operation.memory === "packet") return undefined;
  const base = definitions.get(operation.base);
  if (base?.kind !== "binary" || base.op !== "add" || base.width !== 64) return undefined;
  if (typeof base.right !== "bigint" || typeof base.left === "bigint") return undefined;
  const offset = operation.offset + Number(base.right);
  if (offset < -0x8000 || offset > 0x7fff) return undefined;
  return { ...operation, base: base.left, offset };
}

function foldSlot(operation: Load | Store, definitions: Definitions): Operation | undefined {
  const base = definitions.get(operation.base);
  if (base?.kind !== "slot-address" || operation.core !== undefined) return undefined;
  const { slot } = base;
  const offset = base.offset + operation.offset;
  const { bytes, source } = operation;
  if (offset < 0 || offset + bytes > slot.size) return undefined;
  if (operation.kind === "store") {
    return { kind: "store-slot", slot, offset, bytes, stored: operation.stored, source };
  }
  const { result, signed } = operation;
  return { kind: "load-slot", slot, offset, bytes, result, signed, source };
}
