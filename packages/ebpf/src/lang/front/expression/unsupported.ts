/**
 * Syntax that cannot be compiled, with what to write instead.
 * @module
 */

/** A message and a hint. */
export interface Refusal {
  readonly message: string;
  readonly hint: string;
}

/** Expressions there is no rule for. */
export const refusedExpressions = {
  ArrowFunctionExpression: {
    message: "a function is no value in a kernel program",
    hint: 'declare it outside with "use bpf" and call it, or write its body here',
  },
  AwaitExpression: {
    message: "a kernel program cannot wait",
    hint: "use a timer to go on later, or do the waiting in user space",
  },
  ClassExpression: { message: "there are no classes here", hint: "use struct(…) for data" },
  ClassDeclaration: { message: "there are no classes here", hint: "use struct(…) for data" },
  FunctionExpression: {
    message: "a function is no value in a kernel program",
    hint: 'declare it outside with "use bpf" and call it, or write its body here',
  },
  ImportExpression: {
    message: "a kernel program cannot import",
    hint: "import at the top of the file; what the function uses is captured",
  },
  MetaProperty: {
    message: "import.meta and new.target are not known here",
    hint: "capture a constant",
  },
  NewExpression: {
    message: "nothing is allocated in a kernel program",
    hint: "make a struct on the stack with its layout: Key({ … }); large values live in maps",
  },
  Super: { message: "there are no classes here", hint: "use struct(…) for data" },
  ThisExpression: {
    message: "there is no this in a kernel program",
    hint: "capture the object in a constant outside of the function",
  },
  YieldExpression: { message: "there are no generators here", hint: "write a loop" },
  JSXElement: { message: "there is no JSX here", hint: "write plain expressions" },
  JSXFragment: { message: "there is no JSX here", hint: "write plain expressions" },
  V8IntrinsicExpression: {
    message: "there are no intrinsics here",
    hint: "write plain expressions",
  },
  TSDeclareFunction: { message: "a declaration is no value", hint: "declare it outside" },
  TSEmptyBodyFunctionExpression: {
    message: "a declaration is no value",
    hint: "declare it outside",
  },
} as const;

/** Statements there is no rule for. */
export const refusedStatements = {
  ClassDeclaration: { message: "there are no classes here", hint: "use struct(…) for data" },
  ClassExpression: { message: "there are no classes here", hint: "use struct(…) for data" },
  ForInStatement: {
    message: "the names of fields are not known when the program runs",
    hint: "write the fields one by one, or count: for (let i = 0; i < n; i++)",
  },
  FunctionDeclaration: {
    message: "functions within a kernel program are not supported",
    hint: 'declare it outside with "use bpf" as its first line',
  },
  FunctionExpression: {
    message: "functions within a kernel program are not supported",
    hint: 'declare it outside with "use bpf" as its first line',
  },
  TSDeclareFunction: { message: "nothing can be declared here", hint: "declare it outside" },
  TSEmptyBodyFunctionExpression: {
    message: "nothing can be declared here",
    hint: "declare it outside",
  },
  ThrowStatement: {
    message: "there are no exceptions in a kernel program",
    hint: "return a value that says what happened",
  },
  TryStatement: {
    message: "there are no exceptions in a kernel program",
    hint: "check results with if, and release with using",
  },
  WithStatement: { message: "there is no with", hint: "name the object" },
  ExportAllDeclaration: {
    message: "a function exports nothing",
    hint: "export at the top of the file",
  },
  ExportDefaultDeclaration: {
    message: "a function exports nothing",
    hint: "export at the top of the file",
  },
  ExportNamedDeclaration: {
    message: "a function exports nothing",
    hint: "export at the top of the file",
  },
  ImportDeclaration: {
    message: "a function imports nothing",
    hint: "import at the top of the file",
  },
  TSEnumDeclaration: { message: "enums are not supported here", hint: "declare constants outside" },
  TSExportAssignment: {
    message: "a function exports nothing",
    hint: "export at the top of the file",
  },
  TSImportEqualsDeclaration: {
    message: "a function imports nothing",
    hint: "import at the top of the file",
  },
  TSModuleDeclaration: { message: "there are no namespaces here", hint: "declare it outside" },
  TSNamespaceExportDeclaration: {
    message: "a function exports nothing",
    hint: "export at the top of the file",
  },
} as const;
