/**
 * Random programs of TypeScript on which JavaScript and the kernel agree.
 *
 * A program takes numbers from its context or a packet, computes with everything the language has, and leaves all its
 * variables in memory that both sides can look at.
 * @module
 */
import { Random } from "../../ir/testing-generator.ts";
import type { FunctionName, ParameterKind } from "./names.ts";
import { StatementWriter } from "./statements.ts";
import { Head, Inner, Record, resultCount, Small } from "./world.ts";

/** A program as text. */
export interface GeneratedProgram {
  readonly kind: "raw_tracepoint" | "xdp";
  /** The main function. */
  readonly text: string;
  /** Functions that are called, by name. */
  readonly functions: Readonly<Record<string, string>>;
}

/** How many numbers the context of a tracepoint gives. */
export const inputCount = 8;

/** The program of a seed, with the atomic operations that the kernel has. */
export function generateProgram(
  seed: number,
  atomics: ProgramWriter["atomics"] = "all",
): GeneratedProgram {
  const random = new Random(seed);
  const functions: Record<string, string> = {};
  const names: FunctionName[] = [];
  for (let count = random.below(4); count > 0; count--) {
    const writer = new ProgramWriter(random);
    writer.atomics = atomics;
    writer.names.functions = names.slice(0, 1);
    const made = writer.function(`fn${names.length}`);
    functions[made.name.name] = made.text;
    names.push(made.name);
  }
  const writer = new ProgramWriter(random);
  writer.atomics = atomics;
  writer.names.functions = names;
  const kind = random.chance(25) ? "xdp" : "raw_tracepoint";
  return { kind, text: writer.program(kind), functions };
}

class ProgramWriter extends StatementWriter {
  program(kind: GeneratedProgram["kind"]): string {
    const inputs = kind === "xdp" ? this.#packetInputs() : this.#arguments();
    this.#outside();
    const many = this.chance(35) ? 8 + this.below(8) : 0;
    const more = Array.from({ length: many }, () => this.declareInput(this.#input(kind)));
    const body = this.statements(2 + this.below(2), 4 + this.below(8));
    return [
      "(ctx) => {",
      ...inputs,
      ...more,
      ...body,
      ...this.#results(),
      `return ${this.word(1)};`,
      "}",
    ].join("\n");
  }

  /** A function that is called. */
  function(name: string): { readonly name: FunctionName; readonly text: string } {
    const kinds: readonly ParameterKind[] = [
      "number",
      "number",
      "u64",
      "s64",
      "boolean",
      "small",
      "inner",
    ];
    const parameters = Array.from({ length: this.below(6) }, () => this.pick(kinds));
    const result = this.pick(["number", "number", "u64", "s64", "boolean"] as const);
    const given = parameters.map((kind) => this.#parameter(kind));
    this.#outside();
    this.returned = () => this.#returnValue(result);
    const body = this.plainly(() => this.statements(1 + this.below(2), 4));
    const last = `return ${this.returned()};`;
    const text = [`function ${name}(${given.join(", ")}) {`, '"use bpf";', ...body, last, "}"].join(
      "\n",
    );
    return { name: { name, parameters, result }, text };
  }

  #parameter(kind: ParameterKind): string {
    const name = this.name("p");
    const { numbers, bigints, booleans, places } = this.names;
    if (kind === "number") numbers.push({ text: name, max: 2 ** 34, assignable: this.chance(50) });
    else if (kind === "boolean") booleans.push({ text: name, assignable: this.chance(50) });
    else if (kind === "small") places.push({ text: name, layout: Small, shared: false });
    else if (kind === "inner") places.push({ text: name, layout: Inner, shared: false });
    else bigints.push({ text: name, signed: kind === "s64", assignable: this.chance(50) });
    const type = {
      number: "number",
      boolean: "boolean",
      small: "any",
      inner: "any",
      u64: "u64",
      s64: "s64",
    }[kind];
    return `${name}: ${type}`;
  }

  #returnValue(result: FunctionName["result"]): string {
    if (result === "number") return this.word(2);
    return result === "boolean" ? this.condition(2) : this.bigint(2, result === "s64");
  }

  /** Variables that are there from the start. */
  #outside(): void {
    this.names.places.push({ text: "record.value", layout: Record, shared: true });
    this.names.numbers.push(
      { text: "limit.value", max: 10, assignable: false },
      { text: "level.value", max: 2 ** 15, assignable: false },
    );
    this.names.bigints.push({ text: "total.value", signed: false, assignable: false });
  }

  #input(kind: GeneratedProgram["kind"]): string {
    return kind === "xdp"
      ? this.pick(["head.k", "u64(head.l)"])
      : `ctx.args[${this.below(inputCount)}]`;
  }

  #arguments(): string[] {
    return Array.from({ length: 3 + this.below(4) }, (_, index) =>
      this.declareInput(`ctx.args[${index}]`),
    );
  }

  #packetInputs(): string[] {
    this.names.places.push({ text: "head", layout: Head, shared: false });
    const start = ["const head = packet(ctx).next(Head);", "if (!head) return 1;"];
    return [
      ...start,
      ...["head.k", "head.l", "head.m"].map((field) => this.declareInput(`u64(${field})`)),
    ];
  }

  /** Leaves all variables behind. */
  #results(): string[] {
    const { numbers, bigints, booleans, places } = this.names;
    const values = [...numbers.map(({ text }) => text), ...booleans.map(({ text }) => text)].slice(
      -resultCount,
    );
    const smalls = places
      .filter(({ layout, text }) => layout === Small && text.startsWith("st"))
      .slice(0, 2);
    return [
      ...values.map((text, index) => `results.value.numbers[${index}] = s64(${text});`),
      ...bigints
        .slice(-resultCount)
        .map(({ text }, index) => `results.value.bigints[${index}] = u64(${text});`),
      ...smalls.map(({ text }, index) => `results.value.smalls[${index}] = ${text};`),
    ];
  }
}
