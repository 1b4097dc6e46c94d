/**
 * Structs of the kernel as values: what `packet` and `sizeOf` take.
 *
 * A struct is only a name here; the compiler finds it in the kernel's BTF, a simulation has layouts for some.
 * @module
 */
import type { KernelTypes } from "../../types/register.ts";
import { environment } from "./environment.ts";

/** A struct of the kernel. `T` is what it is in TypeScript. */
export interface KernelStruct<T = unknown> {
  readonly kind: "kernel-struct";
  /** Without the word `struct`. */
  readonly name: string;
  /** In bytes. */
  readonly size: number;
  /** Never there: carries the type. */
  readonly type?: T;
}

const structs = new Map<string, KernelStruct>();

/** All structs by name: `kernel.ethhdr`. */
export const kernel: { readonly [Name in keyof KernelTypes]: KernelStruct<KernelTypes[Name]> } =
  new Proxy(Object.freeze({}), {
    get: (_, name) => (typeof name === "string" ? structOf(name) : undefined),
  }) as { readonly [Name in keyof KernelTypes]: KernelStruct<KernelTypes[Name]> };

/** Whether `value` is a struct of {@link kernel}. */
export function isKernelStruct(value: unknown): value is KernelStruct {
  return typeof value === "object" && value !== null && structs.get(nameIn(value)) === value;
}

function nameIn(value: object): string {
  return "name" in value && typeof value.name === "string" ? value.name : "";
}

function structOf(name: string): KernelStruct {
  const known = structs.get(name);
  if (known !== undefined) return known;
  const struct: KernelStruct = Object.freeze({
    kind: "kernel-struct",
    name,
    get size() {
      return environment(`the size of kernel.${name}`).structLayout(name).size;
    },
  });
  structs.set(name, struct);
  return struct;
}
