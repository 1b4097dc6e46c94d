/**
 * Random statements: declarations, assignments, branches, loops, and lookups in maps.
 * @module
 */
import { u64 } from "../../../layout/integer.ts";
import { wide } from "./expressions.ts";
import { MemoryStatementWriter } from "./memory-statements.ts";
import type { NumberName } from "./names.ts";
import { Inner, Small } from "./world.ts";

const word = 2 ** 32;
/** What numbers counted up and down from 32 bits stay below. */
const counted = 2 ** 34;

/** Writes statements over the names in scope. */
export class StatementWriter extends MemoryStatementWriter {
  /** What a `return` gives here. */
  protected returned: () => string = () => this.word(1);
  #loops = 0;
  #loopsLeft = 4;
  #structs = 0;
  /** Labels around, and whether they are of loops. */
  #labels: { readonly label: string; readonly isLoop: boolean }[] = [];
  #inLoop = false;

  /** Some statements in a scope of their own. */
  block(depth: number, most: number): string[] {
    return this.names.within(() => this.statements(depth, most));
  }

  /** Some statements. What they declare stays in scope. */
  statements(depth: number, most: number): string[] {
    return Array.from({ length: 1 + this.below(most) }, () => this.statement(depth)).flat();
  }

  statement(depth: number): string[] {
    const simple = [
      () => this.#declareNumber(),
      () => this.#declareNumber(),
      () => this.#declareBigint(),
      () => [this.#declareBoolean()],
      () => this.#assign(),
      () => this.#assign(),
      () => this.#assign(),
      () => this.store(),
      () => this.store(),
      () => this.store(),
      () => this.copy(),
      () => this.#call(),
      () => this.mapStatement(),
      () => this.variable(),
      () => this.atomic(),
      () => this.declareStruct(),
    ];
    if (depth <= 0) return this.choose(simple);
    return this.choose([
      ...simple,
      () => this.#if(depth),
      () => this.#if(depth),
      () => this.#if(depth),
      () => this.#loop(depth),
      () => this.#loop(depth),
      () => this.#switch(depth),
      () => this.#lookup(depth),
      () => this.#lookup(depth),
      () => this.#labeled(depth),
      () => this.#leave(),
    ]);
  }

  /** A struct on the stack, if there is room for one more. */
  declareStruct(): string[] {
    if (this.#structs >= 2) return this.#declareBoolean2();
    this.#structs += 1;
    const name = this.name("st");
    const inner = this.chance(50);
    const layout = inner ? Inner : Small;
    const source = this.place((it) => it === layout && this.chance(50));
    const made = source === undefined || source.indexed ? this.literal(layout) : source.text;
    this.names.places.push({ text: name, layout, shared: false });
    return [`const ${name} = ${inner ? "Inner" : "Small"}(${made});`];
  }

  #declareBoolean2(): string[] {
    return [this.#declareBoolean()];
  }

  /** A variable for a value from outside. */
  declareInput(value: string): string {
    const name = this.name("v");
    if (this.chance(35)) {
      const signed = this.chance(50);
      this.names.bigints.push({ text: name, signed, assignable: true });
      return `let ${name} = ${signed ? "s64" : "u64"}(${value});`;
    }
    const conversion = this.pick(["u8", "u16", "u32", "s8", "s16", "s32", "u32", "s32"]);
    const source = this.chance(70) ? value : `${value} >> ${this.below(40)}n`;
    this.names.numbers.push({ text: name, max: counted, assignable: true });
    return `let ${name} = ${conversion}(${source});`;
  }

  #declareNumber(): string[] {
    const name = this.name("v");
    if (this.chance(30)) {
      const { text, max } = this.varied(this.number(3));
      const value = max > wide ? `(${text} | 0)` : text;
      const isLet = this.chance(50);
      this.names.numbers.push({ text: name, max: 2 * wide, assignable: isLet });
      return [`${isLet ? this.pick(["let", "let"]) : "const"} ${name} = ${value};`];
    }
    const value = this.varied({ text: this.word(3), max: word }).text;
    const isLet = this.chance(60);
    const annotation = this.pick(["", "", ": number", ": u32", ": s16"]);
    if (isLet && annotation !== "" && this.chance(40)) {
      this.names.numbers.push({ text: name, max: counted, assignable: true });
      return [`let ${name}${annotation};`, `${name} = ${value};`];
    }
    this.names.numbers.push({ text: name, max: counted, assignable: isLet });
    return [`${isLet ? "let" : "const"} ${name}${annotation} = ${value};`];
  }

  #declareBigint(): string[] {
    const name = this.name("b");
    const signed = this.chance(50);
    const isLet = this.chance(60);
    const value = this.bigint(3, signed);
    this.names.bigints.push({ text: name, signed, assignable: isLet });
    const annotation = this.pick(["", signed ? ": s64" : ": u64"]);
    return [`${isLet ? "let" : "const"} ${name}${annotation} = ${value};`];
  }

  #declareBoolean(): string {
    const name = this.name("f");
    const isLet = this.chance(60);
    const value = this.condition(2);
    this.names.booleans.push({ text: name, assignable: isLet });
    return `${isLet ? "let" : "const"} ${name} = ${value};`;
  }

  #assign(): string[] {
    const { numbers, bigints, booleans } = this.names;
    const targets = {
      numbers: numbers.filter(({ assignable }) => assignable),
      bigints: bigints.filter(({ assignable }) => assignable),
      booleans: booleans.filter(({ assignable }) => assignable),
    };
    const kinds = [
      ...(targets.numbers.length > 0
        ? [1, 1, 1].map(() => () => this.#assignNumber(this.pick(targets.numbers)))
        : []),
      ...(targets.bigints.length > 0 ? [() => this.#assignBigint(this.pick(targets.bigints))] : []),
      ...(targets.booleans.length > 0
        ? [() => [`${this.pick(targets.booleans).text} = ${this.condition(2)};`]]
        : []),
    ];
    return kinds.length > 0 ? this.choose(kinds) : this.#declareNumber();
  }

  #assignNumber({ text, max }: NumberName): string[] {
    const value = this.number(2);
    const cut = max > counted ? value.max <= wide : value.max <= word;
    return this.choose([
      () => [`${text} = ${cut ? value.text : `(${value.text} | 0)`};`],
      () => [`${text} = ${this.word(3)};`],
      () => [`${text} ${this.pick(["&=", "|=", "^=", "<<=", ">>=", ">>>="])} ${value.text};`],
      () => [`${this.pick([`${text}++`, `${text}--`, `++${text}`, `--${text}`])};`],
      () => [
        `${text} ${this.pick(["+=", "-="])} ${this.word(1)};`,
        `${text} = ${this.pick(["u32", "s32", "u16", "s8"])}(${text});`,
      ],
      () => [`${text} %= (${value.text}) | 1;`],
      () => [`${text} ${this.pick(["&&=", "||="])} ${cut ? value.text : this.word(1)};`],
      () => [
        `${text} = s32(${text}) * u16(${value.text});`,
        `${text} ${this.pick(["|= 0", ">>>= 0"])};`,
      ],
    ]);
  }

  #assignBigint({ text, signed }: { readonly text: string; readonly signed: boolean }): string[] {
    const convert = signed ? "s64" : "u64";
    return this.choose([
      () => [`${text} = ${this.bigint(3, signed)};`],
      () => [
        `${text} ${this.pick(["+=", "-=", "*="])} ${this.chain(1, signed)};`,
        `${text} = ${convert}(${text});`,
      ],
      () => [`${text} ${this.pick(["&=", "|=", "^="])} ${this.bigint(1, signed)};`],
      () => [`${text} >>= ${this.below(64)}n;`],
      () => [`${text}${this.pick(["++", "--"])};`, `${text} = ${convert}(${text});`],
    ]);
  }

  #call(): string[] {
    const { functions } = this.names;
    const helper = ["bpf.ktimeGetNs();", "bpf.getSmpProcessorId();", "bpf.jiffies64();"];
    if (functions.length === 0 || this.isPlain || this.chance(40)) return [this.pick(helper)];
    const text = this.callOf(this.pick(functions), 2);
    return [text === undefined ? this.pick(helper) : `${text};`];
  }

  #if(depth: number): string[] {
    const head = `if (${this.test(3)}) {`;
    const yes = this.block(depth - 1, 3);
    if (this.chance(50)) return [head, ...yes, "}"];
    if (this.chance(30))
      return [head, ...yes, `} else if (${this.test(2)}) {`, ...this.block(depth - 1, 3), "}"];
    return [head, ...yes, "} else {", ...this.block(depth - 1, 3), "}"];
  }

  #loop(depth: number): string[] {
    if (this.#loops >= 2 || this.#loopsLeft <= 0) return this.#if(depth);
    this.#loops += 1;
    this.#loopsLeft -= 1;
    const [name, end] = [this.name("i"), 1 + this.below(4)];
    const label = this.chance(30) ? this.name("loop") : undefined;
    const [labels, inLoop] = [this.#labels, this.#inLoop];
    this.#labels = label === undefined ? labels : [...labels, { label, isLoop: true }];
    this.#inLoop = true;
    const form = this.below(7);
    const body = this.names.within(() => {
      this.names.numbers.push({ text: name, max: 8, assignable: false });
      return [...(this.chance(40) ? this.#leave() : []), ...this.statements(depth - 1, 3)];
    });
    this.#labels = labels;
    this.#inLoop = inLoop;
    this.#loops -= 1;
    const start = label === undefined ? "" : `${label}: `;
    switch (form) {
      case 0:
      case 1:
        return [`${start}for (let ${name} = 0; ${name} < ${end}; ${name}++) {`, ...body, "}"];
      case 2:
        return [
          "{",
          `let ${name} = ${end};`,
          `${start}while (${name} > 0) {`,
          `${name}--;`,
          ...body,
          "}",
          "}",
        ];
      case 3:
        return [
          "{",
          `let ${name} = 0;`,
          `${start}do {`,
          `${name} += 1;`,
          ...body,
          `} while (${name} < ${end});`,
          "}",
        ];
      case 4:
        return [`${start}for (const ${name} of range(${end})) {`, ...body, "}"];
      case 5:
        return [
          `${start}for (const ${name} of range(${this.number(1).text} & 1, ${this.number(1).text} & 3)) {`,
          ...body,
          "}",
        ];
      default:
        return [`${start}for (const ${name} of unrolled(${Math.min(end, 3)})) {`, ...body, "}"];
    }
  }

  /** A way out: of a loop, a labeled block, or the function. */
  #leave(): string[] {
    const loops = this.#labels.filter(({ isLoop }) => isLoop);
    const ways = [
      ...(this.#inLoop ? ["break", "continue", "break", "continue"] : []),
      ...this.#labels.map(({ label }) => `break ${label}`),
      ...loops.map(({ label }) => `continue ${label}`),
    ];
    const way = ways.length === 0 || this.chance(8) ? `return ${this.returned()}` : this.pick(ways);
    return [`if (${this.test(2)}) ${way};`];
  }

  #labeled(depth: number): string[] {
    const label = this.name("block");
    const labels = this.#labels;
    this.#labels = [...labels, { label, isLoop: false }];
    const body = this.names.within(() => [
      ...this.statements(depth - 1, 2),
      ...this.#leave(),
      ...this.statements(depth - 1, 2),
    ]);
    this.#labels = labels;
    return [`${label}: {`, ...body, "}"];
  }

  #switch(depth: number): string[] {
    const isBigint = this.chance(25);
    const value = isBigint
      ? `${this.bigint(2, this.chance(50))} & 3n`
      : `${this.number(2).text} & 3`;
    const inLoop = this.#inLoop;
    const cases = [0, 1, 2, -1]
      .filter(() => this.chance(80))
      .map((count) => [
        `case ${count}${isBigint ? "n" : ""}:${this.chance(30) ? ` case ${count + 10}${isBigint ? "n" : ""}:` : ""} {`,
        ...this.#switchBody(depth),
        `}${this.chance(60) ? " break;" : ""}`,
      ]);
    const otherwise = [
      "default: {",
      ...this.#switchBody(depth),
      `}${this.chance(50) ? " break;" : ""}`,
    ];
    cases.splice(this.below(cases.length + 1), 0, ...(this.chance(70) ? [otherwise] : []));
    this.#inLoop = inLoop;
    return [`switch (${value}) {`, ...cases.flat(), "}"];
  }

  #switchBody(depth: number): string[] {
    return this.block(depth - 1, 2);
  }

  /** An element of a map, and what is done when it is there and when not. */
  #lookup(depth: number): string[] {
    return this.choose([
      () => this.#lookupCount(depth),
      () => this.#lookupStruct(`table.lookup(${this.structKey(1)})`, Inner, depth),
      () =>
        this.#lookupStruct(
          `slots.lookup(${this.number(1).text} & ${this.pick([3, 3, 7])})`,
          Small,
          depth,
        ),
    ]);
  }

  #lookupCount(depth: number): string[] {
    const name = this.name("e");
    const head = this.pick([
      `if (${name}) {`,
      `if (${name} !== undefined) {`,
      `if (${name} && ${this.condition(1)}) {`,
    ]);
    const key = this.key(1);
    const found = this.names.within(() => {
      const owner = { text: name, field: "value" };
      this.names.places.push({ text: `${name}.value`, layout: u64, shared: true, owner });
      return this.plainly(() => [
        this.pick([
          `${name}.value += 1n;`,
          `atomic(${name}).value += ${this.chain(1, false)};`,
          `${name}.value++;`,
        ]),
        ...this.statements(depth - 1, 2),
      ]);
    });
    const missing = this.block(depth - 1, 2);
    return [`const ${name} = counts.lookup(${key});`, head, ...found, "} else {", ...missing, "}"];
  }

  #lookupStruct(lookup: string, layout: typeof Inner, depth: number): string[] {
    const name = this.name("e");
    const again = this.chance(30);
    const use = (): string[] =>
      this.names.within(() => {
        this.names.places.push(
          { text: name, layout, shared: true },
          { text: name, layout, shared: true },
        );
        return this.plainly(() => this.statements(depth - 1, 3));
      });
    const head = again
      ? [
          `let ${name} = ${lookup};`,
          `if (${this.pick([`!${name}`, `${name} === undefined`])}) ${name} = ${lookup};`,
        ]
      : [`const ${name} = ${lookup};`];
    const present = this.pick([
      `if (${name}) {`,
      `if (${this.condition(1)} && ${name}) {`,
      `if (!(!${name})) {`,
    ]);
    if (this.chance(60)) return [...head, present, ...use(), "}"];
    return [...head, `if (!${name}) {`, ...this.block(depth - 1, 2), "} else {", ...use(), "}"];
  }
}
