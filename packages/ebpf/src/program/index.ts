/**
 * Loaded programs.
 * @module
 */
export { kernelBtf } from "./kernel-btf.ts";
export { loadProgram, type MapHandles } from "./load.ts";
export type { LoadProgramOptions } from "./prepare.ts";
export { Program } from "./program.ts";
export type { TestRunInput, TestRunResult } from "./test-run.ts";
