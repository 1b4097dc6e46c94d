/**
 * Running a text as a module that never was a file.
 *
 * Functions marked "use bpf" get their source written beside them, types are taken off, and imports lead to modules that
 * are there already; no step moves a line. What is left is imported from a `data:` URL.
 * @module
 */
import { transform } from "sucrase";
import { transformSource } from "ts-ebpf/capture";
import { parse } from "./parse.ts";

/** Modules that a text can import, by name. */
export type Modules = Readonly<Record<string, object>>;

/** The exports of a text. */
export type Exports = Readonly<Record<string, unknown>>;

/** A text imports what is not there. */
export class UnknownImportError extends Error {
  override readonly name = "UnknownImportError";
  /** From 1 up. */
  readonly line: number;

  constructor(specifier: string, line: number, known: readonly string[]) {
    super(`"${specifier}" cannot be imported here; there are ${known.join(", ")}`);
    this.line = line;
  }
}

/**
 * Runs `text`, which goes by `path` in messages, and returns what it exports.
 * @throws {UnknownImportError} when it imports something else than `modules`; whatever it throws itself.
 */
export async function importText(
  text: string,
  { path, modules }: { readonly path: string; readonly modules: Modules },
): Promise<Exports> {
  const described = transformSource({ path, text })?.code ?? text;
  const { code } = transform(described, { transforms: ["typescript"], disableESTransforms: true });
  // The number makes it another module each time, so that it runs again.
  const linked = `${withImports(code, modules)}\n// ${(imported += 1)}\n//# sourceURL=${path}`;
  return (await import(dataUrl(linked))) as Exports;
}

/** Line of `path` that an error comes from, after its stack. */
export function lineIn(path: string, error: Error): number | undefined {
  const place = error.stack
    ?.split("\n")
    .map((frame) => /([^\s(/]+):(\d+):\d+\)?$/.exec(frame))
    .find((found) => found?.[1] === path);
  return place === undefined ? undefined : Number(place?.[2]);
}

let imported = 0;

function dataUrl(code: string): string {
  return `data:text/javascript;charset=utf-8,${encodeURIComponent(code)}`;
}

interface ImportNode {
  readonly type: string;
  readonly start: number;
  readonly source?: { readonly value: string; readonly start: number; readonly end: number } | null;
}

/** The code with what it imports from taken out of `modules`. */
function withImports(code: string, modules: Modules): string {
  const request = {
    lang: "ts",
    sourceType: "module",
    astType: "ts",
    preserveParens: false,
  } as const;
  const { program } = parse("", code, request);
  const statements = program.body as unknown as readonly ImportNode[];
  let linked = code;
  for (const { source } of statements.toReversed()) {
    if (source === undefined || source === null) continue;
    const found = modules[source.value];
    if (found === undefined) {
      const line = code.slice(0, source.start).split("\n").length;
      throw new UnknownImportError(source.value, line, Object.keys(modules));
    }
    const url = JSON.stringify(urlOf(source.value, found));
    linked = linked.slice(0, source.start) + url + linked.slice(source.end);
  }
  return linked;
}

/** Where modules are put for the texts that import them. */
const table: Record<string, object> = ((globalThis as Record<string, unknown>)[
  "ts-ebpf:modules"
] ??= {}) as Record<string, object>;

/** The URL of a module that exports what `found` does. */
function urlOf(name: string, found: object): string {
  table[name] = found;
  const from = `globalThis["ts-ebpf:modules"][${JSON.stringify(name)}]`;
  return dataUrl(`export const {${Object.keys(found).join(",")}} = ${from};`);
}
