// What both ways of calling bpf(2) share.
#ifndef TS_EBPF_BPF_H
#define TS_EBPF_BPF_H

// Room for attributes. union bpf_attr has grown to some 170 bytes in ten years (include/uapi/linux/bpf.h).
//
// The kernel writes some results into the attributes without asking how long they are. So attributes are always
// passed in memory of this size, whatever length is told: a short array of JavaScript cannot be written past.
enum { ATTR_ROOM = 256 };

#define ATTR_TOO_LONG "must not be longer than 256 bytes"

#endif
