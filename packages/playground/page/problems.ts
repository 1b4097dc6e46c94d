/**
 * From errors to marks in the editor.
 *
 * Each class of error knows a place in its own way: the compiler all of them, the checker the instruction it refuses, a
 * fault the instruction it happened at, and JavaScript the line of its stack.
 * @module
 */
import { BpfError, CompileError, VerifierError } from "ts-ebpf";
import type { SyntaxProblem } from "ts-ebpf/capture";
import { MachineFault } from "ts-ebpf/sim";
import { lineIn, UnknownImportError } from "./import-text.ts";
import type { Problem } from "./protocol.ts";

/** What is wrong, at least one thing. `path` is what the text goes by. */
export function problemsOf(error: unknown, path: string): readonly Problem[] {
  if (error instanceof CompileError) return error.diagnostics;
  if (error instanceof VerifierError) return [atSource(error, error.source, reasonOf(error))];
  if (error instanceof MachineFault) return [atSource(error, error.source, error.message)];
  if (error instanceof UnknownImportError) return [problem(error.message, error.line)];
  if (!(error instanceof Error)) return [problem(String(error), undefined)];
  const hint = error instanceof BpfError ? error.hint : undefined;
  return [{ ...problem(error.message, lineIn(path, error)), hint }];
}

/** What the parser says about `text`. */
export function syntaxProblem(text: string): (problem: SyntaxProblem) => Problem {
  return ({ message, labels }) => {
    const before = text.slice(0, labels[0]?.start ?? 0).split("\n");
    const column = before.at(-1)!.length + 1;
    return { line: before.length, column, message, hint: undefined };
  };
}

/** What the verifier said, and what it means. */
function reasonOf({ rejection, explanation, message }: VerifierError): string {
  const said = rejection.messages.join("; ") || message;
  return `rejected: ${said}${explanation === undefined ? "" : `\n${explanation.cause}`}`;
}

function atSource(
  { hint }: BpfError,
  source: { readonly line: number; readonly column: number } | undefined,
  message: string,
): Problem {
  return { line: source?.line, column: source?.column ?? 1, message, hint };
}

function problem(message: string, line: number | undefined): Problem {
  return { line, column: 1, message, hint: undefined };
}
