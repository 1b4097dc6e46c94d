/**
 * Maps that programs on USDT probes find their arguments with.
 *
 * Where an argument lies differs from site to site of one and the same probe. Who attaches puts a description of each site
 * into `__bpf_usdt_specs`, and its index there into the cookie of the site; the program looks it up. Name and bytes are
 * those of libbpf's usdt.bpf.h, so that objects compiled with that work as well.
 *
 * A description, `struct __bpf_usdt_spec`, has 12 arguments, the cookie of the user and the number of arguments. Since
 * libbpf 1.7, which knows an index register, arguments are longer there; here they find room in what was unused before:
 *
 *      0              8      9     10             12             14       15
 *     +--------------+------+-----+--------------+--------------+--------+-------+    kind: 0 constant, 1 register,
 *     | value or     | kind | 0   | index,       | register, by | signed | unused|    2 memory, 3 memory with an index
 *     | displacement |      |     | scale        | its offset   |        | bits  |    index: 12 bits, scale: 4, a shift
 *     +--------------+------+-----+--------------+--------------+--------+-------+    registers: offset in struct pt_regs
 *
 * @module
 */
import { array } from "../layout/array.ts";
import { u32, u64 } from "../layout/integer.ts";
import { arrayMap } from "./array-map.ts";
import type { KernelMapSpec } from "./map-spec.ts";

/** How many arguments a probe has at most: BPF_USDT_MAX_ARG_CNT. */
export const mostUsdtArguments = 12;

/** Where in a description its parts are, in bytes. */
export interface UsdtSpecLayout {
  /** Bytes of one argument. */
  readonly argument: number;
  /** In an argument. */
  readonly value: number;
  readonly kind: number;
  readonly index: number;
  readonly register: number;
  readonly signed: number;
  readonly unusedBits: number;
  /** Behind the arguments. */
  readonly cookie: number;
  readonly count: number;
  readonly size: number;
}

/** The layout that programs of this library have, and those with libbpf before 1.7. */
export const usdtSpecLayout: UsdtSpecLayout = {
  argument: 16,
  value: 0,
  kind: 8,
  index: 10,
  register: 12,
  signed: 14,
  unusedBits: 15,
  cookie: 192,
  count: 200,
  size: 208,
};

/** The layout of programs with libbpf from 1.7 on: its bit fields start at multiples of their types. */
const longerLayout: UsdtSpecLayout = {
  argument: 24,
  value: 0,
  kind: 8,
  index: 10,
  register: 14,
  signed: 16,
  unusedBits: 17,
  cookie: 288,
  count: 296,
  size: 304,
};

/** The layout of descriptions of `size` bytes; `undefined` when none is known. */
export function usdtSpecLayoutOf(size: number): UsdtSpecLayout | undefined {
  return [usdtSpecLayout, longerLayout].find((layout) => layout.size === size);
}

/** Kinds of arguments: `enum __bpf_usdt_arg_type`. */
export const usdtArgumentKinds = { constant: 0, register: 1, memory: 2, indexed: 3 } as const;

/** Descriptions of sites. */
export const usdtSpecs: KernelMapSpec<"array", number, readonly bigint[]> = arrayMap(
  "__bpf_usdt_specs",
  array(u64, usdtSpecLayout.size / 8),
  256,
);

/** How many sites {@link usdtSites} tells apart. */
export const usdtSiteCount = 4096;

/**
 * Indices of descriptions by the low 12 bits of the address of the site, which are the same wherever a file is mapped.
 * Only for kernels without cookies (before 5.15).
 */
export const usdtSites: KernelMapSpec<"array", number, number> = arrayMap(
  "usdt_sites",
  u32,
  usdtSiteCount,
);
