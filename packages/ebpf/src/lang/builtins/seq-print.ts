/**
 * Text that iterators write.
 * @module
 */
import { environment } from "./environment.ts";
import type { Printable } from "./printk.ts";

/** Writes a text with values in it. */
export type SeqPrinter = (text: TemplateStringsArray, ...values: readonly Printable[]) => void;

/**
 * Writes to the file of an iterator, which is `meta.seq` of its context: `` seqPrint(meta.seq)`${task.pid}\n` ``. How a value
 * is written follows from its type. When a text finds no room the kernel runs the program again for the same object.
 * Minimum kernel 5.8.
 */
export function seqPrint(seq: object): SeqPrinter {
  return (text, ...values) => {
    const given = [seq, String.raw({ raw: text }, ...values), undefined];
    environment("seqPrint").callHelper("seqPrintf", given);
  };
}
