/**
 * What takes the place of the inspector where there is none: in a browser.
 *
 * Bundlers put this file there when they bundle for browsers, as field `browser` of package.json says.
 * @module
 */
import type { SourceFunction } from "../lang/source/source-function.ts";
import { noWayTo } from "./capture-error.ts";

/** @throws {CaptureError} always, with what has to be done before. */
export function inspected(fn: (...given: never[]) => unknown): SourceFunction {
  throw noWayTo(fn.name, "nothing wrote it beside the function, and here is no inspector to ask", {
    hint:
      "bundle with the plugin ts-ebpf/plugin; or prepare the text with transformSource of ts-ebpf/capture before " +
      "it is run",
  });
}
