/**
 * Formats of `bpf_trace_printk`, `bpf_snprintf` and `bpf_seq_printf`: which specifiers there are, and integers as they show
 * them (bpf_bprintf_prepare of kernel/bpf/helpers.c).
 *
 * What stands behind a pointer whoever plays the kernel says.
 * @module
 */

/** What stands behind a `%`. */
export interface PrintkSpecifier {
  /** Flags and width: `-8`, `016`; empty without. */
  readonly width: string;
  /** Bits of an integer. */
  readonly bits: 32 | 64;
  /** `d`, `u`, `x`, `X`, `s`, `c`, `i` or `p`. */
  readonly kind: string;
  /** Letters behind `p` that say what it points to: `ks`, `i4`… */
  readonly pointer: string;
}

const specifier = new RegExp(
  [
    String.raw`%(?:(?<percent>%)`,
    String.raw`|(?<width>[-+ #0]*\d*)(?<size>ll|l|hh|h)?`,
    String.raw`(?:(?<kind>[duxXsci])|(?<p>p)(?<pointer>ks|us|[iI][46]|[KxsSB])?)`,
    String.raw`|.?)`,
  ].join(""),
  "g",
);

type Groups = Readonly<Record<string, string | undefined>>;

/**
 * The text that `format` makes, with what `textOf` gives for each specifier; `undefined` when that gives nothing for one, or
 * `format` has a specifier that programs may not use.
 */
export function formatPrintk(
  format: string,
  textOf: (specifier: PrintkSpecifier, index: number) => string | undefined,
): string | undefined {
  let used = 0;
  let isBad = false;
  const text = format.replaceAll(specifier, (...match) => {
    const { percent, width = "", size, kind, p, pointer = "" } = match.at(-1) as Groups;
    if (percent !== undefined) return "%";
    const letter = kind ?? p;
    const bits = size === "l" || size === "ll" ? 64 : 32;
    const part = letter && textOf({ width, bits, kind: letter, pointer }, used++);
    if (part === undefined) isBad = true;
    return pad(part ?? "", width);
  });
  return isBad ? undefined : text;
}

/** An integer for a specifier that is about one. */
export function formatPrintkInteger(
  word: bigint,
  { bits, kind }: Pick<PrintkSpecifier, "bits" | "kind">,
): string {
  if (kind === "d" || kind === "i") return String(BigInt.asIntN(bits, word));
  const unsigned = BigInt.asUintN(bits, word);
  if (kind === "u") return String(unsigned);
  const digits = unsigned.toString(16);
  return kind === "X" ? digits.toUpperCase() : digits;
}

function pad(text: string, width: string): string {
  const count = Number(/\d+$/.exec(width.replace(/^[-+ #0]*/, ""))?.[0] ?? 0);
  if (width.startsWith("-")) return text.padEnd(count);
  return text.padStart(count, width.startsWith("0") ? "0" : " ");
}
