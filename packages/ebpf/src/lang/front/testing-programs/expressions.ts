/**
 * Random expressions on which JavaScript and the kernel agree by definition.
 *
 * Numbers carry the largest magnitude they can have, so that nothing goes beyond 2^53; bigints are cut to 64 bits
 * wherever more bits would be seen.
 * @module
 */
import type { AnyLayout, IntegerLayout, Layout } from "../../../layout/layout.ts";
import type { Random } from "../../ir/testing-generator.ts";
import { Names, type FunctionName, type NumberText, type PlaceName } from "./names.ts";

/** Numbers up to here are exact. */
export const exact: number = 2 ** 53 - 1;
/** What variables of numbers hold at most; counting up leaves them below {@link exact}. */
export const wide: number = 2 ** 50;
const word = 2 ** 32;

const conversions = ["u8", "u16", "u32", "s8", "s16", "s32"] as const;
const comparisons = ["===", "!==", "<", "<=", ">", ">=", "==", "!="] as const;
const constants = [0, 1, -1, 2, 7, 255, 256, 65_535, 65_536, 1_000_003, 0x7fff_ffff, -0x8000_0000];
const numbers = [...constants, 0xffff_ffff, 2 ** 32 + 5].map((value): NumberText => ({
  text: String(value),
  max: Math.abs(value),
}));
const bigints = [
  "0n",
  "1n",
  "2n",
  "7n",
  "255n",
  "0xffff_ffffn",
  "0x8000_0000n",
  "0x7fff_ffff_ffff_ffffn",
];
/** Texts of at most five bytes. */
const texts = ["", "a", "ab", "abc", "abcd", "abcde", "b", "abx"];

/** Writes expressions over the names in scope. */
export class ExpressionWriter {
  readonly random: Random;
  readonly names = new Names();
  /** While it is more than 0, nothing is written that changes hash maps or calls functions. */
  #plain = 0;

  constructor(random: Random) {
    this.random = random;
  }

  below(limit: number): number {
    return this.random.below(limit);
  }

  chance(percent: number): boolean {
    return this.random.chance(percent);
  }

  pick<Item>(items: readonly Item[]): Item {
    return items[this.below(items.length)]!;
  }

  /** The same, made to depend on something when it is known when compiling. */
  varied<Text extends NumberText>(number: Text): Text {
    if (!isConstant(number.text)) return number;
    return { ...number, text: `(${number.text} ^ level.value)`, max: 2 ** 31 };
  }

  /** Runs one of the choices. */
  choose<Made>(choices: readonly (() => Made)[]): Made {
    return this.pick(choices)();
  }

  /** A number of any size. */
  number(depth: number): NumberText {
    if (depth <= 0) return this.#numberLeaf();
    const next = (): NumberText => this.number(depth - 1);
    const text = (): string => next().text;
    return this.choose<NumberText>([
      () => this.#sum(next(), next()),
      () => this.#sum(next(), next()),
      () => this.#product(next(), next()),
      () => int32(`(${text()} ${this.pick(["&", "|", "^"])} ${text()})`),
      () =>
        int32(
          `(${text()} ${this.pick(["<<", ">>"])} ${this.pick([this.#numberLeaf().text, "3", "31"])})`,
        ),
      () => ({
        text: `(${text()} >>> ${this.pick([this.#numberLeaf().text, "0", "5"])})`,
        max: word,
      }),
      () => this.#like(next(), (left) => `(${left} % (${text()} | 1))`),
      () => this.#like(next(), (left) => `Math.trunc(${left} / (${text()} | 1))`),
      () => this.#quotient(depth),
      () => this.#either(next(), next(), (a, b) => `(${this.condition(depth - 1)} ? ${a} : ${b})`),
      () => this.#either(next(), next(), (a, b) => `Math.${this.pick(["min", "max"])}(${a}, ${b})`),
      () => this.#either(next(), next(), (a, b) => `(${a} ${this.pick(["&&", "||"])} ${b})`),
      () =>
        this.#like(
          next(),
          (value) => `${this.pick(["Math.abs", "-", "+", "Math.trunc"])}(${value})`,
        ),
      () => int32(`${this.pick(["~", "Math.sign"])}(${text()})`),
      () => this.#converted(depth),
      () => this.#converted(depth),
      () => this.#fromBigint(depth),
      () => ({
        text: `${this.pick(["Number", "u8", "s32", "+"])}(${this.condition(depth - 1)})`,
        max: 1,
      }),
      () => ({
        text: this.pick([`ntohs(htons(${text()}))`, `ntohl(htonl(${text()}))`]),
        max: word,
      }),
      () => this.#call("number", depth) ?? next(),
      () => this.#place("number", depth) ?? next(),
      () => this.#place("number", depth) ?? next(),
      () => (this.chance(40) ? this.#effect(depth) : undefined) ?? next(),
      () => this.#lookedUpNumber(depth),
    ]);
  }

  /** A number of at most 32 bits: cut, unless it is one. */
  word(depth: number): string {
    const { text, max } = this.number(depth);
    if (max <= 2 ** 31 && this.chance(50)) return text;
    return this.pick([`(${text} | 0)`, `(${text} >>> 0)`, `${this.pick(conversions)}(${text})`]);
  }

  /** An index: of an array of that length, and perhaps beyond it. */
  index(length: number, depth: number): string {
    if (this.chance(40)) return String(this.below(length));
    const value = this.varied(this.number(depth)).text;
    const inside = this.pick([
      `(${value} >>> 0) % ${length}`,
      `${value} & ${2 ** Math.floor(Math.log2(length)) - 1}`,
    ]);
    return this.chance(70) ? inside : this.pick([`${value} & 7`, value]);
  }

  /** A bigint within the range of its type. */
  bigint(depth: number, signed: boolean): string {
    if (depth <= 0) return this.#bigintLeaf(signed);
    const next = (): string => this.bigint(depth - 1, signed);
    const convert = signed ? "s64" : "u64";
    return this.choose([
      () => `${convert}(${this.chain(depth, signed)})`,
      () => `${convert}(${this.chain(depth, signed)})`,
      () => `${convert}(${this.chain(depth, !signed)})`,
      () => `${convert}(${this.number(depth - 1).text})`,
      () => `(${next()} ${this.pick(["&", "|", "^"])} ${next()})`,
      () => `(${next()} >> ${this.#shiftCount(depth, signed)})`,
      () => `${convert}(${next()} ${this.pick(["/", "%"])} (${next()} | 1n))`,
      () => `(${this.condition(depth - 1)} ? ${next()} : ${next()})`,
      () => `(${next()} ${this.pick(["&&", "||"])} ${next()})`,
      () => `${convert}(${this.condition(depth - 1)})`,
      () =>
        `BigInt.${signed ? "asIntN" : "asUintN"}(${this.pick([8, 16, 32, 64])}, ${this.chain(depth - 1, this.chance(50))})`,
      () => (signed ? `BigInt(${this.number(depth - 1).text})` : `ntohll(htonll(${next()}))`),
      () => this.#call(signed ? "s64" : "u64", depth)?.text ?? next(),
      () => this.#place(signed ? "s64" : "u64", depth)?.text ?? next(),
      () => (signed ? next() : `(counts.lookup(${this.key(depth - 1)})?.value ?? ${next()})`),
    ]);
  }

  /** A bigint that may have more than 64 bits, for what cuts it. */
  chain(depth: number, signed: boolean): string {
    if (depth <= 0) return this.#bigintLeaf(signed);
    const next = (): string => this.chain(depth - 1, signed);
    return this.choose([
      () => `(${next()} ${this.pick(["+", "-", "*", "&", "|", "^"])} ${next()})`,
      () => `(${next()} ${this.pick(["+", "-", "*", "&", "|", "^"])} ${this.pick(bigints)})`,
      () => `(${next()} << ${this.#shiftCount(depth, signed)})`,
      () => `${this.pick(["-", "~"])}(${next()})`,
      () => this.bigint(depth - 1, signed),
    ]);
  }

  /** A condition, as a boolean. */
  condition(depth: number): string {
    if (depth <= 0) return this.#conditionLeaf();
    const next = (): string => this.condition(depth - 1);
    const signed = this.chance(50);
    const compare = this.pick(comparisons);
    return this.choose([
      () => `(${this.number(depth - 1).text} ${compare} ${this.number(depth - 1).text})`,
      () => `(${this.number(depth - 1).text} ${compare} ${this.number(0).text})`,
      () => `(${this.bigint(depth - 1, signed)} ${compare} ${this.bigint(depth - 1, signed)})`,
      () =>
        `(${this.bigint(depth - 1, signed)} ${compare} ${this.pick([...bigints, "-1n", "0x1_0000_0000_0000_0000n"])})`,
      () => `!${next()}`,
      () => `(${next()} ${this.pick(["&&", "||"])} ${next()})`,
      () => `(${next()} ${this.pick(["===", "!=="])} ${next()})`,
      () => `!!(${this.number(depth - 1).text})`,
      () => `!(${this.bigint(depth - 1, signed)})`,
      () => `Boolean(${this.number(depth - 1).text})`,
      () => this.#textCondition() ?? next(),
      () => this.#networkCondition(depth) ?? next(),
      () => this.#call("boolean", depth)?.text ?? next(),
      () => this.#conditionLeaf(),
    ]);
  }

  /** What an `if` or a loop may be given: anything that is true or false. */
  test(depth: number): string {
    if (this.chance(80)) return this.condition(depth);
    return this.chance(50) ? this.number(depth).text : this.bigint(depth, this.chance(50));
  }

  /** A key of `counts`. */
  key(depth: number): string {
    return this.chance(30) ? String(this.below(4)) : `(${this.number(depth).text} & 3)`;
  }

  /** A key of `table`, which is a struct. */
  structKey(depth: number): string {
    const fields = `{ id: ${this.number(depth).text} & 3, kind: ${this.pick(["0", "1", `${this.number(0).text} & 1`])} }`;
    return this.pick([`Key(${fields})`, fields]);
  }

  /** A place for which `fits` holds, in one of the structs in scope. */
  place(fits: (layout: AnyLayout, place: PlaceName) => boolean, depth = 0): PlaceName | undefined {
    for (let attempt = 0; attempt < 12 && this.names.places.length > 0; attempt++) {
      const found = this.#walk(this.pick(this.names.places), { fits, depth });
      if (found !== undefined) return found;
    }
    return undefined;
  }

  /** What can be stored into a place of this layout; numbers of any size, bigints of any number of bits. */
  stored(layout: Layout<unknown>, depth: number): string {
    const known = layout as AnyLayout;
    if (known.kind === "bool") return this.condition(depth);
    if (known.kind === "chars") return this.text();
    const { bits, signed, order } = known as IntegerLayout<number>;
    if (order === "network") {
      return bits === 64
        ? `htonll(${this.bigint(depth, false)})`
        : `${bits === 16 ? "htons" : "htonl"}(${this.number(depth).text})`;
    }
    if (bits === 64) return this.chain(depth, signed);
    const value = this.number(depth);
    return isConstant(value.text) ? `${layout.name}(${value.text})` : value.text;
  }

  /** A text constant. */
  text(): string {
    return JSON.stringify(this.pick(texts));
  }

  /** Runs `make` while nothing may change hash maps, call functions or, in the midst of an expression, store. */
  plainly<Made>(make: () => Made): Made {
    this.#plain += 1;
    const made = make();
    this.#plain -= 1;
    return made;
  }

  get isPlain(): boolean {
    return this.#plain > 0;
  }

  /** A call of a function, with arguments. */
  callOf({ name, parameters }: FunctionName, depth: number): string | undefined {
    const given = parameters.map((kind): string | undefined => {
      if (kind === "number") return this.word(depth);
      if (kind === "u64" || kind === "s64") return this.bigint(depth, kind === "s64");
      if (kind === "boolean") return this.condition(depth);
      // Functions cannot take elements out of a packet, as they do not know its end.
      return this.place(
        (layout, { indexed, text }) =>
          layout.name === `struct ${kind}` && !indexed && !text.startsWith("head"),
      )?.text;
    });
    return given.includes(undefined) ? undefined : `${name}(${given.join(", ")})`;
  }

  #numberLeaf(): NumberText {
    const { numbers: declared } = this.names;
    if (declared.length > 0 && this.chance(65)) return this.pick(declared);
    return (this.chance(40) ? this.#place("number", 0) : undefined) ?? this.pick(numbers);
  }

  #bigintLeaf(signed: boolean): string {
    const declared = this.names.bigints.filter((name) => name.signed === signed);
    if (declared.length > 0 && this.chance(70)) return this.pick(declared).text;
    const place = this.chance(40) ? this.#place(signed ? "s64" : "u64", 0) : undefined;
    return (
      place?.text ??
      `${signed ? "s64" : "u64"}(${this.pick([...bigints, "0xffff_ffff_ffff_fff0n"])})`
    );
  }

  #conditionLeaf(): string {
    const { booleans } = this.names;
    if (booleans.length > 0 && this.chance(50)) return this.pick(booleans).text;
    const flag = this.chance(30) ? this.place((layout) => layout.kind === "bool") : undefined;
    return (
      flag?.text ?? `(${this.number(0).text} ${this.pick(comparisons)} ${this.number(0).text})`
    );
  }

  #sum(left: NumberText, right: NumberText): NumberText {
    const max = left.max + right.max;
    if (max > exact) return this.#sum(this.#cut(left), this.#cut(right));
    return { text: `(${left.text} ${this.pick(["+", "-"])} ${right.text})`, max };
  }

  #product(left: NumberText, right: NumberText): NumberText {
    const max = left.max * right.max;
    if (max <= exact) return { text: `(${left.text} * ${right.text})`, max };
    return { text: `((${left.text} & 0xff_ffff) * u16(${right.text}))`, max: 2 ** 40 };
  }

  #cut({ text }: NumberText): NumberText {
    return { text: `(${text} | 0)`, max: 2 ** 31 };
  }

  #like({ text, max }: NumberText, make: (text: string) => string): NumberText {
    return { text: make(text), max };
  }

  #either(
    left: NumberText,
    right: NumberText,
    make: (left: string, right: string) => string,
  ): NumberText {
    return { text: make(left.text, right.text), max: Math.max(left.max, right.max) };
  }

  /** A quotient whose divisor may be 0. */
  #quotient(depth: number): NumberText {
    const [left, right] = [this.number(depth - 1).text, this.number(depth - 1).text];
    const made = this.pick([
      `${this.pick(conversions)}(${left} / ${right})`,
      `((${left} / ${right}) | 0)`,
      `((${left} / ${right}) >>> 0)`,
      `~(${left} / ${right})`,
      `Math.floor((${left} >>> 0) / ((${right} & 0xff) + 1))`,
    ]);
    return { text: made, max: word };
  }

  #converted(depth: number): NumberText {
    const conversion = this.pick(conversions);
    const bits = Number(conversion.slice(1));
    const value = this.chance(60)
      ? this.number(depth - 1).text
      : this.chain(depth - 1, this.chance(50));
    return { text: `${conversion}(${value})`, max: 2 ** bits };
  }

  #fromBigint(depth: number): NumberText {
    const value = this.bigint(depth - 1, this.chance(50));
    return {
      text: `Number(${value} ${this.pick(["& 0xffff_ffff_ffffn", ">> 13n", "& 0xffn"])})`,
      max: 2 ** 51,
    };
  }

  #shiftCount(depth: number, signed: boolean): string {
    if (this.chance(75)) return `${this.below(this.chance(10) ? 80 : 64)}n`;
    return `(${this.bigint(depth - 1, signed)} & 63n)`;
  }

  #call(result: FunctionName["result"], depth: number): NumberText | undefined {
    const fitting = this.names.functions.filter((name) => name.result === result);
    if (fitting.length === 0 || this.isPlain || !this.chance(60)) return undefined;
    const text = this.callOf(this.pick(fitting), Math.min(depth - 1, 1));
    return text === undefined ? undefined : { text, max: wide };
  }

  /** A field or element with a value of this kind. */
  #place(kind: "number" | "u64" | "s64", depth: number): NumberText | undefined {
    const found = this.place((layout) => kindOf(layout) === kind, depth - 1);
    return found && { text: found.text, max: word };
  }

  /** Something that changes a name or a place, as a value. */
  #effect(depth: number): NumberText | undefined {
    const targets = this.names.numbers.filter(({ assignable, max }) => assignable && max > word);
    if (targets.length > 0 && this.chance(50)) {
      const target = this.pick(targets);
      const value = this.number(depth - 1);
      const { text } = value.max > wide ? this.#cut(value) : value;
      return this.pick([
        { text: `(${target.text} = ${text})`, max: wide },
        { text: `${target.text}${this.pick(["++", "--"])}`, max: target.max },
        { text: `${this.pick(["++", "--"])}${target.text}`, max: target.max },
      ]);
    }
    const place = this.isPlain ? undefined : this.place((layout) => kindOf(layout) === "number");
    if (place === undefined) return undefined;
    return this.pick([
      { text: `(${place.text} = ${this.word(depth - 1)})`, max: word },
      { text: `${place.text}${this.pick(["++", "--"])}`, max: word },
      { text: `(${place.text} += ${this.word(depth - 1)})`, max: 2 * word },
    ]);
  }

  #lookedUpNumber(depth: number): NumberText {
    const otherwise = this.word(depth - 1);
    const slot = `slots.lookup(${this.number(0).text} & ${this.pick([3, 7])})?.${this.pick(["z", "y", "x", "inner.b"])}`;
    const row = `table.lookup(${this.structKey(0)})?.${this.pick(["a", "b", "c"])}`;
    return { text: `(${this.pick([slot, row])} ?? ${otherwise})`, max: word };
  }

  #textCondition(): string | undefined {
    const place = this.place((layout) => layout.kind === "chars");
    if (place === undefined) return undefined;
    return this.pick([
      `(${place.text} ${this.pick(["===", "!=="])} ${this.text()})`,
      `${place.text}.startsWith(${this.text()})`,
      `!${place.text}`,
    ]);
  }

  #networkCondition(depth: number): string | undefined {
    const place = this.place(
      (layout) => layout.kind === "integer" && layout.order === "network",
      depth - 1,
    );
    if (place === undefined) return undefined;
    const value = this.stored(place.layout, depth - 1);
    return `(${place.text} ${this.pick(["===", "!=="])} ${value})`;
  }

  /** Goes down from a place to a part that fits; nothing when it ends up at another. */
  #walk(
    place: PlaceName,
    wanted: {
      readonly fits: (layout: AnyLayout, place: PlaceName) => boolean;
      readonly depth: number;
    },
  ): PlaceName | undefined {
    const layout = place.layout as AnyLayout;
    if (wanted.fits(layout, place) && (layout.kind !== "struct" || this.chance(60))) return place;
    if (layout.kind === "struct") {
      const field = this.pick(Object.keys(layout.fields));
      const owner = place.shared && !place.indexed ? { text: place.text, field } : undefined;
      const text = `${place.text}.${field}`;
      return this.#walk({ ...place, text, layout: layout.fields[field]!.layout, owner }, wanted);
    }
    if (layout.kind !== "array") return undefined;
    if (place.indexed) return undefined;
    const index = this.index(layout.length, Math.min(wanted.depth, 1));
    const indexed = !/^\d+$/.test(index);
    const text = `${place.text}[${index}]`;
    return this.#walk(
      { ...place, text, layout: layout.element, indexed, owner: undefined },
      wanted,
    );
  }
}

function int32(text: string): NumberText {
  return { text, max: 2 ** 31 };
}

/** Whether an expression is known when compiling. */
function isConstant(text: string): boolean {
  return !/\b(?:[vbfpei]|st)\d+\b|\.value|lookup|head|fn\d/.test(text);
}

/** What an expression of this layout is. */
export function kindOf(layout: Layout<unknown>): "number" | "u64" | "s64" | undefined {
  const known = layout as AnyLayout;
  if (known.kind !== "integer" || known.order === "network") return undefined;
  if (known.bits < 64) return "number";
  return known.signed ? "s64" : "u64";
}
