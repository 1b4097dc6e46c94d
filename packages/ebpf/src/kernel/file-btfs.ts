/**
 * Types of object files in the kernel: loaded once for all maps and programs of a file.
 *
 * A kernel may refuse types that a newer compiler wrote, and most maps and programs do without them; so a refusal is only
 * told by there being no handle.
 * @module
 */
import type { BtfTypeId } from "../btf/type.ts";
import { ContextArguments } from "../btf/write/context-arguments.ts";
import type { BtfWriter } from "../btf/write/writer.ts";
import type { BtfStrings } from "../btf/write/strings.ts";
import type { FileTypes } from "../spec/file-types.ts";
import type { ProgramType } from "../spec/words.ts";
import { NotSupportedError, SyscallError } from "./errors.ts";
import { isAtLeast } from "./feature.ts";
import type { Handle } from "./handle.ts";
import type { Kernel } from "./kernel.ts";
import { loadBtf } from "./load-btf.ts";

/** The types of any number of object files in one kernel. Maps and programs hold on to theirs by themselves. */
export class FileBtfs implements Disposable {
  readonly #kernel: Kernel;
  readonly #resources = new DisposableStack();
  readonly #known = new Map<FileTypes, FileBtf>();

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
  }

  /** Those of one file. */
  of(types: FileTypes): FileBtf {
    const known = this.#known.get(types);
    if (known !== undefined) return known;
    const made = new FileBtf(this.#kernel, types.writer(), this.#resources);
    this.#known.set(types, made);
    return made;
  }

  [Symbol.dispose](): void {
    this.#resources.dispose();
  }
}

/** First version that sees by a tag which argument is the context. */
const contextTagSince = [6, 8] as const;

/** The types of one object file in a kernel. */
export class FileBtf {
  readonly #kernel: Kernel;
  readonly #writer: BtfWriter;
  readonly #resources: DisposableStack;
  /** The handle, and how many types and bytes of texts are in it. */
  #loaded:
    | { readonly handle: Handle | undefined; readonly types: number; readonly texts: number }
    | undefined;
  #contexts: ContextArguments | undefined;

  /** What is loaded goes into `resources`. */
  constructor(kernel: Kernel, writer: BtfWriter, resources: DisposableStack) {
    this.#kernel = kernel;
    this.#writer = writer;
    this.#resources = resources;
  }

  /** Its texts; tables of records that go along may add some before `handle` is asked for. */
  get strings(): BtfStrings {
    return this.#writer.strings;
  }

  /**
   * Id of the type that function `id` has in programs of type `programType`. For kernels before 6.8 types are added that say
   * what newer ones see by a tag.
   */
  functionType(programType: ProgramType, id: BtfTypeId): BtfTypeId {
    if (isAtLeast(this.#kernel.version, contextTagSince)) return id;
    this.#contexts ??= new ContextArguments(this.#writer);
    return this.#contexts.typeIn(programType, id);
  }

  /** The types with all texts; `undefined` when the kernel refuses them. It stays whose it is. */
  get handle(): Handle | undefined {
    const { nextId: types } = this.#writer;
    if (this.#loaded?.texts !== this.strings.byteLength || this.#loaded.types !== types) {
      const handle = this.#load();
      // Names of types become texts when they are encoded.
      this.#loaded = { handle, types, texts: this.strings.byteLength };
    }
    return this.#loaded.handle;
  }

  #load(): Handle | undefined {
    try {
      return this.#resources.use(loadBtf(this.#kernel, this.#writer.encode()));
    } catch (error) {
      if (error instanceof SyscallError || error instanceof NotSupportedError) return undefined;
      throw error;
    }
  }
}
