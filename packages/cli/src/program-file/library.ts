/**
 * The copy of the library that a file with programs uses.
 *
 * Layouts and what programs call are told apart by identity, so whoever compiles a file has to be of the copy that the
 * file imports: the one its own folder leads to, not the one that is part of this command. A file that finds none gets
 * the one installed beside the command. In a clone of the repository the sources are meant, not what was built of them.
 * @module
 */
import { createRequire, registerHooks } from "node:module";
import { resolve } from "node:path";

/** The library as the commands use it. */
export interface Library {
  readonly main: typeof import("ts-ebpf");
  readonly compiler: typeof import("ts-ebpf/compiler");
  readonly btf: typeof import("ts-ebpf/btf");
  readonly isa: typeof import("ts-ebpf/isa");
  readonly sys: typeof import("ts-ebpf/sys");
  /** These are loaded when they are asked for. */
  readonly capture: typeof import("ts-ebpf/capture");
  readonly sim: typeof import("ts-ebpf/sim");
  readonly testing: typeof import("ts-ebpf/testing");
}

/**
 * The library that the file at `path` imports. From then on every import of it in this process leads where it should.
 * @throws when neither the file nor this command finds one.
 */
export function libraryFor(path: string): Library {
  leadImports();
  const load = loaderFor(path);
  return {
    main: load("ts-ebpf") as Library["main"],
    compiler: load("ts-ebpf/compiler") as Library["compiler"],
    btf: load("ts-ebpf/btf") as Library["btf"],
    isa: load("ts-ebpf/isa") as Library["isa"],
    sys: load("ts-ebpf/sys") as Library["sys"],
    get capture() {
      return load("ts-ebpf/capture") as Library["capture"];
    },
    get sim() {
      return load("ts-ebpf/sim") as Library["sim"];
    },
    get testing() {
      return load("ts-ebpf/testing") as Library["testing"];
    },
  };
}

function loaderFor(path: string): NodeJS.Require {
  const load = createRequire(resolve(path));
  try {
    load("ts-ebpf");
    return load;
  } catch (error) {
    if (!isNotFound(error)) throw error;
    return createRequire(import.meta.url);
  }
}

type Resolve = Parameters<typeof registerHooks>[0]["resolve"] & {};
type Context = Parameters<Resolve>[1];

let leading = false;

function leadImports(): void {
  if (leading) return;
  leading = true;
  registerHooks({
    resolve: (specifier, context, next) =>
      ours.test(specifier)
        ? firstFound(attempts(context), (attempt) => next(specifier, attempt))
        : next(specifier, context),
  });
}

const ours = /^(ts-ebpf|@ts-ebpf\/native)(\/|$)/;

/**
 * Where to look, the best first: as the file says, then as this command says; sources before what was built. Node lets
 * `require` look from where it is alone.
 */
function attempts(context: Context): readonly Context[] {
  const fromHere: Context = { ...context, parentURL: import.meta.url };
  return [context, fromHere].flatMap((one) => [
    { ...one, conditions: [...one.conditions, "@ts-ebpf/source"] },
    one,
  ]);
}

/** @throws what the second attempt throws, which is what Node would say, when none succeeds. */
function firstFound<T>(attempts: readonly Context[], find: (attempt: Context) => T): T {
  const errors: unknown[] = [];
  for (const attempt of attempts) {
    try {
      return find(attempt);
    } catch (error) {
      if (!isNotFound(error)) throw error;
      errors.push(error);
    }
  }
  throw errors[1];
}

const notFound: ReadonlySet<unknown> = new Set([
  "MODULE_NOT_FOUND",
  "ERR_MODULE_NOT_FOUND",
  "ERR_PACKAGE_PATH_NOT_EXPORTED",
]);

function isNotFound(error: unknown): boolean {
  return notFound.has((error as { readonly code?: unknown }).code);
}
