/**
 * Functions for tests: parsed from text, with an object as their scope.
 * @module
 */
import { parseSync } from "oxc-parser";
import type {
  ArrowFunctionExpression,
  Function as FunctionNode,
  Statement,
} from "@oxc-project/types";
import { InvalidArgumentError } from "../../base/errors.ts";
import type { SourceProgramSpec } from "../../spec/source-program.ts";
import { sourceProgram, type SourceProgramOptions } from "../../spec/source-program.ts";
import type { Capture, SourceFunction } from "../source/source-function.ts";
import type { AttachTarget } from "../../spec/program-spec.ts";

/** What names mean. */
export type TestScope = Readonly<Record<string, unknown>>;

/** A program of text, and what captures it. */
export interface TestProgram {
  readonly program: SourceProgramSpec;
  readonly capture: Capture;
}

/**
 * The program that `text`, an arrow function or function expression, is. Functions of `scope` that are text themselves
 * (made by {@link testFunction}) can be called.
 */
export function testProgram(
  text: string,
  scope: TestScope,
  options: SourceProgramOptions<AttachTarget> = {
    type: "raw_tracepoint",
    target: { kind: "none" },
  },
): TestProgram {
  const code = testFunction(text, scope, "test");
  return { program: sourceProgram({ name: "test", ...options }, code), capture: captureTest };
}

const sources = new WeakMap<object, SourceFunction>();

/** A function that stands for `text`; calling it throws. */
export function testFunction(text: string, scope: TestScope, name: string): () => undefined {
  const source = parseFunction(text, scope, name);
  // Its own function each time, as an identity; calling it throws.
  const fn = (): undefined => failCall(source);
  sources.set(fn, source);
  return fn;
}

function failCall({ name }: SourceFunction): never {
  throw new InvalidArgumentError(`${name} is only compiled in this test`);
}

const captureTest: Capture = (fn) => {
  const source = sources.get(fn);
  if (source !== undefined) return source;
  throw new InvalidArgumentError(`${fn.name} has no source in this test`);
};

/** The function that a text is. */
export function parseFunction(text: string, scope: TestScope, name: string): SourceFunction {
  const prefix = "const it = ";
  const { program, errors } = parseSync("test.ts", prefix + text);
  if (errors.length > 0) throw new InvalidArgumentError(`${errors[0]!.message} in ${text}`);
  const [statement] = program.body as Statement[];
  const node =
    statement?.type === "VariableDeclaration" ? statement.declarations[0]?.init : undefined;
  return {
    name,
    node: node as ArrowFunctionExpression | FunctionNode,
    source: { path: "test.ts", text: prefix + text },
    scope: { has: (key) => Object.hasOwn(scope, key), get: (key) => scope[key] },
  };
}
