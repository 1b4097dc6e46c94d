/**
 * Attachments.
 * @module
 */
export { attach } from "./attach.ts";
export { Link, type LinkKind } from "./link.ts";
export { attachRawTracepoint, attachTpBtf } from "./raw-tracepoint.ts";
export { attachTracepoint } from "./tracepoint.ts";
