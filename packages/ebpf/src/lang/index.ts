/**
 * The compiler: from functions marked "use bpf" to programs.
 * @module
 */
export { CompileError, type Diagnostic } from "./compile-error.ts";
export {
  type CompiledProgram,
  compileProgram,
  type CompileProgramOptions,
} from "./compile-program.ts";
export type { Capture, Scope, SourceFunction, SourceText } from "./source/source-function.ts";
