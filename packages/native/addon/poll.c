// Watching a descriptor from the event loop.
//
// Two hold a poll: the handle in JavaScript, and the event loop until its close callback ran. Whoever lets go last
// frees it, so closing is safe at any time: twice, inside the callback, and when the environment ends first.
//
// What is watched is a duplicate of the descriptor. libuv aborts the process when a descriptor is closed before it
// got to register it, and takes the next file of the same number for it; nobody can close the duplicate.
#include "descriptor.h"
#include "functions.h"
#include "handle.h"
#include "memory.h"
#include "refuse.h"
#include "syscall.h"
#include "uv.h"

const napi_type_tag poll_tag = {0x5d42e90b7c1148f6, 0x83f7b65a0d9e4c21};

struct poll {
  size_t size;
  int holders;
  int fd;
  bool closing;
  napi_env env;
  napi_ref callback;
  napi_async_context context;
  napi_async_cleanup_hook_handle hook;
  _Alignas(16) uint8_t watcher[]; // uv_poll_t, whose size libuv tells
};

static struct poll *poll_allocate(napi_env env);
static long poll_begin(struct call *call, struct poll *poll);
static bool poll_equip(struct call *call, struct poll *poll);
static void poll_strip(struct poll *poll);
static void poll_close(struct poll *poll);
static void poll_drop(struct poll *poll);
static void on_ready(uv_handle_t *handle, int status, int events);
static void on_closed(uv_handle_t *handle);
static void on_environment_end(napi_async_cleanup_hook_handle hook, void *data);
static void finalize_poll(napi_env env, void *data, void *hint);

static uv_handle_t *watcher_of(struct poll *poll) { return (uv_handle_t *)poll->watcher; }

long run_poll_start(struct call *call) {
  if (!uv_present()) return -ENOSYS;
  struct poll *poll = poll_allocate(call->env);
  if (poll == NULL) return -ENOMEM;
  long error = poll_equip(call, poll) ? poll_begin(call, poll) : 0;
  if (poll->holders == 0) {
    poll_strip(poll);
    pages_free(poll, poll->size);
  }
  return error;
}

static struct poll *poll_allocate(napi_env env) {
  size_t size = sizeof(struct poll) + uv_handle_size(UV_POLL);
  struct poll *poll = pages_allocate(size);
  if (poll == NULL) return NULL;
  poll->size = size;
  poll->env = env;
  return poll;
}

// What the callback needs, and what tells us in time that the environment ends.
static bool poll_equip(struct call *call, struct poll *poll) {
  napi_env env = call->env;
  napi_value name = NULL;
  napi_value callback = call->arguments[1].value;
  return succeeded(call, napi_create_reference(env, callback, 1, &poll->callback)) &&
         succeeded(call, napi_create_string_utf8(env, "ts-ebpf poll", NAPI_AUTO_LENGTH, &name)) &&
         succeeded(call, napi_async_init(env, NULL, name, &poll->context)) &&
         succeeded(call, napi_add_async_cleanup_hook(env, on_environment_end, poll, &poll->hook));
}

// The hook goes last: it is what keeps the environment from being taken down before us.
static void poll_strip(struct poll *poll) {
  if (poll->callback != NULL) napi_delete_reference(poll->env, poll->callback);
  if (poll->context != NULL) napi_async_destroy(poll->env, poll->context);
  if (poll->hook != NULL) napi_remove_async_cleanup_hook(poll->hook);
}

// With success the loop and the handle hold the poll. Without, either nobody does, or the loop until it has closed.
static long poll_begin(struct call *call, struct poll *poll) {
  uv_handle_t *watcher = watcher_of(poll);
  uv_loop_t *loop = NULL;
  if (!succeeded(call, napi_get_uv_event_loop(call->env, &loop))) return 0;
  long fd = descriptor_duplicate(fd_argument(call, 0));
  if (is_error(fd)) return fd;
  poll->fd = (int)fd;
  int error = uv_poll_init(loop, watcher, poll->fd);
  if (error != 0) {
    descriptor_close(poll->fd);
    return error;
  }
  poll->holders = 1;
  watcher->data = poll;
  error = uv_poll_start(watcher, UV_READABLE, on_ready);
  if (error == 0 && handle_create(call, &poll_tag, poll, finalize_poll)) {
    poll->holders++;
    return 0;
  }
  poll_close(poll);
  return error;
}

// What the callback throws is an uncaught exception, as from any callback of Node. The poll may be closed by then,
// but it is freed by the loop later on, never below us.
static void on_ready(uv_handle_t *handle, int status, int events) {
  struct poll *poll = handle->data;
  napi_env env = poll->env;
  napi_handle_scope scope = NULL;
  napi_value callback = NULL;
  napi_value argument = NULL;
  (void)events;
  if (napi_open_handle_scope(env, &scope) != napi_ok) return;
  if (napi_get_reference_value(env, poll->callback, &callback) == napi_ok &&
      napi_create_int32(env, status, &argument) == napi_ok) {
    napi_make_callback(env, poll->context, callback, callback, 1, &argument, NULL);
  }
  bool threw = false;
  napi_value exception = NULL;
  if (napi_is_exception_pending(env, &threw) == napi_ok && threw &&
      napi_get_and_clear_last_exception(env, &exception) == napi_ok) {
    napi_fatal_exception(env, exception);
  }
  napi_close_handle_scope(env, scope);
}

// uv_close takes the descriptor out of the loop at once; only the memory is still needed, until on_closed.
static void poll_close(struct poll *poll) {
  if (poll->closing) return;
  poll->closing = true;
  uv_close(watcher_of(poll), on_closed);
  descriptor_close(poll->fd);
}

static void on_closed(uv_handle_t *handle) {
  struct poll *poll = handle->data;
  poll_strip(poll);
  poll_drop(poll);
}

static void poll_drop(struct poll *poll) {
  if (--poll->holders == 0) pages_free(poll, poll->size);
}

static void on_environment_end(napi_async_cleanup_hook_handle hook, void *data) {
  (void)hook;
  poll_close(data);
}

static void finalize_poll(napi_env env, void *data, void *hint) {
  (void)env, (void)hint;
  poll_drop(data);
}

long run_poll_stop(struct call *call) {
  poll_close(call->arguments[0].data);
  return 0;
}

long run_poll_keep_alive(struct call *call) {
  struct poll *poll = call->arguments[0].data;
  if (poll->closing) return -EBADF;
  if (call->arguments[1].number != 0) {
    uv_ref(watcher_of(poll));
  } else {
    uv_unref(watcher_of(poll));
  }
  return 0;
}
