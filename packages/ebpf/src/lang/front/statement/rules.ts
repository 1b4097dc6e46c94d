/**
 * Statements: one rule for each kind of syntax node.
 * @module
 */
import type { Statement } from "@oxc-project/types";
import { describeEntity } from "../describe.ts";
import { branchOnComparison } from "../expression/compare.ts";
import { settle } from "../memory/settle.ts";
import { type Refusal, refusedStatements } from "../expression/unsupported.ts";
import type { FlowEnd, JumpTarget, Lowering } from "../lowering.ts";
import { toRegister, toScalar, valueOf } from "../scalar.ts";
import { literalNode } from "../special-literal.ts";
import type { Operand } from "../../ir/operation.ts";
import { lowerDeclaration } from "./declaration.ts";
import { lowerDoWhile, lowerFor, lowerForOf, lowerWhile } from "./loop.ts";

type NodeOf<Type extends Statement["type"]> = Extract<Statement, { type: Type }>;

type StatementRules = {
  readonly [Type in Statement["type"]]: (lowering: Lowering, node: NodeOf<Type>) => void;
};

/** Lowers a statement. */
export function lowerStatement(lowering: Lowering, node: Statement): void {
  const rule = rules[node.type] as ((lowering: Lowering, node: Statement) => void) | undefined;
  if (rule === undefined)
    return lowering.fail(node, `${node.type} is not supported here`, "write it in other words");
  rule(lowering, node);
}

/** What uses the name of a declaration that is refused is not reported again. */
const refuse =
  ({ message, hint }: Refusal) =>
  (lowering: Lowering, node: Statement): never => {
    if ("id" in node && node.id?.type === "Identifier") {
      lowering.scope.declare({ kind: "failed", name: node.id.name });
    }
    return lowering.fail(node, message, hint);
  };

const nothing = (): void => {};

const rules: StatementRules = {
  ExpressionStatement: (lowering, { expression }) => {
    const entity = lowering.expression(expression);
    const isLiteral =
      expression.type !== "AssignmentExpression" && literalNode(entity) !== undefined;
    const isUnused = entity.kind === "pending" || isLiteral;
    if (!isUnused) return;
    lowering.fail(expression, "the result of this is not used", "assign it to a field or a name");
  },
  VariableDeclaration: lowerDeclaration,
  BlockStatement: lowerBlock,
  EmptyStatement: nothing,
  DebuggerStatement: nothing,
  ReturnStatement: lowerReturn,
  IfStatement: lowerIf,
  WhileStatement: (lowering, node) => lowerWhile(lowering, node),
  DoWhileStatement: (lowering, node) => lowerDoWhile(lowering, node),
  ForStatement: (lowering, node) => lowerFor(lowering, node),
  ForOfStatement: (lowering, node) => lowerForOf(lowering, node),
  SwitchStatement: (lowering, node) => lowerSwitch(lowering, node),
  LabeledStatement: lowerLabeled,
  BreakStatement: (lowering, node) =>
    leave(lowering, node, (target) =>
      node.label || target.unlabeled !== false ? target.break : undefined,
    ),
  ContinueStatement: (lowering, node) => leave(lowering, node, (target) => target.continue),
  TSTypeAliasDeclaration: nothing,
  TSInterfaceDeclaration: nothing,
  ClassDeclaration: refuse(refusedStatements.ClassDeclaration),
  ClassExpression: refuse(refusedStatements.ClassExpression),
  ForInStatement: refuse(refusedStatements.ForInStatement),
  FunctionDeclaration: refuse(refusedStatements.FunctionDeclaration),
  FunctionExpression: refuse(refusedStatements.FunctionExpression),
  TSDeclareFunction: refuse(refusedStatements.TSDeclareFunction),
  TSEmptyBodyFunctionExpression: refuse(refusedStatements.TSEmptyBodyFunctionExpression),
  ThrowStatement: refuse(refusedStatements.ThrowStatement),
  TryStatement: refuse(refusedStatements.TryStatement),
  WithStatement: refuse(refusedStatements.WithStatement),
  ExportAllDeclaration: refuse(refusedStatements.ExportAllDeclaration),
  ExportDefaultDeclaration: refuse(refusedStatements.ExportDefaultDeclaration),
  ExportNamedDeclaration: refuse(refusedStatements.ExportNamedDeclaration),
  ImportDeclaration: refuse(refusedStatements.ImportDeclaration),
  TSEnumDeclaration: refuse(refusedStatements.TSEnumDeclaration),
  TSExportAssignment: refuse(refusedStatements.TSExportAssignment),
  TSImportEqualsDeclaration: refuse(refusedStatements.TSImportEqualsDeclaration),
  TSModuleDeclaration: refuse(refusedStatements.TSModuleDeclaration),
  TSNamespaceExportDeclaration: refuse(refusedStatements.TSNamespaceExportDeclaration),
};

/** Statements in a scope of their own; guards opened in it are closed at its end. */
function lowerBlock(lowering: Lowering, { body }: NodeOf<"BlockStatement">): void {
  const guards = lowering.guards.length;
  lowering.inScope(() => {
    for (const statement of body) lowering.statement(statement);
  });
  if (lowering.reachable) lowering.leaveGuards(guards);
  lowering.guards.length = guards;
}

function lowerReturn(lowering: Lowering, { argument }: NodeOf<"ReturnStatement">): void {
  const result = argument === null ? undefined : returned(lowering, argument);
  lowering.leaveGuards(0);
  lowering.builder.return(result ?? 0n);
}

/** What a function gives back. Programs give the kernel a number; what is undefined is 0. */
export function returned(
  lowering: Lowering,
  node: NonNullable<NodeOf<"ReturnStatement">["argument"]>,
): Operand {
  const value = valueOf(lowering, lowering.expression(node), node);
  lowering.results?.push(value);
  if (value.kind === "constant" && value.value === undefined) return 0n;
  if (lowering.results !== undefined) return toRegister(lowering, value, node);
  const scalar = toScalar(lowering, value, node);
  if (scalar.type.kind === "network") {
    const what = describeEntity(scalar);
    return lowering.fail(node, `${what} is no result`, "return a number");
  }
  return lowering.finish?.(lowering, scalar.operand) ?? scalar.operand;
}

function lowerIf(lowering: Lowering, { test, consequent, alternate }: NodeOf<"IfStatement">): void {
  const [yes, no, after] = [lowering.flowEnd(), lowering.flowEnd(), lowering.flowEnd()];
  lowering.condition(test, { then: yes, else: no });
  for (const [end, statement] of [
    [yes, consequent],
    [no, alternate],
  ] as const) {
    lowering.enter(end);
    if (end.facts === undefined) continue;
    if (statement !== null) lowering.statement(statement);
    lowering.jump(after);
  }
  lowering.enter(after);
}

type Labeled = (lowering: Lowering, node: never, label: string) => void;

const labeledRules: { readonly [type: string]: Labeled } = {
  WhileStatement: lowerWhile,
  DoWhileStatement: lowerDoWhile,
  ForStatement: lowerFor,
  ForOfStatement: lowerForOf,
  SwitchStatement: lowerSwitch,
};

function lowerLabeled(lowering: Lowering, { label, body }: NodeOf<"LabeledStatement">): void {
  const loop = labeledRules[body.type];
  if (loop !== undefined) return loop(lowering, body as never, label.name);
  const after = lowering.flowEnd();
  const guards = lowering.guards.length;
  lowering.jumpTargets.push({ label: label.name, break: after, guards, unlabeled: false });
  lowering.statement(body);
  lowering.jumpTargets.pop();
  lowering.jump(after);
  lowering.enter(after);
}

/** `break` and `continue`: closes what was opened inside, and goes to where the target ends. */
function leave(
  lowering: Lowering,
  node: NodeOf<"BreakStatement"> | NodeOf<"ContinueStatement">,
  endOf: (target: JumpTarget) => FlowEnd | undefined,
): void {
  const { label } = node;
  const found = lowering.jumpTargets.findLast(
    (target) => endOf(target) !== undefined && (label === null || target.label === label.name),
  );
  if (found === undefined) {
    const hint = "break leaves loops and switches, continue loops, each within one function";
    return lowering.fail(node, "there is nothing here to leave", hint);
  }
  if (found.exit !== undefined) {
    return found.exit(node.type === "BreakStatement" ? "break" : "continue");
  }
  lowering.leaveGuards(found.guards);
  lowering.jump(endOf(found)!);
}

/** Cases are compared one after the other; their statements follow each other as written. */
function lowerSwitch(
  lowering: Lowering,
  { discriminant, cases }: NodeOf<"SwitchStatement">,
  label?: string,
): void {
  const left = settle(lowering, valueOf(lowering, lowering.expression(discriminant), discriminant));
  const after = lowering.flowEnd();
  const bodies = cases.map(() => lowering.flowEnd());
  let fallback = after;
  cases.forEach(({ test }, index) => {
    if (test === null) {
      fallback = bodies[index]!;
      return;
    }
    const next = lowering.flowEnd();
    const right = valueOf(lowering, lowering.expression(test), test);
    const targets = { then: bodies[index]!, else: next };
    lowering.at(test, () =>
      branchOnComparison(lowering, "===", { sides: { left, right }, node: test }, targets),
    );
    lowering.enter(next);
  });
  lowering.jump(fallback);
  lowering.jumpTargets.push({ label, break: after, guards: lowering.guards.length });
  lowering.inScope(() => {
    cases.forEach(({ consequent }, index) => {
      lowering.jump(bodies[index]!);
      lowering.enter(bodies[index]!);
      for (const statement of consequent) lowering.statement(statement);
    });
  });
  lowering.jumpTargets.pop();
  lowering.jump(after);
  lowering.enter(after);
}
