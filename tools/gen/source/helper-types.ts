/**
 * Helpers as functions of TypeScript: what programs see of a signature.
 * @module
 */
import type {
  HelperParameter,
  HelperResult,
  HelperSignature,
} from "../../../packages/ebpf/src/helper/helper-signature.ts";

/** The member of an interface with its comment. */
export function memberText(helper: HelperSignature): string {
  return `  /** ${commentOf(helper)} */\n  readonly ${helper.camelName}: ${functionType(helper)};\n`;
}

function commentOf({ name, since, gplOnly, mightSleep }: HelperSignature): string {
  const parts = [
    `\`bpf_${name}\`.`,
    `Minimum kernel ${since.join(".")}.`,
    ...(gplOnly ? ["GPL only."] : []),
    ...(mightSleep === true ? ["For programs that may sleep."] : []),
  ];
  return parts.join(" ");
}

function functionType(helper: HelperSignature): string {
  const { yields, variadic } = helper;
  const isText = yields?.as === "text";
  const given = helper.parameters.filter(
    (it) => !isSizeOfMemory(it) && !(isText && it.name === yields.parameter),
  );
  const parameters = given.map((parameter, index) => {
    const isLayout = parameter.name === yields?.parameter;
    const type = isLayout ? "Layout<T>" : typeOf(parameter);
    const optional = mayBeLeftOut(given.slice(index)) ? "?" : "";
    return `${camel(parameter.name)}${optional}: ${type}`;
  });
  if (variadic === true) parameters.push("...values: readonly (number | bigint)[]");
  const generic = yields !== undefined && !isText ? "<T>" : mapGeneric(helper);
  return `${generic}(${parameters.join(", ")}) => ${resultType(helper)}`;
}

/** Sizes of memory follow from what is given as memory. */
function isSizeOfMemory(parameter: HelperParameter): boolean {
  return parameter.kind === "size" && parameter.of !== undefined;
}

/** Flags at the end are 0 when they are left out, and a context that comes last is that of the program. */
function mayBeLeftOut(rest: readonly HelperParameter[]): boolean {
  return rest.every(({ kind }) => kind === "flags" || kind === "context");
}

/** What a helper finds in a map has the type of the map's values. */
function mapGeneric({ result }: HelperSignature): string {
  return result.kind === "map-value" ? "<Value>" : "";
}

function resultType({ yields, result, parameters }: HelperSignature): string {
  if (yields !== undefined) return yieldTypes[yields.as];
  const type = results[result.kind] as (result: HelperResult) => string;
  const hasMap = parameters.some(({ kind }) => kind === "map");
  const text = type(result);
  return hasMap ? text : text.replace("Ref<Value>", "object");
}

const yieldTypes = { text: "string", value: "T", "optional-value": "T | undefined" } as const;

const results: {
  readonly [Kind in HelperResult["kind"]]: (
    result: Extract<HelperResult, { kind: Kind }>,
  ) => string;
} = {
  void: () => "void",
  scalar: ({ bits, status }) => (bits === 32 || status === true ? "number" : "bigint"),
  "map-value": ({ nullable }) => orUndefined("Ref<Value>", nullable),
  memory: ({ nullable }) => orUndefined("KernelPointer", nullable),
  "per-cpu": ({ nullable }) => orUndefined("KernelPointer", nullable),
  struct: ({ type, nullable }) =>
    orUndefined(type === undefined ? "KernelPointer" : `KernelObject<"${type}">`, nullable),
};

function typeOf(parameter: HelperParameter): string {
  const type = types[parameter.kind] as (parameter: HelperParameter) => string;
  return type(parameter);
}

const types: {
  readonly [Kind in HelperParameter["kind"]]: (
    parameter: Extract<HelperParameter, { kind: Kind }>,
  ) => string;
} = {
  scalar: ({ bits, order }) =>
    order === "network" ? `be${bits}` : bits === 64 ? "number | bigint" : "number",
  flags: () => "HelperFlags",
  size: () => "number",
  context: () => "object",
  map: () => "MapSpec",
  "map-key": () => "unknown",
  "map-value": ({ out }) => (out ? "object" : "unknown"),
  "memory-in": ({ size, text, nullable }) =>
    size === undefined || text === true ? "string" : orUndefined("HelperMemory", nullable),
  "memory-out": ({ nullable }) => orUndefined("object", nullable),
  "memory-in-out": ({ nullable }) => orUndefined("object", nullable),
  pointer: () => "Address",
  struct: ({ nullable }) => orUndefined("object", nullable),
  record: () => "object",
  callback: () => "HelperCallback",
  "callback-context": () => "object | undefined",
};

function orUndefined(type: string, nullable: boolean): string {
  if (!nullable || type === "KernelPointer") return type;
  return `${type} | undefined`;
}

function camel(name: string): string {
  return name.replaceAll(/_(.)/g, (_, letter: string) => letter.toUpperCase());
}
