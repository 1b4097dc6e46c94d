// The part of libuv that Node exports and polling needs (uv.h of libuv 1.x, whose ABI is stable).
//
// All of it is weak: a runtime without libuv loads the addon, and only polling answers ENOSYS.
#ifndef TS_EBPF_UV_H
#define TS_EBPF_UV_H

#include <node_api.h>
#include <stddef.h>

typedef struct uv_loop_s uv_loop_t;

// Every handle begins with the pointer that is the user's. Of the rest libuv tells the size.
typedef struct {
  void *data;
} uv_handle_t;

typedef void (*uv_close_cb)(uv_handle_t *handle);
typedef void (*uv_poll_cb)(uv_handle_t *handle, int status, int events);

enum { UV_POLL = 8 };     // enum uv_handle_type
enum { UV_READABLE = 1 }; // enum uv_poll_event

#define WEAK __attribute__((weak))

WEAK size_t uv_handle_size(int type);
WEAK int uv_poll_init(uv_loop_t *loop, uv_handle_t *handle, int fd);
WEAK int uv_poll_start(uv_handle_t *handle, int events, uv_poll_cb callback);
WEAK void uv_close(uv_handle_t *handle, uv_close_cb callback);
WEAK void uv_ref(uv_handle_t *handle);
WEAK void uv_unref(uv_handle_t *handle);

static inline int uv_present(void) {
  return uv_handle_size != NULL && uv_poll_init != NULL && uv_poll_start != NULL &&
         uv_close != NULL && uv_ref != NULL && uv_unref != NULL;
}

#endif
