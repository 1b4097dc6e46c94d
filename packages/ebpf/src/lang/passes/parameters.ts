/**
 * Parameters of blocks that are no choice: whoever jumps there passes the same.
 * @module
 */
import type { Block, IrFunction } from "../ir/function.ts";
import { incomingEdges, type IncomingEdge } from "../ir/graph.ts";
import type { Operand, Value } from "../ir/operation.ts";
import { applyReplacements, resolve } from "./rewriting.ts";

/** Removes parameters that always get one and the same operand, or themselves. */
export function removeTrivialParameters(fn: IrFunction): boolean {
  const incoming = incomingEdges(fn);
  const replacements = new Map<Value, Operand>();
  for (const block of fn.blocks.slice(1)) {
    for (const parameter of block.parameters.slice()) {
      const edges = incoming.get(block)!;
      const meaning = onlyMeaning(block, parameter, { edges, replacements });
      if (meaning === undefined) continue;
      removeParameter(block, parameter, edges);
      replacements.set(parameter, meaning);
    }
  }
  return applyReplacements(fn, replacements);
}

/** Takes a parameter out of a block and out of what is passed to it. */
export function removeParameter(
  block: Block,
  parameter: Value,
  edges: readonly IncomingEdge[],
): void {
  const index = block.parameters.indexOf(parameter);
  block.parameters.splice(index, 1);
  for (const { edge } of edges) edge.arguments.splice(index, 1);
}

interface Surroundings {
  readonly edges: readonly IncomingEdge[];
  readonly replacements: ReadonlyMap<Value, Operand>;
}

function onlyMeaning(
  block: Block,
  parameter: Value,
  { edges, replacements }: Surroundings,
): Operand | undefined {
  const index = block.parameters.indexOf(parameter);
  const meanings = new Set(edges.map(({ edge }) => resolve(edge.arguments[index]!, replacements)));
  meanings.delete(parameter);
  const [only] = meanings;
  return meanings.size === 1 ? only : undefined;
}
