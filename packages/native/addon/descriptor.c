// System calls on descriptors. Whatever they open is closed on exec: no child may inherit it by accident.
#include "descriptor.h"

#include "functions.h"
#include "memory.h"
#include "owned.h"
#include "refuse.h"
#include "syscall.h"

long run_close(struct call *call) {
  int fd = fd_argument(call, 0);
  owned_remove(call, fd);
  return descriptor_close(fd);
}

long run_duplicate(struct call *call) {
  return owned_add(call, descriptor_duplicate(fd_argument(call, 0)));
}

long descriptor_close(int fd) { return syscall3(SYS_close, fd, 0, 0); }

// From 3 up, so that a process started without standard streams does not get one made of a map.
long descriptor_duplicate(int fd) {
  enum { F_DUPFD_CLOEXEC = 1030, LOWEST = 3 }; // include/uapi/linux/fcntl.h
  return syscall3(SYS_fcntl, fd, F_DUPFD_CLOEXEC, LOWEST);
}

// struct perf_event_attr tells its size at offset 4; 0 means that of its first version, 64 bytes.
static bool perf_attr_fits(const struct argument *attr) {
  enum { SIZE_OFFSET = 4, FIRST_SIZE = 64 };
  uint32_t told = 0;
  if (attr->length < FIRST_SIZE) return false;
  __builtin_memcpy(&told, (uint8_t *)attr->data + SIZE_OFFSET, sizeof told);
  return told <= attr->length;
}

long run_perf_event_open(struct call *call) {
  enum { PERF_FLAG_FD_CLOEXEC = 1 << 3 }; // include/uapi/linux/perf_event.h
  const struct argument *argument = call->arguments;
  if (!perf_attr_fits(&argument[0])) {
    return refuse_range(call, "attr", "must be at least 64 bytes and as long as its size field says");
  }
  pointers_store(&call->pointers);
  long result = syscall6(SYS_perf_event_open, (long)argument[0].data, argument[1].number,
                         argument[2].number, argument[3].number,
                         argument[4].number | PERF_FLAG_FD_CLOEXEC, 0);
  pointers_erase(&call->pointers);
  return owned_add(call, result);
}

// Most request numbers tell how much memory the kernel reads or writes (include/uapi/asm-generic/ioctl.h):
//
//   31 30 29          16 15       8 7        0
//  +-----+--------------+----------+----------+
//  | dir |     size     |   type   |  number  |
//  +-----+--------------+----------+----------+
static size_t ioctl_size(int64_t request) { return (size_t)(request >> 16) & 0x3fff; }

long run_ioctl(struct call *call) {
  int64_t request = call->arguments[1].number;
  const struct argument *argument = &call->arguments[2];
  if (argument->is_number) return syscall3(SYS_ioctl, fd_argument(call, 0), request, argument->number);
  if (argument->length < ioctl_size(request)) {
    return refuse_range(call, "argument", "is shorter than the request says");
  }
  return syscall3(SYS_ioctl, fd_argument(call, 0), request, (long)argument->data);
}

long run_epoll_create(struct call *call) {
  enum { EPOLL_CLOEXEC = 02000000 }; // include/uapi/linux/eventpoll.h
  return owned_add(call, syscall3(SYS_epoll_create1, EPOLL_CLOEXEC, 0, 0));
}

// include/uapi/linux/eventpoll.h: packed on x86-64 only, where 32-bit programs have it so.
struct epoll_event {
  uint32_t events;
  uint64_t data;
}
#if defined(__x86_64__)
__attribute__((packed))
#endif
;

long run_epoll_control(struct call *call) {
  int fd = fd_argument(call, 2);
  struct epoll_event event = {.events = (uint32_t)call->arguments[3].number, .data = (uint32_t)fd};
  return syscall6(SYS_epoll_ctl, fd_argument(call, 0), call->arguments[1].number, fd, (long)&event, 0, 0);
}

// Takes one event out of the set without waiting: 1, or 0 when there is none.
long run_epoll_take(struct call *call) {
  enum { ONE = 1, NOW = 0, SIGNAL_SET_SIZE = 8 };
  struct epoll_event event;
  return syscall6(SYS_epoll_pwait, fd_argument(call, 0), (long)&event, ONE, NOW, 0, SIGNAL_SET_SIZE);
}

#define TWO_ELEMENTS "must have two elements"

long run_resource_limit(struct call *call) {
  enum { SOFT_AND_HARD = 2 };
  const struct argument *set = &call->arguments[1];
  const struct argument *get = &call->arguments[2];
  if (set->given && set->length != SOFT_AND_HARD) return refuse_range(call, "set", TWO_ELEMENTS);
  if (get->given && get->length != SOFT_AND_HARD) return refuse_range(call, "get", TWO_ELEMENTS);
  return syscall6(SYS_prlimit64, 0, call->arguments[0].number, (long)set->data, (long)get->data, 0, 0);
}
