/**
 * The formats of `bpf_trace_printk`, of values as they are in JavaScript.
 * @module
 */
import { formatPrintk as format, formatPrintkInteger } from "../helper/printk.ts";

/** The line that a format makes of the values: `%d`, `%u`, `%x`, `%s` and their longer forms, `%%`. */
export function formatPrintk(text: string, values: readonly (number | bigint | string)[]): string {
  const formatted = format(text, ({ kind, bits }, index) => {
    const value = values[index] ?? 0;
    if (kind === "s") return String(value);
    if (kind === "p") return BigInt.asUintN(64, BigInt(value)).toString(16);
    return formatPrintkInteger(BigInt(value), { kind, bits });
  });
  return formatted ?? text;
}
