/**
 * Types of the kernel: structs, arguments of hooks, enumerators, kernel functions.
 *
 * They are those of the kernel that `ts-ebpf types` looked at last, or of the part that comes with the library.
 * @module
 */
export type * from "./register.ts";
export type * from "./value.ts";
