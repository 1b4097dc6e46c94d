/**
 * One function of the source, lowered whole.
 * @module
 */
import type { IrFunction } from "../ir/function.ts";
import type { Diagnostics } from "./diagnostics.ts";
import { CompileFailure } from "./diagnostics.ts";
import { lowerCondition } from "./expression/condition.ts";
import { lowerExpression } from "./expression/rules.ts";
import { Lowering, type Rules } from "./lowering.ts";
import { removeUnreachable } from "../passes/reachable.ts";
import type { FunctionToLower, ProgramContext } from "./program-context.ts";
import { assignedNames } from "./statement/assigned-names.ts";
import { lowerStatement, returned } from "./statement/rules.ts";

const rules: Rules = {
  expression: lowerExpression,
  statement: lowerStatement,
  condition: lowerCondition,
};

/** A function and what it is part of. */
export interface FunctionOfProgram extends FunctionToLower {
  readonly program: ProgramContext;
  readonly diagnostics: Diagnostics;
}

/** The function in the intermediate representation; of no use when errors were noted. */
export function lowerFunction(given: FunctionOfProgram): IrFunction {
  const { source, diagnostics, bind } = given;
  const { node } = source;
  const parameters = given.parameters.map(({ name }) => name);
  const lowering = new Lowering({ ...given, parameters, rules, assigned: assignedNames(node) });
  if (node.async) lowering.note(node, "a kernel program cannot be async", "leave out async");
  if (node.generator) lowering.note(node, "a kernel program is no generator", "leave out the *");
  try {
    lowering.at(node, () => bind(lowering));
    lowerBody(lowering);
  } catch (error) {
    if (!(error instanceof CompileFailure)) throw error;
    diagnostics.note(error);
  }
  // Blocks that nothing leads to were never finished.
  removeUnreachable(lowering.builder.function);
  return lowering.builder.function;
}

function lowerBody(lowering: Lowering): void {
  const { body } = lowering.source.node;
  if (body === null) return;
  if (body.type !== "BlockStatement") {
    const result = lowering.at(body, () => returned(lowering, body));
    return lowering.at(body, () => {
      lowering.leaveGuards(0);
      lowering.builder.return(result);
    });
  }
  lowering.statement(body);
  if (!lowering.reachable) return;
  lowering.builder.source = lowering.lineOf({ start: body.end - 1 });
  lowering.leaveGuards(0);
  lowering.builder.return(0n);
}
