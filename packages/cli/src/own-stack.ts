/**
 * Stack traces of the bundle, told in terms of its sources.
 *
 * The names and lines of what runs are those of the bundle, which nobody reads; beside each of its files lies a map. It is
 * only read when there is something to tell, so starting does not wait for it.
 * @module
 */
import { readFileSync } from "node:fs";
import { SourceMap } from "node:module";
import { dirname, relative, resolve } from "node:path";

/** `    at name (/path/trace-exec-run.cjs:37:142012)` */
const place = /(?<file>\/[^():]+\.cjs):(?<line>\d+):(?<column>\d+)/g;

/** `stack` with each place that lies in the bundle replaced by that in the source; others stay. */
export function ownStack(stack: string): string {
  const maps = new Map<string, SourceMap | undefined>();
  return stack.replaceAll(place, (text: string, file: string, line: string, column: string) => {
    if (!maps.has(file)) maps.set(file, mapOf(file));
    const found = maps.get(file)?.findEntry(Number(line) - 1, Number(column) - 1);
    if (found === undefined || !("originalSource" in found)) return text;
    const source = relative(process.cwd(), resolve(dirname(file), found.originalSource));
    return `${source}:${found.originalLine + 1}:${found.originalColumn + 1}`;
  });
}

function mapOf(file: string): SourceMap | undefined {
  try {
    type Payload = ConstructorParameters<typeof SourceMap>[0];
    return new SourceMap(JSON.parse(readFileSync(`${file}.map`, "utf8")) as Payload);
  } catch {
    return undefined;
  }
}
