/**
 * The files that a file with programs is made of: itself, and what it and its like import by path.
 *
 * They are noted while Node resolves imports, with how they looked before they were read. When the file is loaded anew,
 * so are they: the query that makes its URL a new one is passed on to theirs. Packages are not followed.
 * @module
 */
import { registerHooks } from "node:module";
import { statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";

/** Notes files from its making until it is disposed of. */
export class ModuleFiles implements Disposable {
  /** How each file looked, by path. */
  readonly #looks = new Map<string, string>();
  readonly #entry: string;
  readonly #hooks: ReturnType<typeof registerHooks>;

  constructor(entry: string) {
    this.#entry = resolve(entry);
    this.#note(this.#entry);
    this.#hooks = registerHooks({
      resolve: (specifier, context, next) => {
        const { parentURL } = context;
        if (!isPath(specifier) || !this.#isOurs(parentURL)) return next(specifier, context);
        // Also when there is no such file: it may come.
        const wanted = new URL(specifier, parentURL);
        if (wanted.protocol === "file:") this.#note(fileURLToPath(wanted));
        const resolved = next(specifier, context);
        if (!context.conditions.includes("import")) return resolved;
        return { ...resolved, url: renewed(resolved.url, parentURL) };
      },
    });
  }

  /** The folders the files are in. */
  get folders(): readonly string[] {
    return [...new Set([...this.#looks.keys()].map((path) => dirname(path)))];
  }

  /** Whether a file looks different from when this was last asked or it was loaded. */
  changed(): boolean {
    let changed = false;
    for (const [path, look] of this.#looks) {
      const now = lookOf(path);
      if (now !== look) changed = true;
      this.#looks.set(path, now);
    }
    return changed;
  }

  [Symbol.dispose](): void {
    this.#hooks.deregister();
  }

  #isOurs(url: string | undefined): url is string {
    return url?.startsWith("file:") === true && this.#looks.has(fileURLToPath(url));
  }

  #note(path: string): void {
    if (!this.#looks.has(path)) this.#looks.set(path, lookOf(path));
  }
}

function isPath(specifier: string): boolean {
  return /^(\.{0,2}\/|file:)/.test(specifier);
}

/** `url` with the query of `parent`, if that is one of a file that was loaded anew. */
function renewed(url: string, parent: string): string {
  const load = new URL(parent).searchParams.get("load");
  if (load === null || !url.startsWith("file:")) return url;
  const own = new URL(url);
  own.searchParams.set("load", load);
  return own.href;
}

/** Equal for a file as it was; files of the same size are told by when they were written. */
function lookOf(path: string): string {
  const found = statSync(path, { throwIfNoEntry: false });
  return found === undefined ? "" : `${found.ino} ${found.size} ${found.mtimeMs}`;
}
