/**
 * The exports of a file, loaded with capture in place: the way of the commands that compile ahead of time.
 *
 * The file runs as it would in its application, except that its functions carry their source. What it exports is for
 * the caller to sort.
 * @module
 */
import { pathToFileURL } from "node:url";
import { installHook } from "./hook.ts";

/** What a file exports, by name. */
export type Exports = Readonly<Record<string, unknown>>;

let imports = 0;

/**
 * Loads the file at `path` and whatever it imports, and returns its exports; {@link captureFunction} knows their
 * sources. The file itself is loaded anew each time, as when it was edited; what it imports is not.
 * @throws {CaptureError} A file with marked functions cannot be parsed.
 */
export async function importModule(path: string): Promise<Exports> {
  installHook();
  const url = pathToFileURL(path);
  if (imports++ > 0) url.searchParams.set("load", String(imports));
  return (await import(url.href)) as Exports;
}
