/**
 * Common subexpressions: what was computed on every way to here is not computed again.
 *
 * Pure operations and loads of memory that does not change are shared down the tree of dominators, other loads only
 * along blocks with one predecessor and until something may have stored. Addresses of slots and maps, which are mostly
 * arguments, are not shared: to make one again is as short as to keep it and move it there, and needs no register.
 * Loads from equal addresses are.
 * @module
 */
import type { Block, IrFunction } from "../ir/function.ts";
import { findDominators, incomingEdges, reversePostorder } from "../ir/graph.ts";
import type { Operand, Operation, OperationKind, Value } from "../ir/operation.ts";
import { effectOf } from "../ir/purity.ts";
import { resultOf, rewriteOperation } from "../ir/uses.ts";
import { applyReplacements, resolve } from "./rewriting.ts";

/** Replaces operations by earlier ones that computed the same. */
export function shareCommon(fn: IrFunction): boolean {
  const dominators = findDominators(fn);
  const incoming = incomingEdges(fn);
  const scopes = new Map<Block, Scope>();
  const replacements = new Map<Value, Operand>();
  const addresses = new Map<Value, string>();
  for (const block of reversePostorder(fn)) {
    const above = dominators.get(block);
    const parent = above === undefined ? undefined : scopes.get(above);
    const isOnlyWay = incoming.get(block)!.length === 1;
    const scope: Scope = {
      values: new Map(parent?.values),
      loads: new Map(isOnlyWay ? parent?.loads : undefined),
      addresses,
    };
    scopes.set(block, scope);
    for (const operation of block.operations) visit(operation, scope, replacements);
  }
  return applyReplacements(fn, replacements);
}

interface Scope {
  readonly values: Map<string, Value>;
  /** Loads since the last thing that may have stored. */
  readonly loads: Map<string, Value>;
  /** Addresses of slots and maps, of the whole function: which are equal. */
  readonly addresses: Map<Value, string>;
}

function visit(operation: Operation, scope: Scope, replacements: Map<Value, Operand>): void {
  rewriteOperation(operation, (operand) => resolve(operand, replacements));
  if (effectOf(operation) === "acts") scope.loads.clear();
  const result = resultOf(operation);
  if (result === undefined || effectOf(operation) === "acts") return;
  const key = keyOf(operation, scope.addresses);
  if (unshared.has(operation.kind)) {
    scope.addresses.set(result, key);
    return;
  }
  const known = isChanging(operation) ? scope.loads : scope.values;
  const earlier = known.get(key);
  if (earlier === undefined) known.set(key, result);
  else replacements.set(result, earlier);
}

/** Whether the same operation may have another result later. */
function isChanging(operation: Operation): boolean {
  if (effectOf(operation) === "none") return false;
  return (
    operation.kind !== "load" || (operation.memory !== "context" && operation.memory !== "readonly")
  );
}

/** Addresses that are made again. */
const unshared: ReadonlySet<OperationKind> = new Set([
  "slot-address",
  "map-address",
  "function-address",
]);

/** The same text for operations that compute the same. */
function keyOf(operation: Operation, addresses: Scope["addresses"]): string {
  const { result: _result, source: _source, ...rest } = operation as Operation & { result: Value };
  const base = "base" in rest ? addresses.get(rest.base) : undefined;
  return JSON.stringify({ ...rest, ...(base !== undefined && { base }) }, (_name, value: unknown) =>
    typeof value === "bigint" ? `${value}n` : value,
  );
}
