/**
 * Text of strangers, made safe to show.
 *
 * Names and arguments of programs are any bytes their callers like, also those that move the cursor, change the title of a
 * terminal or turn the direction of writing round. Here such characters become escapes that can be seen.
 * @module
 */

// C0, DEL and C1 controls, line separators, and what changes the direction of text or joins unseen.
const unprintable = /[\p{Cc}\p{Zl}\p{Zp}\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/u;
const everyUnprintable = new RegExp(unprintable, "gu");
// What a POSIX shell gives a meaning to, wherever it stands; a space among them.
const special = /[\s"'`$\\|&;<>()*?[\]{}!#~^]/;

/** `text` with escapes such as `\x1b` for what cannot be seen. */
export function printable(text: string): string {
  return unprintable.test(text) ? text.replaceAll(everyUnprintable, escape) : text;
}

/** Lines of text, with escapes in each for what cannot be seen; tabs stay, which source lines are set in with. */
export function printableLines(text: string): readonly string[] {
  return text.split("\n").map((line) => line.split("\t").map(printable).join("\t"));
}

/** One argument as one would type it in bash: in quotes where it needs them. */
export function quoteArgument(text: string): string {
  if (text === "") return "''";
  if (unprintable.test(text))
    return `$'${text.replaceAll(/[\\']/g, String.raw`\$&`).replaceAll(everyUnprintable, escape)}'`;
  if (special.test(text)) return `'${text.replaceAll("'", String.raw`'\''`)}'`;
  return text;
}

const named: Readonly<Record<string, string>> = {
  "\n": String.raw`\n`,
  "\r": String.raw`\r`,
  "\t": String.raw`\t`,
};

/** The character in the notation of bash's `$'…'`. */
function escape(character: string): string {
  const code = character.codePointAt(0)!;
  const digits = code.toString(16);
  return (
    named[character] ??
    (code < 0x80 ? `\\x${digits.padStart(2, "0")}` : `\\u${digits.padStart(4, "0")}`)
  );
}
