/**
 * Single assignment after ways around a block were made.
 *
 * Who goes around a block that defines values reaches readers of them on a way on which they have no definition.
 * Each such way says what they are on it; blocks where ways meet get a parameter, and readers read that.
 * @module
 */
import type { Block, IrFunction } from "../ir/function.ts";
import { incomingEdges, type IncomingEdge } from "../ir/graph.ts";
import type { Operand, Value } from "../ir/operation.ts";
import { rewriteBlock } from "../ir/uses.ts";

/** Ways around a block. */
export interface Detours {
  /** The block that is not always passed any more. */
  readonly around: Block;
  /** Its parameters. */
  readonly values: readonly Value[];
  /** Blocks that lead around it, with what the values are behind them, as one sees it in front of them. */
  readonly meanings: ReadonlyMap<Block, readonly Operand[]>;
}

/** Lets all readers of the values read what they are on the way that was taken. */
export function repairReaders(fn: IrFunction, detours: Detours): void {
  new Repair(fn, detours).run();
}

class Repair {
  readonly #fn: IrFunction;
  readonly #detours: Detours;
  readonly #incoming: ReadonlyMap<Block, readonly IncomingEdge[]>;
  /** For each block, what the values are at its start. */
  readonly #starts = new Map<Block, Map<Value, Operand>>();
  /** Parameters whose arguments are not passed yet. */
  readonly #waiting: { readonly block: Block; readonly value: Value }[] = [];

  constructor(fn: IrFunction, detours: Detours) {
    this.#fn = fn;
    this.#detours = detours;
    this.#incoming = incomingEdges(fn);
  }

  run(): void {
    const values = new Set<Operand>(this.#detours.values);
    for (const block of this.#fn.blocks) {
      if (block === this.#detours.around) continue;
      rewriteBlock(block, (operand) =>
        values.has(operand) ? this.#atStart(block, operand as Value) : operand,
      );
    }
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) {
      for (const { from, edge } of this.#incoming.get(next.block)!) {
        edge.arguments.push(this.#atEnd(from, next.value));
      }
    }
  }

  #atEnd(block: Block, value: Value): Operand {
    const { around, values, meanings } = this.#detours;
    if (block === around) return value;
    const meaning = meanings.get(block)?.[values.indexOf(value)];
    if (meaning === undefined) return this.#atStart(block, value);
    const isValue = typeof meaning !== "bigint" && values.includes(meaning);
    return isValue ? this.#atStart(block, meaning) : meaning;
  }

  #atStart(block: Block, value: Value): Operand {
    const known = this.#starts.get(block) ?? new Map<Value, Operand>();
    this.#starts.set(block, known);
    const found = known.get(value) ?? this.#findAtStart(block, value);
    known.set(value, found);
    return found;
  }

  #findAtStart(block: Block, value: Value): Operand {
    const [only, ...more] = this.#incoming.get(block)!;
    // A ring of blocks with one way in each is never entered; such blocks were removed before.
    if (only !== undefined && more.length === 0) return this.#atEnd(only.from, value);
    const note = this.#fn.values[value] ?? {};
    const parameter = (this.#fn.values.push(note) - 1) as Value;
    block.parameters.push(parameter);
    this.#waiting.push({ block, value });
    return parameter;
  }
}
