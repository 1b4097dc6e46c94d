/**
 * Map specifications: what a map shall be, as frozen plain data.
 *
 * A spec is the same on every machine; a map made from it is a resource of one kernel. The schema of keys and values
 * travels with the spec as a value, so that TypeScript infers what `get` returns.
 * @module
 */
import { InvalidArgumentError } from "../base/errors.ts";
import type { Layout } from "../layout/layout.ts";
import type { MapFlag, MapType } from "./words.ts";

/** What a map shall be. Made by the functions of this folder, `hashMap` and its siblings. */
export interface MapSpec<
  Type extends MapType = MapType,
  Key = unknown,
  Value = unknown,
> {
  readonly kind: "map";
  readonly type: Type;
  readonly name: string;
  readonly key: Layout<Key> | undefined;
  readonly value: Layout<Value> | undefined;
  readonly maxEntries: number;
  readonly flags: readonly MapFlag[];
}

/** Options of most map specs. */
export interface MapOptions {
  /** `mmapable` makes an array readable and writable without system calls, `no_prealloc` a hash lazy… */
  readonly flags?: readonly MapFlag[];
}
