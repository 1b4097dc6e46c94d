/**
 * Removes what nobody asks for: from what must happen, everything it needs is marked, and the rest goes.
 * @module
 */
import { successors, type IrFunction } from "../ir/function.ts";
import { incomingEdges } from "../ir/graph.ts";
import type { Operand, Operation, StackSlot, Value } from "../ir/operation.ts";
import { effectOf } from "../ir/purity.ts";
import { operandsOf, resultOf } from "../ir/uses.ts";
import { removeParameter } from "./parameters.ts";

/** Removes operations and parameters without a reader, results that are not read, and slots that nothing loads. */
export function removeDeadCode(fn: IrFunction): boolean {
  const needed = findNeeded(fn);
  const removed = [removeParameters(fn, needed), removeOperations(fn, needed), removeSlots(fn)];
  return removed.includes(true);
}

/** Values that something with an effect depends on. */
function findNeeded(fn: IrFunction): ReadonlySet<Value> {
  const sources = findSources(fn);
  const needed = new Set<Value>();
  const waiting: Operand[] = [];
  for (const { operations, terminator } of fn.blocks) {
    for (const operation of operations) {
      if (effectOf(operation) === "acts") waiting.push(...operandsOf(operation));
    }
    if (terminator.kind === "branch") waiting.push(terminator.left, terminator.right);
    if (terminator.kind === "return") waiting.push(terminator.result ?? 0n);
  }
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (typeof next === "bigint" || needed.has(next)) continue;
    needed.add(next);
    waiting.push(...(sources.get(next) ?? []));
  }
  return needed;
}

/** What each value is made of: the operands of its operation, or what edges pass for it. */
function findSources(fn: IrFunction): Map<Value, readonly Operand[]> {
  const sources = new Map<Value, readonly Operand[]>();
  const passed = new Map<Value, Operand[]>();
  for (const { operations, terminator } of fn.blocks) {
    for (const operation of operations) {
      const result = resultOf(operation);
      if (result !== undefined) sources.set(result, operandsOf(operation));
    }
    for (const { block, arguments: given } of successors(terminator)) {
      block.parameters.forEach((parameter, index) => {
        passed.set(parameter, [...(passed.get(parameter) ?? []), given[index]!]);
      });
    }
  }
  for (const [parameter, operands] of passed) sources.set(parameter, operands);
  return sources;
}

function removeParameters(fn: IrFunction, needed: ReadonlySet<Value>): boolean {
  const incoming = incomingEdges(fn);
  let changed = false;
  for (const block of fn.blocks.slice(1)) {
    for (const parameter of block.parameters.filter((one) => !needed.has(one))) {
      removeParameter(block, parameter, incoming.get(block)!);
      changed = true;
    }
  }
  return changed;
}

function removeOperations(fn: IrFunction, needed: ReadonlySet<Value>): boolean {
  let changed = false;
  for (const block of fn.blocks) {
    const before = block.operations.length;
    block.operations = block.operations.filter((operation) => {
      const result = resultOf(operation);
      return effectOf(operation) === "acts" || result === undefined || needed.has(result);
    });
    for (const operation of block.operations) changed = dropResult(operation, needed) || changed;
    changed ||= block.operations.length < before;
  }
  return changed;
}

/** Calls and atomic operations must happen, but nobody may want to know what came of it. */
function dropResult(operation: Operation, needed: ReadonlySet<Value>): boolean {
  if (operation.kind !== "call" && operation.kind !== "atomic") return false;
  if (operation.result === undefined || needed.has(operation.result)) return false;
  operation.result = undefined;
  return true;
}

/** Removes slots that are only stored to, and those stores. */
function removeSlots(fn: IrFunction): boolean {
  const read = new Set<StackSlot>();
  for (const { operations } of fn.blocks) {
    for (const operation of operations) {
      if (operation.kind === "load-slot" || operation.kind === "slot-address") {
        read.add(operation.slot);
      }
    }
  }
  const staying = fn.slots.filter((slot) => read.has(slot));
  if (staying.length === fn.slots.length) return false;
  fn.slots.splice(0, fn.slots.length, ...staying);
  for (const block of fn.blocks) {
    block.operations = block.operations.filter(
      (operation) => operation.kind !== "store-slot" || read.has(operation.slot),
    );
  }
  return true;
}
