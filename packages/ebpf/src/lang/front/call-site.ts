/**
 * A call as the rules for functions and methods see it.
 * @module
 */
import type { CallExpression, Expression, Node } from "@oxc-project/types";
import { plural } from "../../base/text.ts";
import type { Entity } from "./entity.ts";
import type { Lowering } from "./lowering.ts";
import { valueOf } from "./scalar.ts";
import { visit } from "./statement/assigned-names.ts";
import { isScalarType } from "./type.ts";

/** One call. Arguments are lowered when they are asked for, so that a rule can give them a place to be written to. */
export class CallSite {
  readonly lowering: Lowering;
  readonly node: CallExpression;
  /** What the method is called on; functions have none. */
  readonly receiver: Entity | undefined;
  /** Name of what is called, for messages. */
  readonly name: string;
  /** The function itself, where it is a value of JavaScript. */
  readonly callee: unknown;

  constructor(
    lowering: Lowering,
    node: CallExpression,
    called: { readonly name: string; readonly receiver?: Entity; readonly callee?: unknown },
  ) {
    this.lowering = lowering;
    this.node = node;
    this.receiver = called.receiver;
    this.name = called.name;
    this.callee = called.callee;
  }

  /** What is called as it is written, `Math.sqrt`, for messages; its name where that is long. */
  get written(): string {
    const { start, end } = this.node.callee;
    const text = this.lowering.source.source.text.slice(start, end);
    return /^[\w$.?]{1,40}$/.test(text) ? text : this.name;
  }

  /** How many arguments are written. */
  get count(): number {
    return this.node.arguments.length;
  }

  /** Whether there is an argument at `index`. */
  has(index: number): boolean {
    return index < this.count;
  }

  /** The argument at `index` as it is written. */
  argumentNode(index: number): Expression {
    const node = this.node.arguments[index];
    if (node === undefined) {
      this.fail(
        `${this.name} takes more than ${plural(index, "argument")}`,
        "give the others, too",
      );
    }
    if (node.type === "SpreadElement") {
      this.lowering.fail(node, "arguments cannot be spread", "write them one by one");
    }
    return node;
  }

  /** What the argument at `index` is; loaded, where an argument behind it changes something. */
  argument(index: number): Entity {
    const node = this.argumentNode(index);
    const entity = this.lowering.expression(node);
    if (entity.kind !== "place" || !isScalarType(entity.type)) return entity;
    const later = this.node.arguments.slice(index + 1);
    return later.some(changesSomething) ? valueOf(this.lowering, entity, node) : entity;
  }

  /** The value of the argument at `index`: loaded, where it lies in memory and fits a register. */
  value(index: number): Entity {
    return valueOf(this.lowering, this.argument(index), this.argumentNode(index));
  }

  /** All arguments. */
  arguments(): Entity[] {
    return this.node.arguments.map((_, index) => this.argument(index));
  }

  /** Ends in an error at the call, when there are not this many arguments. */
  expectArguments(least: number, most: number = least): void {
    const spread = this.node.arguments.find(({ type }) => type === "SpreadElement");
    if (spread !== undefined) {
      this.lowering.fail(spread, "arguments cannot be spread", "write them one by one");
    }
    if (this.count >= least && this.count <= most) return;
    const wanted = least === most ? plural(least, "argument") : `${least} to ${most} arguments`;
    const hint = this.count < least ? "give the others, too" : "leave out the others";
    this.fail(`${this.name} takes ${wanted}, and is given ${this.count}`, hint);
  }

  /** Ends in an error at the call. */
  fail(message: string, hint: string): never {
    this.lowering.fail(this.node, message, hint);
  }
}

/** Whether an assignment is part of `root`, and not of a function, which runs later. */
function changesSomething(root: Node): boolean {
  if (root.type === "ArrowFunctionExpression" || root.type === "FunctionExpression") return false;
  let found = false;
  visit(root, ({ type }) => {
    found ||= type === "AssignmentExpression" || type === "UpdateExpression";
  });
  return found;
}
