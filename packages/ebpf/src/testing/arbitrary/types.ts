/**
 * Any types for property tests: graphs of all kinds that refer to each other at will.
 *
 * They are what can be stored, not what makes sense in C: a typedef may lead round in a circle.
 * @module
 */
import * as fc from "fast-check";
import type { BtfTypeId } from "../../btf/type.ts";
import type { BtfTypeData } from "../../btf/write/type-data.ts";

/** Up to `most` types with ids from 1 up, which refer to each other and to `void`. */
export function arbitraryTypes(most = 12): fc.Arbitrary<readonly BtfTypeData[]> {
  return fc
    .integer({ min: 1, max: most })
    .chain((count) => fc.array(arbitraryType(count), { minLength: count, maxLength: count }));
}

/** Plain objects, as those of the reader are. */
const record = <T>(parts: { readonly [Name in keyof T]: fc.Arbitrary<T[Name]> }): fc.Arbitrary<T> =>
  fc.record<T>(parts, { noNullPrototype: true });

const parts = <T>(part: fc.Arbitrary<T>): fc.Arbitrary<T[]> => fc.array(part, { maxLength: 3 });

// Few names, so that equal types come up.
const name = fc.constantFrom("", "a", "b", "list_head", "Straße");
const someName = fc.constantFrom("a", "b", "c");
const byte = fc.integer({ min: 0, max: 255 });
const size = fc.constantFrom(1, 2, 4, 8);
const linkage = fc.constantFrom("static", "global", "extern");

/** A type that refers to types up to `last`. */
function arbitraryType(last: number): fc.Arbitrary<BtfTypeData> {
  const type = fc.integer({ min: 0, max: last }).map((id) => id as BtfTypeId);
  const word = fc.integer({ min: 0, max: 0xffff_ffff });
  const reference = (kind: "typedef" | "volatile" | "const" | "restrict" | "ptr") =>
    record({ kind: fc.constant(kind), name, type });
  const plainMember = record({
    name,
    type,
    bitOffset: word,
    bitfieldSize: fc.constant(0),
  });
  const bitfield = record({
    name,
    type,
    bitOffset: fc.integer({ min: 0, max: 0xff_ffff }),
    bitfieldSize: fc.integer({ min: 1, max: 64 }),
  });
  const members = fc.oneof(parts(plainMember), parts(bitfield));
  return fc.oneof<fc.Arbitrary<BtfTypeData>[]>(
    record({
      kind: fc.constant("int"),
      name,
      size,
      bits: byte,
      bitOffset: byte,
      encoding: fc.constantFrom("unsigned", "signed", "char", "bool"),
    }),
    reference("ptr"),
    reference("typedef"),
    reference("volatile"),
    reference("const"),
    reference("restrict"),
    record({ kind: fc.constant("array"), name, type, indexType: type, length: word }),
    record({ kind: fc.constantFrom("struct", "union"), name, size: word, members }),
    record({ kind: fc.constant("fwd"), name: someName, of: fc.constantFrom("struct", "union") }),
    record({ kind: fc.constant("func"), name, type, linkage }),
    record({
      kind: fc.constant("func_proto"),
      name: fc.constant(""),
      type,
      parameters: parts(record({ name: someName, type })),
      variadic: fc.boolean(),
    }),
    record({ kind: fc.constant("var"), name, type, linkage }),
    record({
      kind: fc.constant("datasec"),
      name,
      size: word,
      variables: parts(record({ type, offset: word, size: word })),
    }),
    record({ kind: fc.constant("float"), name, size }),
    record({
      kind: fc.constant("decl_tag"),
      name,
      type,
      component: fc.option(byte, { nil: undefined }),
      attribute: fc.boolean(),
    }),
    record({ kind: fc.constant("type_tag"), name, type, attribute: fc.boolean() }),
    arbitraryEnum(),
    arbitraryEnum64(),
  );
}

function arbitraryEnum(): fc.Arbitrary<BtfTypeData> {
  return fc.boolean().chain((signed) =>
    record({
      kind: fc.constant("enum"),
      name,
      size,
      signed: fc.constant(signed),
      values: fc.array(
        record({
          name: someName,
          value: signed ? fc.integer() : fc.integer({ min: 0, max: 0xffff_ffff }),
        }),
        { maxLength: 3 },
      ),
    }),
  );
}

function arbitraryEnum64(): fc.Arbitrary<BtfTypeData> {
  return fc.boolean().chain((signed) =>
    record({
      kind: fc.constant("enum64"),
      name,
      size,
      signed: fc.constant(signed),
      values: fc.array(
        record({
          name: someName,
          value: signed
            ? fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })
            : fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
        }),
        { maxLength: 3 },
      ),
    }),
  );
}
