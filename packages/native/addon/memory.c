#include "memory.h"

#include "syscall.h"

void *pages_allocate(size_t size) {
  long address = memory_map(-1, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, 0);
  return is_error(address) ? NULL : (void *)address;
}

void pages_free(void *memory, size_t size) { memory_unmap(memory, size); }

long memory_map(int fd, size_t length, int protection, int flags, uint64_t offset) {
  return syscall6(SYS_mmap, 0, (long)length, protection, flags, fd, (long)offset);
}

long memory_unmap(void *memory, size_t length) {
  return syscall3(SYS_munmap, (long)memory, (long)length, 0);
}

// msync(2) of no bytes fails only when the address is not the start of a page (mm/msync.c), mapped or not. So the
// smallest power that passes is the page size, and neither a C library nor /proc is needed to learn it.
size_t page_size(void) {
  enum { MS_ASYNC = 1 };
  size_t size = 4096;
  while (size < 65536 && is_error(syscall3(SYS_msync, (long)size, 0, MS_ASYNC))) size *= 2;
  return size;
}

void *memcpy(void *restrict to, const void *restrict from, size_t length) {
  uint8_t *target = to;
  const uint8_t *source = from;
  size_t at = 0;
  for (; at + 8 <= length; at += 8) __builtin_memcpy(target + at, source + at, 8);
  for (; at < length; at++) target[at] = source[at];
  return to;
}

void *memset(void *to, int value, size_t length) {
  uint8_t *target = to;
  for (size_t at = 0; at < length; at++) target[at] = (uint8_t)value;
  return to;
}
