/**
 * Lines for the kernel's trace pipe.
 * @module
 */
import { environment } from "./environment.ts";

/** What can be printed. */
export type Printable = number | bigint | boolean | string;

/**
 * Prints a line: `` printk`pid ${pid} of ${comm}` ``. How a value is written follows from its type. For debugging: a
 * line costs a microsecond, and all programs share one pipe (`/sys/kernel/tracing/trace_pipe`). More than three values
 * need kernel 5.16.
 */
export function printk(text: TemplateStringsArray, ...values: readonly Printable[]): void {
  environment("printk").print(String.raw({ raw: text }, ...values));
}
