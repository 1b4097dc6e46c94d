/**
 * Generates the signatures of the kernel's helpers from libbpf's declarations and the verifier's prototypes.
 *
 * The declarations have the names and the C types, the prototypes say what is memory, how large, and for whom.
 * @module
 */
import type {
  HelperParameter,
  HelperSignature,
} from "../../packages/ebpf/src/helper/helper-signature.ts";
import { type GeneratedFile, type Generator, header } from "./generator.ts";
import { camelCase } from "./source/constant-tables.ts";
import { type Definition, helperDefinitions, libraryRelease } from "./source/helper-definitions.ts";
import { parametersOf, parsePrototype, resultOf } from "./source/helper-parameters.ts";
import { helperPrototypes } from "./source/helper-prototypes.ts";
import { memberText } from "./source/helper-types.ts";
import { helperSince } from "./source/helper-versions.ts";

/** Makes `helper/generated/signatures.ts` and `lang/builtins/generated/bpf-helpers.ts`. */
export const generator: Generator = {
  name: "signatures",
  release: libraryRelease,
  generate: () => [signatures(), functions()],
};

function source(): string {
  return `bpf_helper_defs.h of ${libraryRelease()} and bpf_func_proto of Linux 6.18`;
}

function signatures(): GeneratedFile {
  const lines = helperDefinitions().map((it) => `  ${literal(signatureOf(it))},\n`);
  const text = [
    header("signatures", source()),
    'import type { HelperSignature } from "../helper-signature.ts";\n',
    "/** Every helper, in the order of their numbers. Made anew at each call: most programs load without. */",
    `export const makeSignatures = (): readonly HelperSignature[] => [\n${lines.join("")}];\n`,
  ];
  return { path: "packages/ebpf/src/helper/generated/signatures.ts", text: text.join("\n") };
}

function functions(): GeneratedFile {
  const members = helperDefinitions().map((it) => memberText(signatureOf(it)));
  const text = [
    header("signatures", source()),
    `import type { Layout } from "../../../layout/layout.ts";
import type { KernelPointer } from "../../../spec/context/loose.ts";
import type { HelperFlags, Ref } from "../../../spec/kernel-side.ts";
import type { MapSpec } from "../../../spec/map-spec.ts";
import type { be16 } from "../../../types/value.ts";
import type { Address, HelperCallback, HelperMemory, KernelObject } from "../helper-arguments.ts";
`,
    "/** The kernel's helpers as functions. */",
    `export interface BpfHelpers {\n${members.join("")}}\n`,
  ];
  return {
    path: "packages/ebpf/src/lang/builtins/generated/bpf-helpers.ts",
    text: text.join("\n"),
  };
}

/** The signature of one helper. */
export function signatureOf(definition: Definition): HelperSignature {
  const { name, id, variadic } = definition;
  const row = helperPrototypes[name];
  if (row === undefined) throw new TypeError(`${name} has no prototype`);
  const prototype = parsePrototype(row);
  const parameters = parametersOf(definition, prototype);
  return {
    name: name as HelperSignature["name"],
    camelName: camelCase(name),
    id,
    parameters,
    ...(variadic ? { variadic: true as const } : {}),
    result: resultOf(definition, prototype),
    gplOnly: prototype.gplOnly,
    ...(prototype.mightSleep ? { mightSleep: true as const } : {}),
    since: helperSince(id),
    ...yieldsOf(name, parameters),
  };
}

/** Helpers that fill text which C does not declare as `char *`. */
const textHelpers = /^get_current_comm$|^probe_read(_\w+)?_str$/;

/** Helpers that leave zeros after a failure, for sure. */
const zeroingHelpers = /^probe_read(_user|_kernel)?$|^copy_from_user/;

/** Helpers whose status tells more than success: how much was filled, or with what. */
const countingHelpers =
  /^get_(task_)?stack$|^get_branch_snapshot$|^read_branch_records$|^strtou?l$|^ima_/;

/** A helper with one memory to fill returns what is in it, where programs are TypeScript. */
function yieldsOf(
  helper: string,
  parameters: readonly HelperParameter[],
): Pick<HelperSignature, "yields"> {
  const filled = parameters.filter(({ kind }) => kind === "memory-out");
  const [only] = filled;
  if (only?.kind !== "memory-out" || filled.length > 1 || countingHelpers.test(helper)) return {};
  if (only.text === true || textHelpers.test(helper))
    return { yields: { parameter: only.name, as: "text" } };
  const as = zeroingHelpers.test(helper) ? "value" : "optional-value";
  return { yields: { parameter: only.name, as } };
}

/** A value as source text: JSON with plain keys. */
function literal(value: unknown): string {
  return JSON.stringify(value)
    .replaceAll(/"(\w+)":/g, "$1: ")
    .replaceAll(",", ", ");
}
