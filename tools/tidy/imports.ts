/**
 * Which modules a TypeScript file names.
 * @module
 */
import { parseSync, Visitor } from "oxc-parser";
import { lineAt, type TextFile } from "./tree.ts";

/** A module named by an import or a re-export, static or dynamic, of values or of types. */
export interface Import {
  readonly specifier: string;
  readonly line: number;
}

/** Every module that a file names, in the order of the text; those of computed dynamic imports cannot be told. */
export function importsOf({ path, text }: TextFile): readonly Import[] {
  const { module, program } = parseSync(path, text);
  const sources: { readonly start: number; readonly end: number }[] = [
    ...module.staticImports.map(({ moduleRequest }) => moduleRequest),
    ...module.staticExports.flatMap(({ entries }) =>
      entries.flatMap(({ moduleRequest }) => moduleRequest ?? []),
    ),
    ...module.dynamicImports.map(({ moduleRequest }) => moduleRequest),
  ];
  new Visitor({ TSImportType: ({ source }) => void sources.push(source) }).visit(program);
  const ends = new Map(sources.map(({ start, end }) => [start, end]));
  return [...ends]
    .filter(([start]) => /["'`]/.test(text[start]!))
    .toSorted(([left], [right]) => left - right)
    .map(([start, end]) => ({
      specifier: text.slice(start + 1, end - 1),
      line: lineAt(text, start),
    }));
}
