// System calls without a C library, so that one file serves glibc and musl alike.
//
// Numbers: arch/x86/entry/syscalls/syscall_64.tbl and, for arm64, include/uapi/asm-generic/unistd.h.
// The result is what the kernel returns: zero or more, or the negated errno.
#ifndef TS_EBPF_SYSCALL_H
#define TS_EBPF_SYSCALL_H

#include <stddef.h>
#include <stdint.h>

#if defined(__x86_64__)

enum {
  SYS_close = 3,
  SYS_mmap = 9,
  SYS_munmap = 11,
  SYS_ioctl = 16,
  SYS_msync = 26,
  SYS_socket = 41,
  SYS_sendto = 44,
  SYS_recvfrom = 45,
  SYS_bind = 49,
  SYS_setsockopt = 54,
  SYS_getsockopt = 55,
  SYS_fcntl = 72,
  SYS_epoll_ctl = 233,
  SYS_epoll_pwait = 281,
  SYS_ppoll = 271,
  SYS_epoll_create1 = 291,
  SYS_perf_event_open = 298,
  SYS_prlimit64 = 302,
  SYS_bpf = 321,
};

static inline long syscall6(long number, long a, long b, long c, long d, long e, long f) {
  register long r10 __asm__("r10") = d;
  register long r8 __asm__("r8") = e;
  register long r9 __asm__("r9") = f;
  long result;
  __asm__ volatile("syscall"
                   : "=a"(result)
                   : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                   : "rcx", "r11", "memory");
  return result;
}

// Fewer arguments mean fewer registers to load; the hot path has three.
static inline long syscall3(long number, long a, long b, long c) {
  long result;
  __asm__ volatile("syscall"
                   : "=a"(result)
                   : "a"(number), "D"(a), "S"(b), "d"(c)
                   : "rcx", "r11", "memory");
  return result;
}

#elif defined(__aarch64__)

enum {
  SYS_epoll_create1 = 20,
  SYS_epoll_ctl = 21,
  SYS_epoll_pwait = 22,
  SYS_fcntl = 25,
  SYS_ioctl = 29,
  SYS_close = 57,
  SYS_ppoll = 73,
  SYS_socket = 198,
  SYS_bind = 200,
  SYS_sendto = 206,
  SYS_recvfrom = 207,
  SYS_setsockopt = 208,
  SYS_getsockopt = 209,
  SYS_munmap = 215,
  SYS_mmap = 222,
  SYS_msync = 227,
  SYS_perf_event_open = 241,
  SYS_prlimit64 = 261,
  SYS_bpf = 280,
};

static inline long syscall6(long number, long a, long b, long c, long d, long e, long f) {
  register long x8 __asm__("x8") = number;
  register long x0 __asm__("x0") = a;
  register long x1 __asm__("x1") = b;
  register long x2 __asm__("x2") = c;
  register long x3 __asm__("x3") = d;
  register long x4 __asm__("x4") = e;
  register long x5 __asm__("x5") = f;
  __asm__ volatile("svc 0"
                   : "+r"(x0)
                   : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5)
                   : "memory", "cc");
  return x0;
}

static inline long syscall3(long number, long a, long b, long c) {
  register long x8 __asm__("x8") = number;
  register long x0 __asm__("x0") = a;
  register long x1 __asm__("x1") = b;
  register long x2 __asm__("x2") = c;
  __asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2) : "memory", "cc");
  return x0;
}

#else
#error "only x86-64 and arm64 are supported"
#endif

// include/uapi/asm-generic/errno-base.h and errno.h; the same on both machines.
enum {
  EIO = 5,
  E2BIG = 7,
  EBADF = 9,
  EAGAIN = 11,
  ENOMEM = 12,
  EINVAL = 22,
  ENOSPC = 28,
  ENOSYS = 38,
};

// The kernel returns errors in the last page of the address space (include/linux/err.h).
static inline int is_error(long result) { return (unsigned long)result > -4096UL; }

#endif
