// What others need to do with descriptors.
#ifndef TS_EBPF_DESCRIPTOR_H
#define TS_EBPF_DESCRIPTOR_H

// A new descriptor of the same file, closed on exec, or the negated errno.
long descriptor_duplicate(int fd);
long descriptor_close(int fd);

#endif
