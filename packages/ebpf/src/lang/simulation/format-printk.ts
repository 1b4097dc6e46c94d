/**
 * The formats of `bpf_trace_printk`.
 * @module
 */

/** The line that `format` makes of the values: `%d`, `%u`, `%x`, `%s` and their longer forms, `%%`. */
export function formatPrintk(
  format: string,
  values: readonly (number | bigint | string)[],
): string {
  let index = 0;
  return format.replaceAll(
    /%(%|[0-9]*(ll|l|h)?([duxsp]))/g,
    (_, all: string, size: string, kind: string) => {
      if (all === "%") return "%";
      const value = values[index++] ?? 0;
      if (kind === "s") return String(value);
      const bits = size === undefined ? 32 : 64;
      return integerText(BigInt(value), bits, kind);
    },
  );
}

function integerText(value: bigint, bits: number, kind: string): string {
  if (kind === "d") return String(BigInt.asIntN(bits, value));
  const unsigned = BigInt.asUintN(kind === "p" ? 64 : bits, value);
  return kind === "u" ? String(unsigned) : unsigned.toString(16);
}
