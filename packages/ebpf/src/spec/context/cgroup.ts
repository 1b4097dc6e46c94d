/**
 * Contexts of programs on control groups, from include/uapi/linux/bpf.h.
 * @module
 */
import type { BpfSock } from "./socket.ts";
import type { KernelPointer } from "./loose.ts";

/** `struct bpf_sock_addr`: an address that a process gave to `connect`, `bind`, `sendmsg`… */
export interface SockAddrContext {
  readonly user_family: number;
  /** Network order. */
  user_ip4: number;
  /** Network order. */
  user_ip6: number[];
  /** Network order. */
  user_port: number;
  readonly family: number;
  readonly type: number;
  readonly protocol: number;
  /** Network order. */
  msg_src_ip4: number;
  /** Network order. */
  msg_src_ip6: number[];
  readonly sk: BpfSock;
}

/** `struct bpf_cgroup_dev_ctx`: an access to a device file. `access_type` is the access times 65536 plus the kind of device. */
export interface CgroupDeviceContext {
  readonly access_type: number;
  readonly major: number;
  readonly minor: number;
}

/** `struct bpf_sysctl`: a read or write of a file in /proc/sys. */
export interface SysctlContext {
  readonly write: number;
  file_pos: number;
}

/** `struct bpf_sockopt`: a call of getsockopt or setsockopt. */
export interface SockoptContext {
  readonly sk: BpfSock;
  readonly optval: KernelPointer;
  readonly optval_end: KernelPointer;
  level: number;
  optname: number;
  optlen: number;
  retval: number;
}
