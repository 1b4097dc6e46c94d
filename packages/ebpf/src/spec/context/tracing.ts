/**
 * What tracing programs are given, by the name of what they trace.
 *
 * The tables are those of the kernel that `ts-ebpf types` looked at, or of the part that comes with the library.
 * @module
 */
export type {
  BtfTracepoints,
  IteratorRecords,
  KernelFunctionExits,
  KernelFunctions,
  LsmHooks,
  TracepointRecord,
} from "../../types/register.ts";
