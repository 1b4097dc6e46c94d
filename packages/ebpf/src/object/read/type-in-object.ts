/**
 * Structs of an object file by name, as layouts: for what a file does not say the layout of, such as events of rings.
 * @module
 */
import { InvalidArgumentError } from "../../base/errors.ts";
import type { Layout } from "../../layout/layout.ts";
import { objectParts } from "./parts.ts";
import { layoutOfType } from "./type-layout.ts";

/**
 * The layout of the struct, or other type, called `name` in the object file `bytes`, which messages call `path`.
 * @throws {InvalidArgumentError} when it has none of that name, or no types at all.
 */
export function typeInObject(bytes: Uint8Array, path: string, name: string): Layout<unknown> {
  const { btf } = objectParts(bytes, path);
  const found = btf?.findByName(name, "struct");
  if (btf !== undefined) return layoutOfType(btf, (found ?? named(() => btf.typeByName(name))).id);
  throw new InvalidArgumentError(`there is no type "${name}" in ${path}, which has no types`, {
    hint: "compile it with -g",
  });
}

/** Compilers leave out the types that nothing in a file is declared with. */
function named<T>(find: () => T): T {
  try {
    return find();
  } catch (error) {
    if (!(error instanceof InvalidArgumentError) || error.hint !== undefined) throw error;
    throw new InvalidArgumentError(error.message, {
      cause: error,
      hint: "clang leaves out types that nothing is declared with: declare a variable, struct event *unused",
    });
  }
}
