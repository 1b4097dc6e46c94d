/**
 * What functions marked "use bpf" are written with, besides maps and layouts.
 * @module
 */
export {
  atomic,
  type AtomicField,
  compareExchange,
  exchange,
  fetchAdd,
  fetchAnd,
  fetchOr,
  fetchXor,
} from "./atomic.ts";
export { bpf } from "./bpf.ts";
export { htonl, htonll, htons, ntohl, ntohll, ntohs } from "./byte-order.ts";
export type { BpfHelpers } from "./generated/bpf-helpers.ts";
export { lock, rcuRead } from "./guards.ts";
export type { Address, HelperCallback, HelperMemory } from "./helper-arguments.ts";
export { enumValue, exists } from "./kernel-facts.ts";
export { kernelObject } from "./kernel-object.ts";
export { kernel, type KernelStruct } from "./kernel-struct.ts";
export { kfunc } from "./kfunc.ts";
export { loop, range, unrolled } from "./loops.ts";
export { packet, type Packet } from "./packet.ts";
export { printk, type Printable } from "./printk.ts";
export { readInto, type ReadSpace, readTextInto } from "./read-into.ts";
export { seqPrint, type SeqPrinter } from "./seq-print.ts";
