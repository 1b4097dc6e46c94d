/**
 * De-duplication: types that say the same become one, also when they refer to themselves.
 *
 * All types that look alike without their references start in one class; classes are then split as long as two types in
 * one refer to types in different classes. What is never split is the same, however deep it goes and whatever circles
 * it makes. A struct that is only declared counts as the defined one of its name, while all definitions of that name
 * are in one class. Variables and sections are not touched: equal ones of two object files are still two.
 * @module
 */
import { MalformedError } from "../../base/errors.ts";
import type { Btf } from "../btf.ts";
import { typeId } from "../type-table.ts";
import { voidId, type BtfTypeId } from "../type.ts";
import { encodeType } from "./encode-type.ts";
import { BtfStrings } from "./strings.ts";
import { referencesOf, withReferences, type BtfTypeData } from "./type-data.ts";

/** What is left of some types, and what became of the others. */
export interface Deduplicated {
  /** The types that are left, the first of which has the same id as the first type before. */
  readonly types: readonly BtfTypeData[];
  /** The id that stands for the type that had id `id` before. Ids of the base, and `void`, stay. */
  readonly idOf: (id: BtfTypeId) => BtfTypeId;
}

/**
 * `types` without the ones that are there twice, in the order in which they come first. The first of them has id 1;
 * with `base` its id is the one after those of the base, and what the base has is taken from there.
 * @throws {MalformedError} when there are very many, and chains of references among them that are longer than any compiler's.
 */
export function deduplicate(types: readonly BtfTypeData[], base?: Btf): Deduplicated {
  const ofBase = base === undefined ? [] : typesOf(base);
  const all = [...ofBase, ...types];
  const classes = classify(all);
  const leaders = leadersOf(all, classes);
  const newIds = new Map<number, BtfTypeId>();
  const kept: number[] = [];
  for (const index of leaders.values()) {
    if (index < ofBase.length) newIds.set(index, typeId(index + 1));
  }
  for (let index = ofBase.length; index < all.length; index++) {
    if (leaders.get(classes[index]!) !== index) continue;
    kept.push(index);
    newIds.set(index, typeId(ofBase.length + kept.length));
  }
  const idOf = (id: BtfTypeId): BtfTypeId =>
    id <= ofBase.length ? id : newIds.get(leaders.get(classes[id - 1]!)!)!;
  return { types: kept.map((index) => withReferences(all[index]!, idOf)), idOf };
}

/** All types of `btf`, those of its base first: type `n + 1` at `n`. */
function typesOf(btf: Btf): readonly BtfTypeData[] {
  const ofBase = btf.base === undefined ? [] : typesOf(btf.base);
  return [...ofBase, ...(btf.types() as Iterable<BtfTypeData>)];
}

/** For each class the type that stands for it: the first one that is not only declared. */
function leadersOf(
  types: readonly BtfTypeData[],
  classes: readonly number[],
): ReadonlyMap<number, number> {
  const leaders = new Map<number, number>();
  for (const [index, of] of classes.entries()) {
    const leader = leaders.get(of);
    if (leader === undefined) leaders.set(of, index);
    else if (isDeclaration(types[leader]!) && !isDeclaration(types[index]!)) leaders.set(of, index);
  }
  return leaders;
}

/** Rounds of splitting that any types may take, and comparisons that more rounds may take: a bound for damaged files. */
const [mostRounds, mostComparisons] = [64, 2 ** 21];

/** Number of the class of each type. Each round tells types apart that differ one reference further away. */
function classify(types: readonly BtfTypeData[]): readonly number[] {
  const references = types.map(referencesOf);
  const definitions = definitionsOf(types);
  const looks = looksOf(types);
  let current = assign(looks, definitions);
  for (let round = 1; ; round++) {
    if (round > mostRounds && round * types.length > mostComparisons) failTooDeep(round);
    const { classes, count } = current;
    const keys = references.map((ids, index) => {
      const seen = ids.map((id) => (id === voidId ? 0 : classes[id - 1]!));
      return `${classes[index]} ${seen.join(" ")}`;
    });
    current = assign(keys, definitions);
    // Classes are only ever split, so as many as before are the same ones.
    if (current.count === count) return current.classes;
  }
}

function failTooDeep(round: number): never {
  throw new MalformedError(
    "BTF",
    `types that look alike differ in what more than ${round} references lead to, which is too far to be compared`,
    { path: ["types"], offset: 0 },
  );
}

/** A partition of types: the number of the class of each, from 1 up, and how many there are. */
interface Classes {
  readonly classes: readonly number[];
  readonly count: number;
}

/**
 * Types with equal keys in one class; a declaration in that of its definitions if they are all in one, else with the
 * other declarations of its name.
 */
function assign(keys: readonly string[], definitions: Definitions): Classes {
  const numbers = new Map<string, number>();
  const numberOf = (key: string): number => {
    const number = numbers.get(key) ?? numbers.size + 1;
    numbers.set(key, number);
    return number;
  };
  const classes = keys.map((key, index) => (definitions.has(index) ? 0 : numberOf(key)));
  for (const [index, { name, places }] of definitions) {
    const [first, ...others] = places.map((place) => classes[place]!);
    const isOne = first !== undefined && others.every((other) => other === first);
    classes[index] = isOne ? first : numberOf(name);
  }
  return { classes, count: numbers.size };
}

/** For each declaration, by its index: its name, and the indexes of what it may declare. */
type Definitions = ReadonlyMap<
  number,
  { readonly name: string; readonly places: readonly number[] }
>;

function definitionsOf(types: readonly BtfTypeData[]): Definitions {
  const byName = new Map<string, number[]>();
  for (const [index, type] of types.entries()) {
    const name = declarableName(type);
    if (name === undefined || isDeclaration(type)) continue;
    const places = byName.get(name);
    if (places === undefined) byName.set(name, [index]);
    else places.push(index);
  }
  const definitions = new Map<number, { name: string; places: readonly number[] }>();
  for (const [index, type] of types.entries()) {
    if (!isDeclaration(type)) continue;
    const name = declarableName(type)!;
    definitions.set(index, { name, places: byName.get(name) ?? [] });
  }
  return definitions;
}

/** Whether the type only says that there is one of its name: `struct a;`, and `enum a;`, which BTF has without values. */
function isDeclaration(type: BtfTypeData): boolean {
  const isEnum = type.kind === "enum" || type.kind === "enum64";
  return type.kind === "fwd" || (isEnum && type.values.length === 0 && type.name !== "");
}

/** `struct a`: what a declaration and a definition have in common; `undefined` for what is never declared alone. */
function declarableName(type: BtfTypeData): string | undefined {
  const word = type.kind === "fwd" ? type.of : type.kind === "enum64" ? "enum" : type.kind;
  const isDeclarable = word === "struct" || word === "union" || word === "enum";
  return isDeclarable && type.name !== "" ? `${word} ${type.name}` : undefined;
}

/** For each type a text that is equal for types which are the same up to what they refer to. */
function looksOf(types: readonly BtfTypeData[]): readonly string[] {
  const strings = new BtfStrings();
  return types.map((type, index) => {
    const look = encodeType(
      withReferences(type, () => voidId),
      strings,
    ).join(" ");
    const isUnique = type.kind === "var" || type.kind === "datasec";
    return isUnique ? `${look} at ${index}` : look;
  });
}
