/**
 * Signatures of the kernel's helper functions: what goes in, and what comes out.
 *
 * The parameters are those of the C functions, with what the verifier knows of them: which number is the size of which
 * memory, which memory is filled, which pointer is an object of the kernel. Which programs may call a helper is not
 * told here; only loading shows it.
 * @module
 */
import { InvalidArgumentError } from "../base/errors.ts";
import { once } from "../base/once.ts";
import { didYouMean } from "../base/text.ts";
import { findHelperId, helperName, type HelperName } from "./helper-id.ts";
import { makeSignatures } from "./generated/signatures.ts";

/** A helper: `static long (*bpf_map_update_elem)(void *map, const void *key, …)`. */
export interface HelperSignature {
  /** Without prefix: `map_update_elem`. */
  readonly name: HelperName;
  /** What programs in TypeScript call it: `mapUpdateElem`. */
  readonly camelName: string;
  readonly id: number;
  /**
   * All parameters in C. In TypeScript the sizes of memory that is given are left out, as they follow from it, and flags
   * at the end may be: they are 0 then.
   */
  readonly parameters: readonly HelperParameter[];
  /** Whether further numbers may follow, as with `trace_printk`. */
  readonly variadic?: true;
  readonly result: HelperResult;
  /** Only for programs with a licence compatible with the GPL. */
  readonly gplOnly: boolean;
  /** Only for programs that may sleep. */
  readonly mightSleep?: true;
  /** First kernel with it: `[5, 8]`. */
  readonly since: readonly [major: number, minor: number];
  /** What the function of programs in TypeScript returns instead of the status. */
  readonly yields?: HelperYield;
}

/**
 * Filled memory as a result: in TypeScript the size is left out, and what was filled is returned.
 *
 * As `text` it is a string, and there is no parameter for it: `bpf.getCurrentComm()`. As `value` and `optional-value`
 * the layout of the value stands in the place of the parameter: `bpf.probeReadKernel(Key, address)`; after a failure
 * the value is zeros, the optional one `undefined`. Memory to fill that is not yielded is an object made by a layout.
 */
export interface HelperYield {
  readonly parameter: string;
  readonly as: "text" | "value" | "optional-value";
}

/** One parameter, in the order of the registers r1 to r5. */
export type HelperParameter = ParameterKind & {
  /** As in the header: `unsafe_ptr`. */
  readonly name: string;
};

/** What a parameter is. */
export type ParameterKind =
  /** A number. Of network order when it is a `__be16`. */
  | {
      readonly kind: "scalar";
      readonly bits: 16 | 32 | 64;
      readonly signed: boolean;
      readonly order?: "network";
    }
  /** A number made of flags. */
  | { readonly kind: "flags"; readonly bits: 32 | 64; readonly signed: boolean }
  /** Bytes of the memory of another parameter. The verifier must know a bound of it. */
  | {
      readonly kind: "size";
      readonly bits: 32 | 64;
      readonly signed: boolean;
      /** Name of the parameter; missing: of what is returned. */
      readonly of?: string;
      readonly zeroAllowed: boolean;
    }
  /** The context of the program. The type is missing where several kinds of programs have it. */
  | { readonly kind: "context"; readonly type?: string }
  | { readonly kind: "map" }
  /** Key of the map before it. */
  | { readonly kind: "map-key" }
  /** Value of the map before it, to be stored or (`out`) filled. */
  | { readonly kind: "map-value"; readonly out: boolean; readonly nullable: boolean }
  | MemoryParameter
  /** An address as a number, which the verifier does not follow: from user space, or not known to be good. */
  | { readonly kind: "pointer"; readonly const: boolean }
  /**
   * An object of the kernel, or one that lies in a map or on the stack (`bpf_spin_lock`, `bpf_timer`, `bpf_dynptr`).
   * The type is missing where any is taken.
   */
  | {
      readonly kind: "struct";
      readonly type?: string;
      readonly nullable: boolean;
      /** Whether the reference is given back. */
      readonly release: boolean;
      /** Whether it is filled, and was nothing before. */
      readonly out?: true;
    }
  /** Memory that a helper returned, and that is given back: a record of a ring buffer. */
  | { readonly kind: "record" }
  /** A function of the program. */
  | { readonly kind: "callback" }
  /** Memory on the stack that the callback gets, or null. */
  | { readonly kind: "callback-context" };

/** Memory of the program. */
export interface MemoryParameter {
  readonly kind: "memory-in" | "memory-out" | "memory-in-out";
  /** How many bytes: as the parameter of this name says, or this many; missing: a constant text with its zero byte. */
  readonly size?: string | number;
  /** Whether C has a `char *` there. */
  readonly text?: true;
  /** Name of the C struct, without the word: `bpf_fib_lookup`. */
  readonly type?: string;
  readonly nullable: boolean;
  /** For memory that is filled: whether the verifier wants it to have been written before. */
  readonly initialized?: true;
}

/** What a helper returns. */
export type HelperResult =
  | { readonly kind: "void" }
  /** A number. As `status` it is 0 or what was asked for, or a negative error number. */
  | {
      readonly kind: "scalar";
      readonly bits: 32 | 64;
      readonly signed: boolean;
      readonly status?: true;
    }
  /** A value of the map that was given. */
  | { readonly kind: "map-value"; readonly nullable: boolean }
  /** As many bytes as asked for. */
  | { readonly kind: "memory"; readonly nullable: boolean }
  /** What the argument points to, of one CPU; to be read only. */
  | { readonly kind: "per-cpu"; readonly nullable: boolean }
  /** An object of the kernel; the type is that of the argument where it is missing. */
  | { readonly kind: "struct"; readonly type?: string; readonly nullable: boolean };

/** Signature of a helper, by its name with or without prefix, or in camel case; `undefined` when there is none. */
export function findHelper(name: string): HelperSignature | undefined {
  const id = findHelperId(name);
  return id === undefined ? undefined : helperById(id);
}

/** Signature of the helper with this number; `undefined` when there is none. */
export function helperById(id: number): HelperSignature | undefined {
  const name = helperName(id);
  return name === undefined ? undefined : byName().get(name);
}

/**
 * Signature of a helper by the name that programs in TypeScript call it: `probeReadUserStr`.
 * @throws {InvalidArgumentError} when there is none, with a hint at the nearest.
 */
export function helperByCamelName(name: string): HelperSignature {
  const found = byCamelName().get(name);
  if (found !== undefined) return found;
  const hint = didYouMean(name, byCamelName().keys());
  throw new InvalidArgumentError(`no helper "${name}"`, hint === undefined ? {} : { hint });
}

/** Every helper, in the order of their numbers. */
export const allHelpers: () => readonly HelperSignature[] = once(makeSignatures);

const byName = once(() => new Map(allHelpers().map((helper) => [helper.name, helper])));

const byCamelName = once(() => new Map(allHelpers().map((helper) => [helper.camelName, helper])));
