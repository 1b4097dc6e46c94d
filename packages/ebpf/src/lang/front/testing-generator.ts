/**
 * Random functions of TypeScript whose result JavaScript and the kernel must agree on.
 *
 * What they compute stays where both are exact: numbers below 2^53, bigints cut to 64 bits after each operation. Two
 * variables of the outside, `outNumber` and `outBigint`, take what is too wide to return.
 * @module
 */
import { Random } from "../ir/testing-generator.ts";

/** Names a function of {@link generateText} finds around it, beside the conversions and `Math`. */
export const inputCount = 4;

/** The text of a random function of a raw tracepoint. */
export function generateText(seed: number): string {
  return new TextGenerator(new Random(seed)).function();
}

class TextGenerator {
  readonly #random: Random;
  readonly #numbers: string[] = ["a", "b"];
  readonly #bigints: string[] = ["p", "q"];
  #assignable: string[] = [];
  #loops = 0;
  #names = 0;

  constructor(random: Random) {
    this.#random = random;
  }

  function(): string {
    const body = this.#statements(2, 8);
    const numbers = this.#numbers.map((name) => `s64(${name})`).join(" ^ ");
    const bigints = this.#bigints.map((name) => `u64(${name})`).join(" ^ ");
    return [
      "(ctx) => {",
      "  let a = s32(ctx.args[0]);",
      "  let b = u32(ctx.args[1]);",
      "  let p = ctx.args[2];",
      "  let q = u64(s64(ctx.args[3]));",
      ...body.map((line) => `  ${line}`),
      `  outNumber.value = ${numbers};`,
      `  outBigint.value = ${bigints};`,
      `  return (${this.#number(2)}) | 0;`,
      "}",
    ].join("\n");
  }

  #below(limit: number): number {
    return this.#random.below(limit);
  }

  #pick<Item>(items: readonly Item[]): Item {
    return items[this.#below(items.length)]!;
  }

  #statements(depth: number, count: number): string[] {
    const [numbers, bigints] = [this.#numbers.length, this.#bigints.length];
    const made = Array.from({ length: 1 + this.#below(count) }, () => this.#statement(depth));
    if (depth < 2) {
      this.#numbers.length = numbers;
      this.#bigints.length = bigints;
      this.#assignable = this.#assignable.filter((name) => this.#numbers.includes(name));
    }
    return made.flat();
  }

  #statement(depth: number): string[] {
    const kinds = depth === 0 ? 4 : 8;
    switch (this.#below(kinds)) {
      case 0:
        return [this.#declareNumber()];
      case 1:
        return [`${this.#pick(["a", "b"])} = ${this.#wrapped(3)};`];
      case 2:
        return [this.#compound()];
      case 3:
        return [`${this.#pick(["p", "q"])} = ${this.#bigint(3)};`];
      case 4:
      case 5:
        return this.#if(depth);
      case 6:
        return this.#loop(depth);
      default:
        return this.#switch(depth);
    }
  }

  #declareNumber(): string {
    const name = `v${this.#names++}`;
    if (this.#below(3) === 0) {
      const text = `const ${name} = ${this.#bigint(2)};`;
      this.#bigints.push(name);
      return text;
    }
    const text = `const ${name} = ${this.#wrapped(3)};`;
    this.#numbers.push(name);
    return text;
  }

  #compound(): string {
    const target = this.#pick(["a", "b"]);
    switch (this.#below(4)) {
      case 0:
        return `${target} ${this.#pick(["&=", "|=", "^=", "<<=", ">>=", ">>>="])} ${this.#number(2)};`;
      case 1:
        return `${target}${this.#pick(["++", "--"])}; ${target} |= 0;`;
      case 2:
        return `${target} += ${this.#number(1)}; ${target} >>>= 0;`;
      default:
        return `${target} %= (${this.#number(1)}) | 1;`;
    }
  }

  #if(depth: number): string[] {
    const yes = this.#statements(depth - 1, 3);
    const head = `if (${this.#condition(2)}) {`;
    if (this.#below(2) === 0) return [head, ...yes, "}"];
    return [head, ...yes, "} else {", ...this.#statements(depth - 1, 3), "}"];
  }

  #loop(depth: number): string[] {
    if (this.#loops >= 2) return this.#if(depth);
    this.#loops += 1;
    const name = `i${this.#names++}`;
    const end = 1 + this.#below(5);
    this.#numbers.push(name);
    const leave =
      this.#below(2) === 0
        ? [`if (${this.#condition(1)}) ${this.#pick(["break", "continue"])};`]
        : [];
    const body = [...leave, ...this.#statements(depth - 1, 3)];
    this.#numbers.splice(this.#numbers.indexOf(name), 1);
    this.#loops -= 1;
    switch (this.#below(3)) {
      case 0:
        return [`for (let ${name} = 0; ${name} < ${end}; ${name}++) {`, ...body, "}"];
      case 1:
        return [`{ let ${name} = ${end}; while (${name} > 0) { ${name}--;`, ...body, "} }"];
      default:
        return [`{ let ${name} = 0; do { ${name} += 1;`, ...body, `} while (${name} < ${end}); }`];
    }
  }

  #switch(depth: number): string[] {
    const cases = [0, 1, 2].map((value) => [
      `case ${value}: {`,
      ...this.#statements(depth - 1, 2),
      `}${this.#below(2) === 0 ? " break;" : ""}`,
    ]);
    const otherwise = ["default: {", ...this.#statements(depth - 1, 2), "}"];
    return [`switch ((${this.#number(2)}) & 3) {`, ...cases.flat(), ...otherwise, "}"];
  }

  /** A number of at most 32 bits. */
  #wrapped(depth: number): string {
    const value = this.#number(depth);
    switch (this.#below(5)) {
      case 0:
        return `(${value}) | 0`;
      case 1:
        return `(${value}) >>> 0`;
      default:
        return `${this.#pick(["u8", "u16", "u32", "s8", "s16", "s32"])}(${value})`;
    }
  }

  /** A number below 2^48 or so, whatever its parts. */
  #number(depth: number): string {
    if (depth === 0) return this.#numberLeaf();
    const next = (): string => this.#number(depth - 1);
    switch (this.#below(14)) {
      case 0:
        return `(${next()} ${this.#pick(["+", "-"])} ${next()})`;
      case 1:
        return `(${next()} ${this.#pick(["&", "|", "^"])} ${next()})`;
      case 2:
        return `(${next()} ${this.#pick(["<<", ">>", ">>>"])} ${this.#pick([this.#numberLeaf(), "3", "31"])})`;
      case 3:
        return `((${next()} & 0xffff) * (${next()} & 0x7fff))`;
      case 4:
        return `(${next()} % (${next()} | 1))`;
      case 5:
        return `Math.trunc(${next()} / ((${next()}) | 1))`;
      case 6:
        return `(${this.#condition(depth - 1)} ? ${next()} : ${next()})`;
      case 7:
        return `Math.${this.#pick(["min", "max"])}(${next()}, ${next()})`;
      case 8:
        return `Math.abs(${next()} | 0)`;
      case 9:
        return `(${this.#pick(["-", "~", "+"])} ${next()})`;
      case 10:
        return `${this.#pick(["u8", "u16", "u32", "s8", "s16", "s32"])}(${this.#bigint(depth - 1)})`;
      case 11:
        return `(${next()} ${this.#pick(["&&", "||"])} ${next()})`;
      case 12:
        return `u32(${next()} / (${next()}))`;
      default:
        return this.#numberLeaf();
    }
  }

  #numberLeaf(): string {
    if (this.#below(3) > 0) return this.#pick(this.#numbers);
    return this.#pick([
      "0",
      "1",
      "-1",
      "7",
      "255",
      "65536",
      "2147483647",
      "-2147483648",
      "4294967295",
    ]);
  }

  /** A bigint of u64. */
  #bigint(depth: number): string {
    if (depth === 0) return this.#bigintLeaf();
    const next = (): string => this.#bigint(depth - 1);
    switch (this.#below(8)) {
      case 0:
        return `u64(${next()} ${this.#pick(["+", "-", "*"])} ${next()})`;
      case 1:
        return `(${next()} ${this.#pick(["&", "|", "^"])} ${next()})`;
      case 2:
        return `u64(${next()} << ${this.#below(64)}n)`;
      case 3:
        return `(${next()} >> ${this.#below(64)}n)`;
      case 4:
        return `(${next()} ${this.#pick(["/", "%"])} (${next()} | 1n))`;
      case 5:
        return `u64(s64(${next()}) ${this.#pick(["/", "%"])} (s64(${next()}) | 1n))`;
      case 6:
        return `u64(${this.#number(depth - 1)})`;
      default:
        return `(${this.#condition(depth - 1)} ? ${next()} : ${next()})`;
    }
  }

  #bigintLeaf(): string {
    if (this.#below(3) > 0) return this.#pick(this.#bigints);
    return `u64(${this.#pick(["0n", "1n", "255n", "0xffffffffn", "0x8000000000000000n"])})`;
  }

  #condition(depth: number): string {
    const compare = this.#pick(["===", "!==", "<", "<=", ">", ">="]);
    const next = Math.max(0, depth - 1);
    switch (this.#below(depth === 0 ? 2 : 6)) {
      case 0:
        return `${this.#number(next)} ${compare} ${this.#number(next)}`;
      case 1:
        return `${this.#bigint(next)} ${compare} ${this.#bigint(next)}`;
      case 2:
        return `!(${this.#condition(next)})`;
      case 3:
        return `(${this.#condition(next)} ${this.#pick(["&&", "||"])} ${this.#condition(next)})`;
      case 4:
        return `s64(${this.#bigint(next)}) ${compare} s64(${this.#bigint(next)})`;
      default:
        return this.#number(next);
    }
  }
}
