/**
 * Loaded programs.
 * @module
 */
export { kernelBtf } from "./kernel-btf.ts";
export { loadProgram, type MapHandles } from "./load.ts";
export { openPinnedProgram } from "./open-pinned.ts";
export type { LoadProgramOptions, ProgramRelocation } from "./prepare.ts";
export { Program } from "./program.ts";
export type { TestRunInput, TestRunResult } from "./test-run.ts";
export type { VerifierDetail, VerifierLog, VerifierLogOptions } from "./verifier-log.ts";
