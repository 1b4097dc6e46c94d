/**
 * The compiler, for tools: files with kernel programs to instructions and object files.
 *
 * `load` of the main entry point compiles what it loads; this is for those who want to look at what comes out, or to
 * keep it. The commands `ts-ebpf run`, `build` and `dump` are made of it. Unstable: may change in any release.
 * @module
 */
export { captureFunction } from "./capture/capture.ts";
export { CaptureError } from "./capture/capture-error.ts";
export { type Exports, importModule } from "./capture/import-module.ts";
export {
  compileCollection,
  type CompiledCollection,
  type CompileTarget,
} from "./collection/compile-collection.ts";
export { helperSymbol } from "./helper/helper-id.ts";
export { CompileError, type Diagnostic, formatDiagnostic } from "./lang/compile-error.ts";
export type { CompiledProgram } from "./lang/compile-program.ts";
export { writeObject, type WriteObjectOptions } from "./object/write.ts";
