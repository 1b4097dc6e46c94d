/**
 * The verifier's logs, explained: what was wrong, where, and what to do. Pure, for any runtime.
 * @module
 */
export { explainLogs, formatLogReport, type LogReport } from "./explain-logs.ts";
export type { Diagnostic, DiagnosticPlace } from "./diagnostic.ts";
export type { Explanation, SourceLanguage } from "./explain.ts";
export type { RegisterState, Registers } from "./registers.ts";
export type { Rejection } from "./rejection.ts";
export type { Report } from "./report.ts";
export { VerifierError, type VerifierErrorOptions } from "./verifier-error.ts";
