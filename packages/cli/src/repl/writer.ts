/**
 * Values and errors as the REPL shows them: maps with what is in them, errors with what to do, all else as Node does.
 * @module
 */
import { inspect } from "node:util";
import type { BpfMap, Collection, Link, Program } from "ts-ebpf";
import { InterruptedError } from "./evaluate.ts";
import { slotsOf } from "../program-file/slots.ts";
import { type ShownMap, shownMaps } from "../run/map-elements.ts";
import { cellOf } from "../table/cell.ts";

/** How to show. */
export interface WriterOptions {
  readonly colors: boolean;
  /** CPUs that values of per-CPU maps are of. */
  readonly cpus: readonly number[];
}

/** Most elements of a map that are shown. */
const mostElements = 20;

/** A value as text. */
export function formatValue(value: unknown, options: WriterOptions): string {
  if (isMap(value)) return formatMap(value, options);
  if (isProgram(value)) return summaryOf(value);
  if (isLink(value)) return summaryOf(value);
  if (isCollection(value)) return formatCollection(value, options);
  if (isPlain(value) && Object.values(value).some(isLive)) return formatNamed(value, options);
  return inspect(value, { colors: options.colors });
}

/** An error as text: those of the library with hint and frame, those of others with their stack. */
export function formatError(error: unknown): string {
  if (error instanceof Error && "format" in error && typeof error.format === "function")
    return error.format() as string;
  if (error instanceof InterruptedError) return error.message;
  if (error instanceof SyntaxError) return `${error.name}: ${error.message.trim()}`;
  if (!(error instanceof Error)) return `thrown: ${inspect(error)}`;
  // Below the entry there is only the REPL.
  return (error.stack ?? String(error)).replace(
    /\n {4}at (?:sigintHandlersWrap|Script\.runInThisContext)[^]*/,
    "",
  );
}

function isMap(value: unknown): value is BpfMap {
  return hasSpec(value) && value.spec.kind === "map" && "handle" in value;
}

function isProgram(value: unknown): value is Program {
  return hasSpec(value) && value.spec.kind === "program" && "handle" in value;
}

function isLink(value: unknown): value is Link {
  return isPlainLike(value) && "target" in value && "kind" in value && "close" in value;
}

function isLive(value: unknown): boolean {
  return isMap(value) || isProgram(value) || isLink(value);
}

function hasSpec(value: unknown): value is { readonly spec: { readonly kind: unknown } } {
  return isPlainLike(value) && isPlainLike(value["spec"]) && "kind" in value["spec"];
}

function isPlainLike(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}

function isPlain(value: unknown): value is Readonly<Record<string, unknown>> {
  return isPlainLike(value) && Object.getPrototypeOf(value) === Object.prototype;
}

/** One line about something that is loaded. */
function summaryOf(value: unknown): string {
  if (isProgram(value)) {
    const { type, spec, closed } = value;
    const length = `${slotsOf(spec.instructions)} instructions`;
    return `program ${value.name} (${type}), ${closed ? "closed" : length}`;
  }
  if (isLink(value)) return `${value.kind} at ${value.target}`;
  const { name, spec, closed } = value as BpfMap;
  return `${"variable" in spec ? "variable" : spec.type} ${name}${closed ? ", closed" : ""}`;
}

function formatNamed(values: Readonly<Record<string, unknown>>, options: WriterOptions): string {
  const entries = Object.entries(values);
  return entries.map(([name, value]) => `${name}: ${formatValue(value, options)}`).join("\n");
}

function isCollection(value: unknown): value is Collection {
  return isPlainLike(value) && "attach" in value && "maps" in value && "programs" in value;
}

function formatCollection({ maps, programs, links }: Collection, options: WriterOptions): string {
  const named = Object.fromEntries([...programs, ...maps]);
  const attached = [...links].map(([name, link]) => `${name} attached: ${summaryOf(link)}`);
  return [formatNamed(named, options), ...attached].join("\n");
}

function formatMap(map: BpfMap, { cpus }: WriterOptions): string {
  if (map.closed) return summaryOf(map);
  const { maps, variables } = shownMaps(new Map([[map.name, map]]), { perCpu: "sum", cpus });
  const [variable] = variables;
  if (variable !== undefined) return `${summaryOf(map)} = ${cellOf(variable.value())}`;
  const [shown] = maps;
  return shown === undefined ? summaryOf(map) : `${summaryOf(map)}${formatElements(shown)}`;
}

function formatElements(map: ShownMap): string {
  const elements = map.elements();
  if (elements.length === 0) return ", empty";
  const lines = elements
    .slice(0, mostElements)
    .map(({ key, value }) => `\n  ${cellOf(key)}: ${cellOf(value)}`);
  const more = elements.length - lines.length;
  return `${lines.join("")}${more > 0 ? `\n  … ${more} more` : ""}`;
}
