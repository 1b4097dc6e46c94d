/**
 * The modules that a program refers to, as the kernel wants to be told of them: a table of their BTF, and numbers in it.
 * @module
 */
import type { BtfType } from "../btf/type.ts";
import type { Handle } from "../kernel/handle.ts";
import type { Kernel } from "../kernel/kernel.ts";
import type { ModuleTypes } from "./module-types.ts";

/** A function or variable by number, and the module it is of by its place in the table; 0 is the kernel itself. */
export interface NumberedType {
  readonly id: number;
  readonly module: number;
  /** The same again: instructions that load addresses say it elsewhere. */
  readonly object: number;
}

/** The table of one program. */
export class ModuleTable {
  readonly #kernel: Kernel;
  readonly #resources: DisposableStack;
  readonly #handles = new Map<ModuleTypes, Handle>();

  /** What is opened goes into `resources`. */
  constructor(kernel: Kernel, resources: DisposableStack) {
    this.#kernel = kernel;
    this.#resources = resources;
  }

  /** The numbers of what was found; `undefined` for nothing. */
  numbered(
    found: { readonly type: BtfType; readonly module: ModuleTypes | undefined } | undefined,
  ): NumberedType | undefined {
    if (found === undefined) return undefined;
    const place = found.module === undefined ? 0 : this.#placeOf(found.module);
    return { id: found.type.id, module: place, object: place };
  }

  /** A handle of the module's BTF, which stays whose it is. */
  handleOf(module: ModuleTypes): Handle {
    const known = this.#handles.get(module);
    if (known !== undefined) return known;
    const handle = this.#resources.use(this.#kernel.bpf("btfGetFdById", { id: module.id }));
    this.#handles.set(module, handle);
    return handle;
  }

  /** Handles by place; `undefined` when the program refers to no module. Place 0 stands for the kernel and is not read. */
  get handles(): readonly Handle[] | undefined {
    const [first, ...others] = this.#handles.values();
    return first === undefined ? undefined : [first, first, ...others];
  }

  #placeOf(module: ModuleTypes): number {
    this.handleOf(module);
    return 1 + [...this.#handles.keys()].indexOf(module);
  }
}
