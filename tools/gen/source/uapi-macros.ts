/**
 * Constants of the bpf(2) uapi that BTF cannot tell: macros, and what kernels newer than the one here have added.
 *
 * BTF knows enums and structs but no preprocessor macros. Each table names the file it was read from; a test
 * compares the macros with the header installed here, as far as that one has them.
 * @module
 */

/** Macros of include/uapi/linux/bpf.h (Linux 6.18), by the group they are flags of. */
export const macros: {
  readonly [group: string]: { readonly [name: string]: number };
} = {
  program: {
    BPF_F_STRICT_ALIGNMENT: 1 << 0,
    BPF_F_ANY_ALIGNMENT: 1 << 1,
    BPF_F_TEST_RND_HI32: 1 << 2,
    BPF_F_TEST_STATE_FREQ: 1 << 3,
    BPF_F_SLEEPABLE: 1 << 4,
    BPF_F_XDP_HAS_FRAGS: 1 << 5,
    BPF_F_XDP_DEV_BOUND_ONLY: 1 << 6,
    BPF_F_TEST_REG_INVARIANTS: 1 << 7,
    BPF_F_TOKEN_FD: 1 << 16,
  },
  attach: {
    BPF_F_ALLOW_OVERRIDE: 1 << 0,
    BPF_F_ALLOW_MULTI: 1 << 1,
    BPF_F_REPLACE: 1 << 2,
    BPF_F_BEFORE: 1 << 3,
    BPF_F_AFTER: 1 << 4,
    BPF_F_ID: 1 << 5,
    BPF_F_PREORDER: 1 << 6,
    BPF_F_LINK: 1 << 13,
  },
  query: { BPF_F_QUERY_EFFECTIVE: 1 << 0 },
  testRun: {
    BPF_F_TEST_RUN_ON_CPU: 1 << 0,
    BPF_F_TEST_XDP_LIVE_FRAMES: 1 << 1,
    BPF_F_TEST_SKB_CHECKSUM_COMPLETE: 1 << 2,
  },
  netfilter: { BPF_F_NETFILTER_IP_DEFRAG: 1 << 0 },
};

/** Macros of include/uapi/linux/if_link.h: how XDP attaches to an interface. */
export const xdpMacros: { readonly [name: string]: number } = {
  XDP_FLAGS_UPDATE_IF_NOEXIST: 1 << 0,
  XDP_FLAGS_SKB_MODE: 1 << 1,
  XDP_FLAGS_DRV_MODE: 1 << 2,
  XDP_FLAGS_HW_MODE: 1 << 3,
  XDP_FLAGS_REPLACE: 1 << 4,
};

/** Constants of netkit links (include/uapi/linux/if_link.h), which are in BTF only where the kernel has those. */
export const netkitAttributes: { readonly [name: string]: number } = {
  IFLA_NETKIT_PEER_INFO: 1,
  IFLA_NETKIT_MODE: 5,
};

/** `enum netkit_mode` of include/uapi/linux/if_link.h. */
export const netkitModes: { readonly [name: string]: number } = { NETKIT_L2: 0, NETKIT_L3: 1 };

/** Constants that came to the enums of include/uapi/linux/bpf.h after Linux 6.18 and that 7.2 has. */
export const newer: { readonly [enumName: string]: { readonly [name: string]: number } } = {
  bpf_cmd: { BPF_PROG_ASSOC_STRUCT_OPS: 38 },
  bpf_map_type: { BPF_MAP_TYPE_INSN_ARRAY: 34, BPF_MAP_TYPE_RHASH: 35 },
  bpf_attach_type: { BPF_TRACE_FSESSION: 58 },
  map_flags: { BPF_F_RB_OVERWRITE: 1 << 19 },
  element_flags: { BPF_F_CPU: 1 << 3, BPF_F_ALL_CPUS: 1 << 4 },
};

/** Members that came to `union bpf_attr` after Linux 6.18, by 7.0: name, offset and size in bytes. */
export const newerParts: {
  readonly [part: string]: readonly (readonly [name: string, offset: number, size: number])[];
} = {
  prog_assoc_struct_ops: [
    ["map_fd", 0, 4],
    ["prog_fd", 4, 4],
    ["flags", 8, 4],
  ],
};
