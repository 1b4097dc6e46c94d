// Memory straight from the kernel: pages for what outlives a call, and the two copies a compiler may ask for.
#ifndef TS_EBPF_MEMORY_H
#define TS_EBPF_MEMORY_H

#include <stddef.h>
#include <stdint.h>

// include/uapi/asm-generic/mman-common.h and mman.h
enum {
  PROT_READ = 0x1,
  PROT_WRITE = 0x2,
  MAP_SHARED = 0x01,
  MAP_PRIVATE = 0x02,
  MAP_FIXED = 0x10,
  MAP_ANONYMOUS = 0x20,
  MAP_GROWSDOWN = 0x100,
  MAP_FIXED_NOREPLACE = 0x100000,
};

// Zeroed memory of whole pages, or NULL. Handles are few and long-lived: a page each needs no heap.
void *pages_allocate(size_t size);
void pages_free(void *memory, size_t size);

// mmap(2) at an address the kernel chooses: the address, or the negated errno.
long memory_map(int fd, size_t length, int protection, int flags, uint64_t offset);
long memory_unmap(void *memory, size_t length);

// Bytes in a page: 4, 16 or 64 KiB.
size_t page_size(void);

static inline size_t round_up(size_t value, size_t power) { return (value + power - 1) & ~(power - 1); }

// Calls to these two are also what a compiler makes of a large copy or clear.
void *memcpy(void *restrict to, const void *restrict from, size_t length);
void *memset(void *to, int value, size_t length);

#endif
