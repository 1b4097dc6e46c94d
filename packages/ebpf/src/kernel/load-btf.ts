/**
 * BTF for the kernel that is running, however old.
 *
 * BTF is loaded as it is; only when the kernel refuses it is the kernel asked, once, what of BTF it knows, and what it does not
 * know is replaced. So newer kernels are asked nothing, and patches that distributions took back to older ones count.
 * @module
 */
import { parseBtf } from "../btf/btf.ts";
import { voidId, type BtfTypeId } from "../btf/type.ts";
import { sanitizeBtf, type BtfSupport } from "../btf/write/sanitize.ts";
import type { BtfTypeData } from "../btf/write/type-data.ts";
import { encodeBtf } from "../btf/write/writer.ts";
import { SyscallError } from "./errors.ts";
import type { Handle } from "./handle.ts";
import type { Kernel } from "./kernel.ts";

/**
 * Loads `btf`, with types the kernel does not know replaced by what `sanitizeBtf` puts there. Ids and offsets of texts stay
 * as they are. Minimum kernel 4.18.
 * @throws {SyscallError} when the kernel refuses it for another reason.
 */
export function loadBtf(kernel: Kernel, btf: Uint8Array): Handle {
  try {
    return kernel.bpf("btfLoad", { btf });
  } catch (error) {
    if (!isRefusal(error)) throw error;
    const support = btfSupport(kernel);
    if (Object.values(support).every((known) => known)) throw error;
    return kernel.bpf("btfLoad", { btf: sanitizeBtf(parseBtf(btf), support).encode() });
  }
}

/** Whether the kernel found something it does not know, or that is wrong: it tells neither apart. */
function isRefusal(error: unknown): boolean {
  return error instanceof SyscallError && error.errnoName === "EINVAL";
}

const supports = new WeakMap<Kernel, BtfSupport>();

function btfSupport(kernel: Kernel): BtfSupport {
  const known = supports.get(kernel);
  if (known !== undefined) return known;
  const asked = Object.entries(probes).map(([part, types]) => [part, isTaken(kernel, types)]);
  const support = Object.fromEntries(asked) as unknown as BtfSupport;
  supports.set(kernel, support);
  return support;
}

function isTaken(kernel: Kernel, types: readonly BtfTypeData[]): boolean {
  try {
    kernel.bpf("btfLoad", { btf: encodeBtf(types) }).close();
    return true;
  } catch (error) {
    if (isRefusal(error)) return false;
    throw error;
  }
}

const [first, second] = [1, 2] as readonly number[] as readonly [BtfTypeId, BtfTypeId];
const int: BtfTypeData = {
  kind: "int",
  name: "int",
  size: 4,
  bits: 32,
  bitOffset: 0,
  encoding: "signed",
};
const proto: BtfTypeData = {
  kind: "func_proto",
  name: "",
  type: voidId,
  parameters: [],
  variadic: false,
};
const variable: BtfTypeData = { kind: "var", name: "v", type: first, linkage: "static" };

function sectionCalled(name: string): BtfTypeData {
  return { kind: "datasec", name, size: 4, variables: [{ type: second, offset: 0, size: 4 }] };
}

/** For each part the smallest BTF that has it. */
const probes: { readonly [Part in keyof BtfSupport]: readonly BtfTypeData[] } = {
  func: [proto, { kind: "func", name: "f", type: first, linkage: "static" }],
  datasec: [int, variable, sectionCalled(".data")],
  globalFunc: [proto, { kind: "func", name: "f", type: first, linkage: "global" }],
  float: [{ kind: "float", name: "float", size: 4 }],
  declTag: [
    { kind: "struct", name: "s", size: 0, members: [] },
    { kind: "decl_tag", name: "tag", type: first, component: undefined, attribute: false },
  ],
  typeTag: [
    int,
    { kind: "type_tag", name: "tag", type: first, attribute: false },
    { kind: "ptr", name: "", type: second },
  ],
  enum64: [
    { kind: "enum64", name: "e", size: 8, signed: false, values: [{ name: "V", value: 1n }] },
  ],
  optionalSection: [int, variable, sectionCalled("?.data")],
};
