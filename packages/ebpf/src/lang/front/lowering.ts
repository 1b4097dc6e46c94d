/**
 * Lowering: one function of the source becoming one function of the intermediate representation.
 *
 * This class is the state of that, and the way rules call each other: a rule for one kind of syntax node asks it to
 * lower the parts. The rules themselves (one for each kind of node) are in tables that are handed in, so that this
 * file knows none of them.
 * @module
 */
import type { Expression, Node, Statement } from "@oxc-project/types";
import type { SourceLine } from "../../isa/instruction.ts";
import { FunctionBuilder } from "../ir/builder.ts";
import type { Block } from "../ir/function.ts";
import type { Operand, Value } from "../ir/operation.ts";
import type { SourceFunction } from "../source/source-function.ts";
import { CompileFailure, type Diagnostics, type SourceRange } from "./diagnostics.ts";
import type { Binding, Entity } from "./entity.ts";
import type { ProgramContext } from "./program-context.ts";
import { LocalScope } from "./local-scope.ts";
import type { Range } from "./range.ts";

/** What lowers each kind of syntax node. */
export interface Rules {
  readonly expression: (lowering: Lowering, node: Expression) => Entity;
  readonly statement: (lowering: Lowering, node: Statement) => void;
  readonly condition: (lowering: Lowering, node: Expression, targets: Targets) => void;
}

/** Where a condition goes. Each end learns what is known when the condition led there. */
export interface Targets {
  readonly then: FlowEnd;
  readonly else: FlowEnd;
}

/** A statement that `break` or `continue` can leave. */
export interface JumpTarget {
  readonly label: string | undefined;
  readonly break: FlowEnd;
  /** Loops have it. */
  readonly continue?: FlowEnd | undefined;
  /** How many guards were open around it. */
  readonly guards: number;
  /** How it is left where it is a function of its own: by a return. */
  readonly exit?: ((by: "break" | "continue") => void) | undefined;
  /** `false`: only a `break` with its label leaves it. */
  readonly unlabeled?: false;
}

/** A block that several places jump to, with what all of them know. */
export interface FlowEnd {
  readonly block: Block;
  /** `undefined`: nothing came here yet. */
  facts: ReadonlySet<Binding> | undefined;
}

/** What has to be done when a scope is left. */
export type Guard = () => void;

/** What a lowering starts from. */
export interface LoweringOptions {
  readonly program: ProgramContext;
  readonly source: SourceFunction;
  readonly rules: Rules;
  readonly diagnostics: Diagnostics;
  /** Names that the function assigns to. */
  readonly assigned: ReadonlySet<string>;
  /** Name of the function in the program. */
  readonly name: string;
  /** Names of the registers it is given. */
  readonly parameters: readonly string[];
  /** Collects what `return` gives; programs return numbers and have none. */
  readonly results?: Entity[] | undefined;
  /** What a function that is called back returns for what its source returns. */
  readonly finish?: ((lowering: Lowering, result: Operand) => Operand) | undefined;
}

/** The lowering of one function. */
export class Lowering {
  readonly program: ProgramContext;
  readonly source: SourceFunction;
  readonly builder: FunctionBuilder;
  readonly diagnostics: Diagnostics;
  /** What `return` gave so far, in functions that are called by the program. */
  readonly results: Entity[] | undefined;
  /** What a function that is called back returns for what its source returns. */
  readonly finish: LoweringOptions["finish"];
  /** Names of the function, innermost scope first. */
  scope: LocalScope = new LocalScope();
  /** Names that the function assigns to. */
  readonly assigned: ReadonlySet<string>;
  /** Names known not to be null here. */
  facts: ReadonlySet<Binding> = new Set();
  /** What `break` and `continue` can leave, the innermost last. */
  readonly jumpTargets: JumpTarget[] = [];
  /** What is to be done when scopes are left, the innermost last. */
  readonly guards: Guard[] = [];
  /** Where `?.` goes when there is nothing before it; set while a chain is lowered. */
  nullish: FlowEnd | undefined;
  /** What is known of the values of numbers, by value. */
  readonly ranges: Map<Value, Range> = new Map();
  /** Those that the verifier knows as well. */
  readonly seen: Set<Value> = new Set();
  /** What is being lowered, for errors about it. */
  #node: SourceRange | undefined;
  readonly #rules: Rules;

  constructor(options: LoweringOptions) {
    this.program = options.program;
    this.source = options.source;
    this.diagnostics = options.diagnostics;
    this.results = options.results;
    this.finish = options.finish;
    this.#rules = options.rules;
    this.assigned = options.assigned;
    this.builder = new FunctionBuilder(options.name, options.parameters);
  }

  /** What an expression is. Its operations go to the current block. */
  expression(node: Expression): Entity {
    return this.at(node, () => this.#rules.expression(this, node));
  }

  /** Lowers a statement. An error in it is noted, and what follows is lowered all the same. */
  statement(node: Statement): void {
    if (!this.reachable) return;
    const restore = this.#snapshot();
    try {
      this.at(node, () => this.#rules.statement(this, node));
    } catch (error) {
      if (!(error instanceof CompileFailure)) throw error;
      this.diagnostics.note(error);
      restore();
    }
  }

  /** Undoes what a statement that failed left open. Blocks it made stay; nothing is made of them after an error. */
  #snapshot(): () => void {
    const { scope, facts, nullish } = this;
    const [{ source }, node] = [this.builder, this.#node];
    const [targets, guards] = [this.jumpTargets.length, this.guards.length];
    return () => {
      Object.assign(this, { scope, facts, nullish });
      this.builder.source = source;
      this.#node = node;
      this.jumpTargets.length = targets;
      this.guards.length = guards;
      this.builder.current = this.builder.block();
      this.builder.seal(this.builder.current);
    };
  }

  /** Lowers a condition: the current block ends in a branch to one of the targets. */
  condition(node: Expression, targets: Targets): void {
    this.at(node, () => this.#rules.condition(this, node, targets));
  }

  /** Runs `lower` with its operations marked as coming from `node`. */
  at<Result>(node: Node, lower: () => Result): Result {
    const [source, outer] = [this.builder.source, this.#node];
    this.builder.source = this.lineOf(node);
    this.#node = node;
    const result = lower();
    this.builder.source = source;
    this.#node = outer;
    return result;
  }

  /** The place of `node` in the source text. */
  lineOf(node: { readonly start: number }): SourceLine {
    return this.diagnostics.lineAt(this.source.source, node.start);
  }

  /**
   * Ends the lowering of the statement with an error at what is lowered, where the target is older than `since`.
   * @throws {CompileFailure} when it is; `what` is the start of the message.
   */
  needsLinux([major, minor]: readonly [number, number], what: string, hint: string): void {
    if (this.program.target.kernelVersion >= 1000 * major + minor) return;
    this.fail(this.#node ?? this.source.node, `${what} needs Linux ${major}.${minor}`, hint);
  }

  /**
   * Ends the lowering of the statement with an error at `node`.
   * @throws {CompileFailure} always.
   */
  fail(node: SourceRange, message: string, hint: string): never {
    throw new CompileFailure(this.diagnostics.at(this.source.source, node, { message, hint }));
  }

  /** Notes an error at `node` and goes on. */
  note(node: SourceRange, message: string, hint: string): void {
    this.diagnostics.add(this.diagnostics.at(this.source.source, node, { message, hint }));
  }

  /** Whether what comes now can run at all. */
  get reachable(): boolean {
    return !this.builder.ended;
  }

  /** Lowers with names of its own. */
  inScope(lower: () => void): void {
    const outer = this.scope;
    this.scope = new LocalScope(outer);
    lower();
    this.scope = outer;
  }

  /** A block to which the flow may come from several places. */
  flowEnd(): FlowEnd {
    return { block: this.builder.block(), facts: undefined };
  }

  /** Goes on in `end`, if the flow gets here. */
  jump(end: FlowEnd): void {
    if (!this.reachable) return;
    this.builder.jump(end.block);
    this.arrive(end, this.facts);
  }

  /** Notes that the flow comes to `end` knowing `facts`. */
  arrive(end: FlowEnd, facts: ReadonlySet<Binding>): void {
    const before = end.facts;
    end.facts =
      before === undefined ? facts : new Set([...before].filter((fact) => facts.has(fact)));
  }

  /** Continues with `end`, to which nothing more will come. If nothing came at all, what follows cannot be reached. */
  enter(end: FlowEnd): void {
    this.builder.seal(end.block);
    if (end.facts === undefined) return;
    this.builder.current = end.block;
    this.facts = end.facts;
  }

  /** Lowers what closes the guards opened after the first `count`, the last opened first. They stay open. */
  leaveGuards(count: number): void {
    for (let index = this.guards.length - 1; index >= count; index--) this.guards[index]!();
  }
}
