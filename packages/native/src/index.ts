/**
 * The native bridge of ts-ebpf: functions in the shape of system calls.
 *
 * {@link loadBridge} loads the addon and returns its functions, which {@link Bridge} describes. There is nothing of
 * eBPF in here but the system call and the ring buffer's protocol; what to call with what is the library's business.
 * @module
 */
export type {
  Bridge,
  Poll,
  Pointers,
  PreparedCall,
  PreparedCalls,
  UserRing,
  Xsk,
} from "./bridge.ts";
export { BridgeError, type BridgeErrorCode } from "./bridge-error.ts";
export { loadBridge } from "./load.ts";
