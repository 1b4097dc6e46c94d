/**
 * The seam between the library and a kernel: its interface, its errors, kernel versions.
 * @module
 */
export type * from "./commands.ts";
export type * from "./handle.ts";
export type * from "./info.ts";
export type * from "./kernel.ts";
export * from "./errors.ts";
export * from "./feature.ts";
export * from "./since.ts";
