/**
 * Making a failing program small: parts of its text are left out or replaced by parts of themselves, as long as it
 * goes on failing.
 * @module
 */
import type { GeneratedProgram } from "./generate.ts";
import { nodesOf, type SyntaxNode } from "./syntax.ts";

/** A part of the text and what to try in its place. */
interface Change {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** The smallest program found for which `fails` holds; it holds for `program`. */
export function reduceProgram(
  program: GeneratedProgram,
  fails: (program: GeneratedProgram) => boolean,
): GeneratedProgram {
  let best = program;
  for (let size = Infinity; sizeOf(best) < size;) {
    size = sizeOf(best);
    best = reduceText(best.text, best, (text) => ({ ...best, text }), fails);
    for (const name of Object.keys(best.functions)) {
      const around = best;
      const put = (text: string): GeneratedProgram => ({
        ...around,
        functions: { ...around.functions, [name]: text },
      });
      best = reduceText(best.functions[name]!, best, put, fails);
    }
  }
  return best;
}

function sizeOf({ text, functions }: GeneratedProgram): number {
  return text.length + Object.values(functions).join("").length;
}

function reduceText(
  text: string,
  program: GeneratedProgram,
  put: (text: string) => GeneratedProgram,
  fails: (program: GeneratedProgram) => boolean,
): GeneratedProgram {
  let [current, best] = [text, program];
  for (let position = 0; ; position++) {
    const change = changes(current)[position];
    if (change === undefined) return best;
    const shorter = current.slice(0, change.start) + change.text + current.slice(change.end);
    if (shorter.length >= current.length) continue;
    const candidate = put(shorter);
    if (!fails(candidate)) continue;
    [current, best] = [shorter, candidate];
    position -= 1;
  }
}

/** What can be tried, the largest parts first. */
function changes(text: string): Change[] {
  const found = nodesOf(text).flatMap((node) => {
    const { start, end } = node;
    return start === 0
      ? []
      : replacements(node, text).map((other) => ({ start, end, text: other }));
  });
  return found.toSorted((left, right) => right.end - right.start - (left.end - left.start));
}

function replacements(node: SyntaxNode, text: string): string[] {
  const parts = node.children.map(({ start, end }) => text.slice(start, end));
  if (node.type === "Property") return [""];
  if (node.type.endsWith("Statement") || node.type === "VariableDeclaration") {
    return node.type === "BlockStatement" ? ["{}"] : [";", ...parts];
  }
  const isExpression = /Expression$|^Identifier$|^Literal$/.test(node.type);
  return isExpression
    ? ["0", "1", "0n", "true", ...parts.map((part) => `(${part})`), ...parts]
    : [];
}
