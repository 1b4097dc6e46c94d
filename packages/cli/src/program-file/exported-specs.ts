/**
 * Maps and programs among the exports of a file.
 *
 * They are told by their `kind`, since the file may have another copy of the library than this command. What is
 * exported twice, as alone and by default, counts once. Everything else a file exports is its own business.
 * @module
 */
import { basename } from "node:path";
import { type CollectionSpec, InvalidArgumentError } from "ts-ebpf";

/** A map or a program. */
type Spec = CollectionSpec[string];

/** Which of the exports are meant. */
export interface ExportChoice {
  /** The file, for messages. */
  readonly file: string;
  /** Names of programs; all when empty. Maps are always meant. */
  readonly names: readonly string[];
}

/**
 * The specs among `exports`, by name.
 * @throws {InvalidArgumentError} when no program is exported, or one that is asked for is not.
 */
export function exportedSpecs(
  exports: Readonly<Record<string, unknown>>,
  { file, names }: ExportChoice,
): CollectionSpec {
  const specs = new Map<string, Spec>();
  const seen = new Set<unknown>();
  for (const [name, value] of sorted(exports)) {
    if (!isSpec(value) || seen.has(value)) continue;
    seen.add(value);
    specs.set(nameFor(name, value), value);
  }
  const programs = [...specs].filter(([, spec]) => spec.kind !== "map").map(([name]) => name);
  if (programs.length === 0) throw nothingExported(file);
  for (const name of names) if (!programs.includes(name)) throw notExported(name, programs, file);
  const wanted = [...specs].filter(
    ([name, { kind }]) => kind === "map" || names.length === 0 || names.includes(name),
  );
  return Object.fromEntries(wanted);
}

/** Exports with names before the one without, which is the same thing once more in most files. */
function sorted(exports: Readonly<Record<string, unknown>>): [string, unknown][] {
  return Object.entries(exports).toSorted(
    ([left], [right]) => Number(left === "default") - Number(right === "default"),
  );
}

const kinds: { readonly [Kind in Spec["kind"]]: true } = {
  map: true,
  program: true,
  "source-program": true,
  "struct-ops": true,
};

function isSpec(value: unknown): value is Spec {
  if (typeof value !== "object" || value === null || !("kind" in value)) return false;
  return typeof value.kind === "string" && Object.hasOwn(kinds, value.kind);
}

/** The one without a name goes by its own, or what such files are about. */
function nameFor(name: string, spec: Spec): string {
  if (name !== "default") return name;
  return spec.name === "" ? "program" : spec.name;
}

function nothingExported(file: string): InvalidArgumentError {
  return new InvalidArgumentError(`${basename(file)} exports no program`, {
    hint: "export what tracepoint(…), xdp(…) and the like return: export const onExec = …",
  });
}

function notExported(
  name: string,
  programs: readonly string[],
  file: string,
): InvalidArgumentError {
  return new InvalidArgumentError(`${basename(file)} exports no program "${name}"`, {
    hint: `it has ${programs.join(", ")}`,
  });
}
