/**
 * The assembler: functions that return instructions, and patterns made of them.
 * @module
 */
export * from "./alu.ts";
export * from "./assemble.ts";
export * from "./atomic.ts";
export * from "./call.ts";
export * from "./field.ts";
export * from "./jump.ts";
export * from "./memory.ts";
export * from "./place.ts";
export * from "./stack.ts";
export * from "./wide.ts";
export * from "./pattern/atomic-update.ts";
export * from "./pattern/current-process.ts";
export * from "./pattern/duration.ts";
export * from "./pattern/map-element.ts";
export * from "./pattern/probe-read.ts";
export * from "./pattern/ring-buffer.ts";
export { decode } from "../isa/decode.ts";
export { encode } from "../isa/encode.ts";
export { format } from "../isa/format.ts";
export { parse } from "../isa/parse.ts";
export * from "../isa/register.ts";
export {
  helperId,
  helperName,
  helperNames,
  helperSymbol,
  findHelperId,
} from "../helper/helper-id.ts";
