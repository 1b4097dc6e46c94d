/**
 * What a question about types needs: types by id and by name.
 *
 * The questions of this folder (sizes, members, descriptions) are functions over this interface, so that they know
 * neither bytes nor each other. `Btf` is what implements it; what its methods throw is said there.
 * @module
 */
import type { BtfKind, BtfType, BtfTypeId, BtfTypeOf } from "./type.ts";

/** Types that can be looked up. */
export interface TypeSource {
  /** What the types are of: `"vmlinux"`. */
  readonly path: string;
  /** Byte order of the machines that the types are of. */
  readonly byteOrder: "little" | "big";
  /** Size of a pointer in bytes. */
  readonly pointerSize: number;
  /** Bytes from the start of what the types were read from to the type with this id, where that is known. */
  readonly offsetOf?: ((id: number) => number | undefined) | undefined;
  /** The type with this id; 0 is `void`. */
  typeById(id: number): BtfType;
  /** The first type of this name, and kind if given. */
  findByName<Kind extends BtfKind = BtfKind>(
    name: string,
    kind?: Kind,
  ): BtfTypeOf<Kind> | undefined;
  /** All types of this name, in the order of their ids. */
  findAll(name: string): readonly BtfType[];
  /** Names with three underscores in them, of which some are of types. */
  flavoured(): Iterable<string>;
  /** Is told that types of about so many names will be looked for, where that makes a difference. */
  expectNames?(count: number): void;
  /** As `findByName`, for a name that has to be there. */
  typeByName<Kind extends BtfKind = BtfKind>(name: string, kind?: Kind): BtfTypeOf<Kind>;
  /** Names of types to suggest when there is none called `name`. */
  namesLike(name: string, kind?: BtfKind): Iterable<string>;
  /** Ids of the enums that have an enumerator of this name. */
  enumsWith(name: string): readonly BtfTypeId[];
  /** Names of enumerators to suggest when there is none called `name`. */
  enumeratorsLike(name: string): Iterable<string>;
}
