/**
 * What `btf dump` does: read the types, and print them.
 * @module
 */
import { type Btf, printC, printJson, printRaw, printTypeScript } from "ts-ebpf/btf";
import type { Context } from "../context.ts";
import { LineWriter } from "../terminal/line-writer.ts";
import { UsageError } from "../usage-error.ts";
import type { BtfDumpOptions, BtfFormat } from "./command.ts";
import { type BtfPlace, readTypes } from "./source.ts";

/**
 * Prints the types at `place`.
 * @throws as {@link readTypes}; {@link InvalidArgumentError} when there is no type of a name that is asked for.
 */
export async function dumpBtf(
  place: BtfPlace,
  { format, type: names, base }: BtfDumpOptions,
  { lines: target }: Context,
): Promise<void> {
  if (names !== undefined && (format === "raw" || format === "json")) {
    throw new UsageError(`--type does not go with --format ${format}`, {
      hint: "it goes with c and ts",
    });
  }
  const text = printers[format](readTypes(place, base), names);
  using lines = new LineWriter(target);
  if (text !== "") for (const line of text.trimEnd().split("\n")) lines.write(line);
  await lines.settled();
}

type Print = (btf: Btf, names: readonly string[] | undefined) => string;

const printers: { readonly [Format in BtfFormat]: Print } = {
  c: (btf, types) => printC(btf, { types }),
  ts: (btf, types) => printTypeScript(btf, types === undefined ? {} : onlyTypes(btf, types)).text,
  raw: (btf) => printRaw(btf),
  json: (btf) => printJson(btf),
};

/** Structs and nothing else: of what is not said, there would be all. */
function onlyTypes(btf: Btf, types: readonly string[]): Parameters<typeof printTypeScript>[1] {
  for (const name of types) btf.typeByName(name);
  return { only: { types, tracepoints: [], lsmHooks: [], kfuncs: [], enumerators: [] } };
}
