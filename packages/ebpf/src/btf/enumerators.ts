/**
 * Finding enumerators by name without decoding enums.
 *
 * The names of all enumerators are compared where they lie in the type section, so that one of the kernel's 30,000
 * is found as fast as a type is. What an enumerator is worth is read by decoding the enum it is in.
 * @module
 */
import { encodeName } from "./strings.ts";
import { kindNumber, typeId, type TypeTable } from "./type-table.ts";
import type { BtfTypeId } from "./type.ts";

const answers = new WeakMap<TypeTable, Map<string, readonly BtfTypeId[]>>();

/** Ids of the table's own enums that have an enumerator called `name`. Answers are kept: programs ask again. */
export function enumsWith(table: TypeTable, name: string): readonly BtfTypeId[] {
  const known = answers.get(table) ?? new Map<string, readonly BtfTypeId[]>();
  answers.set(table, known);
  const found = known.get(name) ?? findEnums(table, name);
  known.set(name, found);
  return found;
}

function findEnums(table: TypeTable, name: string): readonly BtfTypeId[] {
  const bytes = encodeName(name);
  if (bytes === undefined) return [];
  const found: BtfTypeId[] = [];
  for (const id of enumsOf(table)) {
    if (hasEnumerator(table, id, bytes)) found.push(typeId(id));
  }
  return found;
}

const enums = new WeakMap<TypeTable, readonly number[]>();

/** Ids of all enums of the table; one type of a hundred is one. */
function enumsOf(table: TypeTable): readonly number[] {
  const known = enums.get(table);
  if (known !== undefined) return known;
  const found: number[] = [];
  for (let id = table.first; table.has(id); id++) {
    if (wordsPerValue(table, id) > 0) found.push(id);
  }
  enums.set(table, found);
  return found;
}

/** Names of the table's own enumerators that start with the same letter as `name`. */
export function* enumeratorsLike(table: TypeTable, name: string): Generator<string, void> {
  const first = encodeName(name)?.[0];
  for (let id = table.first; table.has(id); id++) {
    const words = wordsPerValue(table, id);
    const end = valuesAt(table, id) + words * table.count(id);
    for (let at = valuesAt(table, id); at < end; at += words) {
      const offset = table.word(at);
      if (table.strings.byte(offset) === first) yield table.strings.text(offset);
    }
  }
}

function hasEnumerator(table: TypeTable, id: number, name: Uint8Array): boolean {
  const words = wordsPerValue(table, id);
  if (words === 0) return false;
  const end = valuesAt(table, id) + words * table.count(id);
  for (let at = valuesAt(table, id); at < end; at += words) {
    if (table.strings.equals(table.word(at), name)) return true;
  }
  return false;
}

const enumNumber = kindNumber("enum");
const enum64Number = kindNumber("enum64");

/** Words that each enumerator of type `id` takes; 0 when it is no enum. */
function wordsPerValue(table: TypeTable, id: number): number {
  const kind = table.kindNumber(id);
  if (kind === enumNumber) return 2;
  return kind === enum64Number ? 3 : 0;
}

/** Index of the first word behind the three that all types have. */
function valuesAt(table: TypeTable, id: number): number {
  return table.position(id) + 3;
}
