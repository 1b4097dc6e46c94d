/**
 * Random statements that change memory: fields, elements, whole structs, maps, variables of the outside.
 * @module
 */
import type { AnyLayout, IntegerLayout } from "../../../layout/layout.ts";
import { ExpressionWriter, kindOf } from "./expressions.ts";
import type { PlaceName } from "./names.ts";
import { Inner, Small } from "./world.ts";

const word = 2 ** 32;

/** Writes statements that change memory. */
export class MemoryStatementWriter extends ExpressionWriter {
  /** Before Linux 5.12 there is nothing but adding in one step. */
  atomics: "all" | "add" = "all";
  #names = 0;
  /** A name that was not used. */
  name(prefix: string): string {
    return `${prefix}${this.#names++}`;
  }

  /** A scalar or a text stored, or changed with an operator. */
  store(): string[] {
    const place = this.place((layout) => ["integer", "bool", "chars"].includes(layout.kind), 2);
    if (place === undefined) return this.variable();
    const { text, layout } = place;
    const kind = kindOf(layout);
    if (kind === undefined) {
      const other = this.place((it) => it.kind === "chars" && layout.name.startsWith("char"));
      if (other !== undefined && this.chance(40)) return [`${text} = ${other.text};`];
      return [`${text} = ${this.stored(layout, 2)};`];
    }
    if (this.chance(50)) return [`${text} = ${this.stored(layout, 3)};`];
    return kind === "number" ? this.updateNumber(text) : this.#updateBigint(text, kind === "s64");
  }

  /** A number in memory, changed with an operator. */
  updateNumber(text: string): string[] {
    return this.choose([
      () => [`${text}${this.pick(["++", "--"])};`],
      () => [`${text} ${this.pick(["+=", "-="])} ${this.number(2).text};`],
      () => [`${text} *= ${this.pick(["u16", "s16", "s8"])}(${this.number(1).text});`],
      () => [
        `${text} ${this.pick(["&=", "|=", "^=", "<<=", ">>=", ">>>="])} ${this.number(2).text};`,
      ],
      () => [`${text} %= (${this.number(1).text}) | 1;`],
    ]);
  }

  #updateBigint(text: string, signed: boolean): string[] {
    return this.choose([
      () => [`${text}${this.pick(["++", "--"])};`],
      () => [
        `${text} ${this.pick(["+=", "-=", "*=", "&=", "|=", "^="])} ${this.chain(2, signed)};`,
      ],
      () => [`${text} ${this.pick(["/=", "%="])} (${this.bigint(1, signed)} | 1n);`],
      () => [`${text} ${this.pick(["<<=", ">>="])} ${this.below(64)}n;`],
    ]);
  }

  /** Whole structs: copied, or assigned from a literal. */
  copy(): string[] {
    const layout = this.chance(70) ? Inner : Small;
    const to = this.place((it) => it === layout, 1);
    if (to === undefined) return this.store();
    const from = this.place((it, place) => it === layout && !place.indexed);
    const value = from !== undefined && this.chance(60) ? from.text : this.literal(layout);
    return this.names.places.includes(to) ? this.store() : [`${to.text} = ${value};`];
  }

  /** An object literal with some of the fields of a struct. */
  literal(layout: typeof Inner): string {
    const fields = Object.entries(layout.fields).filter(() => this.chance(60));
    const parts = fields.flatMap(([name, field]) => {
      const part = field.layout as AnyLayout;
      if (part.kind === "struct") return this.chance(50) ? [`${name}: ${this.literal(part)}`] : [];
      if (part.kind === "array") return [];
      return [`${name}: ${this.stored(part, 1)}`];
    });
    return parts.length === 0 ? "{}" : `{ ${parts.join(", ")} }`;
  }

  /** An update or a deletion in a map; of `slots` only, where nothing else may change. */
  mapStatement(): string[] {
    const status = (call: string): string[] => {
      if (this.chance(50)) return [`${call};`];
      const name = this.name("v");
      this.names.numbers.push({ text: name, max: word, assignable: false });
      return [`const ${name} = ${call};`];
    };
    const mode = this.pick(["", ', "any"', ', "noexist"', ', "exist"']);
    const slotsUpdate = (): string[] => {
      const from = this.place((layout, place) => layout === Small && !place.indexed);
      const value =
        from !== undefined && this.chance(70) ? from.text : `Small(${this.literal(Small)})`;
      return status(`slots.update(${this.number(0).text} & 3, ${value}${this.pick(["", mode])})`);
    };
    if (this.isPlain) return slotsUpdate();
    return this.choose([
      slotsUpdate,
      () => status(`counts.update(${this.key(1)}, ${this.chain(1, false)}${mode})`),
      () => status(`counts.delete(${this.key(1)})`),
      () => status(`table.update(${this.structKey(1)}, ${this.#rowValue()}${mode})`),
      () => status(`table.delete(${this.structKey(1)})`),
    ]);
  }

  #rowValue(): string {
    const from = this.place((layout, place) => layout === Inner && !place.indexed);
    return from !== undefined && this.chance(50) ? from.text : this.literal(Inner);
  }

  /** A variable of the outside, changed. */
  variable(): string[] {
    return this.choose([
      () => [`total.value ${this.pick(["=", "+=", "-=", "^=", "*="])} ${this.chain(2, false)};`],
      () => this.updateNumber("level.value"),
      () => [`level.value = ${this.varied(this.number(2)).text};`],
      () => ["total.value++;"],
    ]);
  }

  /** An atomic operation. */
  atomic(): string[] {
    const place = this.place(isAtomic);
    if (place === undefined) return this.variable();
    const { owner, layout } = place;
    const value = (): string => this.plainly(() => this.stored(layout, 1));
    const kind = kindOf(layout)!;
    const inside =
      kind === "number" ? `${layout.name}(${this.number(1).text})` : this.bigint(1, kind === "s64");
    const { text, field } = owner!;
    if (this.atomics === "add") return [`atomic(${text}).${field} += ${value()};`];
    if (this.chance(40))
      return [`atomic(${text}).${field} ${this.pick(["+=", "-=", "|=", "&=", "^="])} ${value()};`];
    const call = this.choose([
      () =>
        `${this.pick(["fetchAdd", "fetchOr", "fetchAnd", "fetchXor", "exchange"])}(${text}, "${field}", ${value()})`,
      () =>
        `compareExchange(${text}, "${field}", ${this.chance(50) ? inside : `${text}.${field}`}, ${value()})`,
    ]);
    if (this.chance(30)) return [`${call};`];
    const name = this.name("v");
    if (kind === "number") this.names.numbers.push({ text: name, max: word, assignable: false });
    else this.names.bigints.push({ text: name, signed: kind === "s64", assignable: false });
    return [`const ${name} = ${call};`];
  }
}

/** Whether there are atomic operations on a place. */
function isAtomic(layout: AnyLayout, { owner }: PlaceName): boolean {
  if (owner === undefined || kindOf(layout) === undefined) return false;
  return (layout as IntegerLayout<number>).bits >= 32;
}
