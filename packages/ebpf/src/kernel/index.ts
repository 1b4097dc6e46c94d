/**
 * The seam between the library and a kernel: its interface, its errors, kernel versions.
 * @module
 */
export type * from "./commands.ts";
export type * from "./event-ring.ts";
export type * from "./handle.ts";
export type * from "./info.ts";
export type * from "./kernel.ts";
export type * from "./xdp-socket.ts";
export type * from "./link-info.ts";
export type * from "./network.ts";
export type * from "./socket-program.ts";
export * from "./errors.ts";
export * from "./feature.ts";
export * from "./since.ts";
export { createToken, withToken } from "./token.ts";
