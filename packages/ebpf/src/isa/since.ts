/**
 * First kernel versions that load each instruction.
 *
 * The versions are those of the releases whose verifier (kernel/bpf/verifier.c) first accepts it. A kernel may still
 * refuse it: some need a compiler for the machine at hand that knows them, and arenas are not on every machine.
 * @module
 */
import type { Address, Instruction, InstructionKind, InstructionOf } from "./instruction.ts";

/** A version of the kernel: `[6, 6]`. */
export type Version = readonly [major: number, minor: number];

/** First version that loads `instruction`; `undefined` when only the kernel itself puts it into programs. */
export function sinceOf(instruction: Instruction): Version | undefined {
  const since = versions[instruction.kind] as VersionOf<InstructionKind>;
  return typeof since === "function" ? since(instruction) : since;
}

type VersionOf<Kind extends InstructionKind> =
  | Version
  | undefined
  | ((instruction: InstructionOf<Kind>) => Version);

const first: Version = [3, 18];
/** Version 4 of the instruction set. */
const v4: Version = [6, 6];

const versions: { readonly [Kind in InstructionKind]: VersionOf<Kind> } = {
  alu: ({ op }) => (op === "sdiv" || op === "smod" ? v4 : first),
  negate: first,
  "byte-swap": ({ order }) => (order === "bswap" ? v4 : first),
  movsx: v4,
  "addr-space-cast": [6, 9],
  "percpu-address": undefined,
  load: ({ size }) => (size.startsWith("s") ? v4 : first),
  store: first,
  atomic: ({ op }) => (op === "add" ? first : [5, 12]),
  "load-acquire": [6, 15],
  "store-release": [6, 15],
  "wide-load": ({ value }) => (typeof value === "bigint" ? first : addresses[value.kind]),
  "packet-load": first,
  jump: first,
  "long-jump": v4,
  "jump-if": ({ op, width }) => {
    if (width === 32) return [5, 1];
    return ["lt", "le", "slt", "sle"].includes(op) ? [4, 14] : first;
  },
  "may-goto": [6, 9],
  "call-helper": first,
  "call-kfunc": ({ module }) => (module === undefined || module === 0 ? [5, 13] : [5, 16]),
  "call-local": [4, 16],
  exit: first,
  nospec: undefined,
};

/** Named maps are encoded as indexes. */
const addresses: { readonly [Kind in Address["kind"]]: Version } = {
  map: [5, 14],
  "map-value": [5, 14],
  "map-index": [5, 14],
  "map-index-value": [5, 14],
  "map-fd": first,
  "map-fd-value": [5, 2],
  variable: [5, 10],
  "btf-id": [5, 10],
  function: [5, 13],
};
