/**
 * Names of the kernel's functions in sources: what `fentry("vfs_read", …)` and its like name.
 *
 * The text is searched, not parsed: a name too many costs a line of declarations, and sources that do not parse yet,
 * because somebody is typing, have names too. Names that are computed are not found.
 * @module
 */

/** The functions that take a name of the kernel's, with what may stand before the name. */
const calls =
  /\b(?:fentry|fexit|fsession|fmodRet|kprobe|kretprobe)(?:Multi|Sleepable)?\s*\(\s*(?:(["'`])([A-Za-z_]\w*)\1|\[([^\]]*)\])/g;

/** Every name in `source`, in the order of the text. */
export function functionNames(source: string): readonly string[] {
  return [...source.matchAll(calls)].flatMap(([, , one, list]) =>
    one === undefined ? namesIn(list ?? "") : [one],
  );
}

/** Names in a list: `"vfs_read", "vfs_write"`. */
function namesIn(list: string): readonly string[] {
  return [...list.matchAll(/(["'`])([A-Za-z_]\w*)\1/g)].map(([, , name]) => name!);
}
