/**
 * Text that iterators write.
 * @module
 */
import { environment } from "./environment.ts";
import type { Printable } from "./printk.ts";

/** Writes a text with values in it: 0, or a negated errno. */
export type SeqPrinter = (text: TemplateStringsArray, ...values: readonly Printable[]) => number;

/**
 * Writes to the file of an iterator, which is `meta.seq` of its context: `` seqPrint(meta.seq)`${task.pid}\n` ``. How a value
 * is written follows from its type. 0, or a negated errno; the kernel calls again when the text found no room.
 * Minimum kernel 5.8.
 */
export function seqPrint(seq: object): SeqPrinter {
  return ({ raw: _, ...cooked }, ...values) => {
    const text = String.raw({ raw: Object.values(cooked) }, ...values);
    return environment("seqPrint").callHelper("seqPrintf", [seq, text, undefined]) as number;
  };
}
