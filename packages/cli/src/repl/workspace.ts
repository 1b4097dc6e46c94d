/**
 * What a REPL has loaded, and the kernel it is loaded into.
 *
 * Everything lies in one list of collections, the newest last; a name that several have means the newest. Closing the
 * workspace detaches and closes all of it.
 * @module
 */
import type { BpfMap, Collection, CollectionSpec, Kernel, Link, Program } from "ts-ebpf";
import type { Library } from "../program-file/library.ts";
import { openProgramFile } from "../program-file/open.ts";

/** Whose events are shown, and where. */
export type OnLoaded = (collection: Collection) => Disposable;

/** Live objects by name. */
type Named<T> = Readonly<Record<string, T>>;

/** Loaded collections. */
export class Workspace implements Disposable {
  readonly library: Library;
  readonly kernel: Kernel;
  readonly #onLoaded: OnLoaded;
  readonly #collections: Collection[] = [];
  readonly #resources = new DisposableStack();

  constructor(library: Library, kernel: Kernel, onLoaded: OnLoaded) {
    this.library = library;
    this.kernel = kernel;
    this.#onLoaded = onLoaded;
  }

  /** Maps by their names in the collections. */
  get maps(): Named<BpfMap> {
    return byName(this.#collections.flatMap(({ maps }) => [...maps]));
  }

  get programs(): Named<Program> {
    return byName(this.#collections.flatMap(({ programs }) => [...programs]));
  }

  /** Attachments by the names of their programs. */
  get links(): Named<Link> {
    return byName(this.#collections.flatMap(({ links }) => [...links]));
  }

  /** Loads maps and programs, and keeps them until the end. Nothing is attached. */
  readonly load = async (spec: CollectionSpec): Promise<Collection> => {
    const collection: Collection = await this.library.main.load(spec, { kernel: this.kernel });
    this.#resources.use(collection);
    this.#resources.use(this.#onLoaded(collection));
    this.#collections.push(collection);
    return collection;
  };

  /** Loads what the file at `path` exports, and attaches what says where. The file runs anew each time. */
  readonly open = async (path: string): Promise<Collection> => {
    const { specs } = await openProgramFile(path);
    const collection = await this.load(specs);
    const { programs, structOps, unplaced } = collection;
    if (programs.size + structOps.size > unplaced.size) collection.attach();
    return collection;
  };

  /** Attaches programs by name; all that say where and are not attached yet, when none is named. */
  readonly attach = (...names: readonly string[]): void => {
    if (this.#collections.length === 0) throw this.#nothingLoaded();
    const wanted = names.length === 0 ? Object.keys(this.programs) : names;
    for (const name of wanted) {
      const found = this.#collections.findLast(({ programs }) => programs.has(name));
      if (names.length === 0 && (found?.links.has(name) === true || !isPlaced(this.programs[name])))
        continue;
      // The newest tells that it has no such program.
      (found ?? this.#collections.at(-1)!).attach(name);
    }
  };

  /** Detaches programs by name; everything, when none is named. Maps and programs stay. */
  readonly detach = (...names: readonly string[]): void => {
    if (names.length === 0) for (const collection of this.#collections) collection.detach();
    for (const name of names) {
      const found = this.#collections.findLast(({ links }) => links.has(name));
      const collection = found ?? this.#collections.at(-1);
      // The newest tells that it has nothing of the name attached.
      if (collection === undefined) throw this.#nothingLoaded();
      collection.detach(name);
    }
  };

  [Symbol.dispose](): void {
    this.#resources.dispose();
  }

  #nothingLoaded(): Error {
    return new this.library.main.InvalidArgumentError("nothing is loaded", {
      hint: 'await load({ name: xdp(…) }), or await open("file.ts")',
    });
  }
}

function byName<T>(entries: readonly (readonly [string, T])[]): Named<T> {
  return Object.fromEntries(entries);
}

/** Whether a program says where it attaches. */
function isPlaced(program: Program | undefined): boolean {
  const { kind } = program?.spec.target ?? { kind: "none" };
  return kind !== "none" && kind !== "struct_ops" && kind !== "syscall";
}
