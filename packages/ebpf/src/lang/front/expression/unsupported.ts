/**
 * Syntax that cannot be compiled, with what to write instead.
 * @module
 */

/** A message and a hint. */
export interface Refusal {
  readonly message: string;
  readonly hint: string;
}

const noClasses: Refusal = { message: "there are no classes here", hint: "use struct(…) for data" };
const noValue: Refusal = {
  message: "a function is no value in a kernel program",
  hint: 'declare it outside with "use bpf" and call it, or write its body here',
};
const noDeclaration: Refusal = {
  message: "nothing can be declared here",
  hint: "declare it outside",
};
const noFunctions: Refusal = {
  message: "functions within a kernel program are not supported",
  hint: 'declare it outside with "use bpf" as its first line',
};
const noExports: Refusal = {
  message: "a function exports nothing",
  hint: "export at the top of the file",
};
const noImports: Refusal = {
  message: "a function imports nothing",
  hint: "import at the top of the file",
};
const noJsx: Refusal = { message: "there is no JSX here", hint: "write plain expressions" };

type RefusedExpression =
  | "ArrowFunctionExpression"
  | "AwaitExpression"
  | "ClassExpression"
  | "ClassDeclaration"
  | "FunctionExpression"
  | "ImportExpression"
  | "MetaProperty"
  | "Super"
  | "ThisExpression"
  | "YieldExpression"
  | "JSXElement"
  | "JSXFragment"
  | "V8IntrinsicExpression"
  | "TSDeclareFunction"
  | "TSEmptyBodyFunctionExpression";

/** Expressions there is no rule for. */
export const refusedExpressions: Readonly<Record<RefusedExpression, Refusal>> = {
  ArrowFunctionExpression: noValue,
  AwaitExpression: {
    message: "a kernel program cannot wait",
    hint: "use a timer to go on later, or do the waiting in user space",
  },
  ClassExpression: noClasses,
  ClassDeclaration: noClasses,
  FunctionExpression: noValue,
  ImportExpression: {
    message: "a kernel program cannot import",
    hint: "import at the top of the file; what the function uses is captured",
  },
  MetaProperty: {
    message: "import.meta and new.target are not known here",
    hint: "capture a constant",
  },
  Super: noClasses,
  ThisExpression: {
    message: "there is no this in a kernel program",
    hint: "capture the object in a constant outside of the function",
  },
  YieldExpression: { message: "there are no generators here", hint: "write a loop" },
  JSXElement: noJsx,
  JSXFragment: noJsx,
  V8IntrinsicExpression: {
    message: "there are no intrinsics here",
    hint: "write plain expressions",
  },
  TSDeclareFunction: noDeclaration,
  TSEmptyBodyFunctionExpression: noDeclaration,
};

type RefusedStatement =
  | "ClassDeclaration"
  | "ClassExpression"
  | "ForInStatement"
  | "FunctionDeclaration"
  | "FunctionExpression"
  | "TSDeclareFunction"
  | "TSEmptyBodyFunctionExpression"
  | "ThrowStatement"
  | "TryStatement"
  | "WithStatement"
  | "ExportAllDeclaration"
  | "ExportDefaultDeclaration"
  | "ExportNamedDeclaration"
  | "ImportDeclaration"
  | "TSEnumDeclaration"
  | "TSExportAssignment"
  | "TSImportEqualsDeclaration"
  | "TSModuleDeclaration"
  | "TSNamespaceExportDeclaration";

/** Statements there is no rule for. */
export const refusedStatements: Readonly<Record<RefusedStatement, Refusal>> = {
  ClassDeclaration: noClasses,
  ClassExpression: noClasses,
  ForInStatement: {
    message: "the names of fields are not known when the program runs",
    hint: "write the fields one by one, or count: for (let i = 0; i < n; i++)",
  },
  FunctionDeclaration: noFunctions,
  FunctionExpression: noFunctions,
  TSDeclareFunction: noDeclaration,
  TSEmptyBodyFunctionExpression: noDeclaration,
  ThrowStatement: {
    message: "there are no exceptions in a kernel program",
    hint: "return a value that says what happened",
  },
  TryStatement: {
    message: "there are no exceptions in a kernel program",
    hint: "check results with if, and release with using",
  },
  WithStatement: { message: "there is no with", hint: "name the object" },
  ExportAllDeclaration: noExports,
  ExportDefaultDeclaration: noExports,
  ExportNamedDeclaration: noExports,
  ImportDeclaration: noImports,
  TSEnumDeclaration: { message: "enums are not supported here", hint: "declare constants outside" },
  TSExportAssignment: noExports,
  TSImportEqualsDeclaration: noImports,
  TSModuleDeclaration: { message: "there are no namespaces here", hint: "declare it outside" },
  TSNamespaceExportDeclaration: noExports,
};

const tables =
  "tables live in the kernel: declare a hashMap(…) outside, and use its lookup and update";
const memory = "arrays are fields of a struct: struct({ list: array(u32, 4), data: bytes(16) })";
const failure = "return a value that says what happened";

const insteadOfClasses: ReadonlyMap<string, string> = new Map([
  ...["Map", "Set", "WeakMap", "WeakSet"].map((name) => [name, tables] as const),
  ...["Array", "ArrayBuffer", "DataView", "Buffer"].map((name) => [name, memory] as const),
  ...["Error", "TypeError", "RangeError"].map((name) => [name, failure] as const),
  ["Date", "the kernel's clocks are bpf.ktimeGetNs() and bpf.ktimeGetBootNs()"],
  ["RegExp", "compare text with === or startsWith"],
  ["Promise", "use a timer to go on later, or do the waiting in user space"],
]);

/** What to write instead of `new` of a class with this name. */
export function insteadOfNew(name: string): string {
  if (/^(?:Big)?(?:Int|Uint|Float)\d+(?:Clamped)?Array$/.test(name)) return memory;
  const otherwise =
    "make a struct on the stack with its layout: Key({ … }); large values live in maps";
  return insteadOfClasses.get(name) ?? otherwise;
}
