/**
 * The types of a simulated kernel: those of the BTF it was given, or the part of a kernel that comes with the library.
 *
 * Contexts are the kernel's interface and the same on all of them, so they are always those that come with the library.
 * @module
 */
import { type Btf, parseBtf } from "../../btf/btf.ts";
import { tracepointArguments } from "../../btf/tracepoint.ts";
import type { BtfParameter } from "../../btf/type.ts";
import { kernelTypes } from "../generated/kernel-types.ts";

/** Types by whose they are. */
export class KernelTypes {
  readonly #given: Uint8Array | undefined;
  readonly #parameters = new Map<string, readonly BtfParameter[] | undefined>();
  #btf: Btf | undefined;

  constructor(given: Uint8Array | undefined) {
    this.#given = given;
  }

  /** BTF of the kernel. */
  get bytes(): Uint8Array {
    return this.#given ?? shippedBytes();
  }

  /** Types of the kernel. */
  get btf(): Btf {
    return (this.#btf ??= parseBtf(this.bytes, { path: "vmlinux" }));
  }

  /** What a tracepoint gives to programs; `undefined` when its types are not known. */
  tracepointParameters(name: string): readonly BtfParameter[] | undefined {
    return this.#remembered(`tracepoint ${name}`, () =>
      this.btf.findByName(`btf_trace_${name}`, "typedef") === undefined
        ? undefined
        : tracepointArguments(this.btf, name).parameters,
    );
  }

  /** What a function takes; `undefined` when its types are not known. */
  functionParameters(name: string): readonly BtfParameter[] | undefined {
    return this.#remembered(`function ${name}`, () => {
      const found = this.btf.findByName(name, "func");
      return found && this.btf.signature(found.id).parameters;
    });
  }

  #remembered(
    key: string,
    find: () => readonly BtfParameter[] | undefined,
  ): readonly BtfParameter[] | undefined {
    if (!this.#parameters.has(key)) this.#parameters.set(key, find());
    return this.#parameters.get(key);
  }

  /** Types of contexts: `xdp_md`, `bpf_sock_addr` and the like. */
  get contexts(): Btf {
    return shipped();
  }
}

let bytes: Uint8Array | undefined;
let parsed: Btf | undefined;

function shippedBytes(): Uint8Array {
  return (bytes ??= Uint8Array.from(atob(kernelTypes), (character) => character.charCodeAt(0)));
}

function shipped(): Btf {
  return (parsed ??= parseBtf(shippedBytes(), { path: "the types that come with the library" }));
}
