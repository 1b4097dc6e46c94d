/**
 * Colours, where the one who looks wants them.
 *
 * Node decides: a terminal gets colours unless NO_COLOR is set, and FORCE_COLOR gives them to files and pipes too. The
 * decision is made once for each style, after which colouring is joining strings.
 * @module
 */
import { styleText } from "node:util";

/** Styles that Node has: `"red"`, `["bold", "cyan"]`. */
export type Style = Parameters<typeof styleText>[0];

/** Puts text into a colour, or leaves it as it is. */
export type Paint = (text: string) => string;

/** What `style` does to text that goes to `stream`. */
export function paintFor(stream: NodeJS.WriteStream, style: Style): Paint {
  const marker = "|";
  const [before = "", after = ""] = styleText(style, marker, { stream }).split(marker);
  return before === "" ? (text) => text : (text) => before + text + after;
}
