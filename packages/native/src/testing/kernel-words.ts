/**
 * Numbers of the kernel that the tests of the bridge use, each with the header it stands in.
 *
 * The bridge itself knows none of these, and the library, which does, may not be imported here.
 * @module
 */

/** include/uapi/asm-generic/errno-base.h and errno.h */
export const errno = {
  EPERM: 1,
  ENOENT: 2,
  EIO: 5,
  E2BIG: 7,
  EBADF: 9,
  EEXIST: 17,
  EINVAL: 22,
  ENOSPC: 28,
} as const;

/** include/uapi/linux/bpf.h, enum bpf_cmd */
export const command = {
  mapCreate: 0,
  mapLookupElem: 1,
  mapUpdateElem: 2,
  mapDeleteElem: 3,
  mapFreeze: 22,
} as const;

/** include/uapi/linux/bpf.h, enum bpf_map_type */
export const mapType = { hash: 1, array: 2 } as const;

/** include/uapi/asm-generic/mman-common.h and mman.h */
export const mmap = {
  read: 1,
  readWrite: 3,
  shared: 0x01,
  private: 0x02,
  fixed: 0x10,
  anonymous: 0x20,
} as const;

/** include/linux/socket.h, include/linux/net.h, include/uapi/asm-generic/socket.h */
export const socket = {
  unix: 1,
  netlink: 16,
  datagram: 2,
  raw: 3,
  nonBlocking: 0o4000,
  dontWait: 0x40,
  solSocket: 1,
  soType: 3,
  soAttachFilter: 26,
} as const;
