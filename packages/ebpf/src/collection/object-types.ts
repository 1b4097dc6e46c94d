/**
 * What TypeScript knows of an object file: from the types of the specs in it follow those of the live objects, and what can
 * be changed.
 *
 * The types of the specs come from `ts-ebpf types FILE.o`, or are written by hand for the parts that a program uses.
 * Nothing checks at run time that they belong to the file that is loaded.
 * @module
 */
import type { Layout } from "../layout/layout.ts";
import type { CollectionSpec } from "../spec/collection-spec.ts";
import type { EventSpec, GlobalSpec, MapSpec } from "../spec/map-spec.ts";
import type { AttachTarget, ProgramSpec } from "../spec/program-spec.ts";
import type { ProgArraySpec } from "../spec/prog-array.ts";
import type { StructOpsSpec } from "../spec/struct-ops.ts";
import type { Collection } from "./collection.ts";
import type { Live } from "./load.ts";

/**
 * A loaded object file: a collection whose maps, variables and programs are properties under their names in C, as far as
 * types say which there are. Names that collections have themselves are only found in `maps` and `programs`.
 */
export type LoadedObject<Spec extends CollectionSpec = CollectionSpec> = string extends keyof Spec
  ? Collection
  : Collection & {
      readonly [Name in Exclude<keyof Spec, keyof Collection>]: Spec[Name] extends OnDemand
        ? Live<Spec[Name]> | undefined
        : Live<Spec[Name]>;
    };

/** Programs that are loaded only when `autoload` says so. */
interface OnDemand {
  readonly autoload: false;
}

/** What to change in an object file before it is loaded. All names are those in C. */
export interface ObjectChanges<Spec extends CollectionSpec = CollectionSpec> {
  /** Room in maps: elements, for ring buffers bytes. */
  readonly maxEntries?: { readonly [Name in MapName<Spec>]?: number };
  /** Values that variables start with; the only way to set constants. */
  readonly variables?: { readonly [Name in VariableName<Spec>]?: ValueOf<Spec[Name]> };
  /**
   * Which programs are loaded: those that say `false` here are not, and those whose section starts with `?` are. A struct of
   * functions is loaded with its programs.
   */
  readonly autoload?: { readonly [Name in NameOf<Spec, ProgramSpec | StructOpsSpec>]?: boolean };
  /** Where programs attach, instead of where their sections say. */
  readonly targets?: { readonly [Name in NameOf<Spec, ProgramSpec>]?: AttachTarget };
  /** Programs that arrays of programs hold from the start, by their index. */
  readonly programs?: {
    readonly [Name in NameOf<Spec, ProgArraySpec>]?: readonly (string | undefined)[];
  };
  /**
   * What the maps in a map of maps are like, where the file does not say or says otherwise: like another map of the file, by
   * its name, or as a spec says.
   */
  readonly inner?: { readonly [Name in NameOf<Spec, OuterPart>]?: MapSpec | string };
  /**
   * How the events of rings are laid out, which definitions of maps cannot say: a layout, or the name of a struct in the
   * types of the file. Without it events are bytes.
   */
  readonly events?: { readonly [Name in NameOf<Spec, EventPart>]?: Layout<unknown> | string };
}

type OuterPart = MapSpec & { readonly type: "array_of_maps" | "hash_of_maps" };

type EventPart = MapSpec & Pick<EventSpec<unknown>, "name" | "value"> & { readonly key?: never };

type NameOf<Spec, Part> = string extends keyof Spec
  ? string
  : { [Name in keyof Spec & string]: Spec[Name] extends Part ? Name : never }[keyof Spec & string];

type VariableName<Spec> = NameOf<Spec, GlobalSpec<unknown>>;

type MapName<Spec> = string extends keyof Spec
  ? string
  : Exclude<NameOf<Spec, MapSpec>, VariableName<Spec>>;

type ValueOf<Part> = Part extends GlobalSpec<infer Value> ? Value : unknown;
