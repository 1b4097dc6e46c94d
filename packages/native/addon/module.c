// The table of what JavaScript can call, and the one way in.
//
// Each worker thread loads the addon and gets functions of its own. There is no state beside the handles, and the
// descriptors that are to be closed with the thread.
#include "functions.h"
#include "owned.h"
#include "refuse.h"

static const struct native_function functions[] = {
    {run_bpf, {KIND_NATURAL, KIND_BYTES, KIND_POINTERS}, "bpf\0command\0attr\0pointers"},
    {run_bpf_open, {KIND_NATURAL, KIND_BYTES, KIND_POINTERS}, "bpfOpen\0command\0attr\0pointers"},
    {run_prepare,
     {KIND_SHARED_SIZE, KIND_INT32S, KIND_BYTES, KIND_INT32S},
     "prepare\0dataSize\0calls\0attrs\0pointers"},

    {run_close, {KIND_INT}, "close\0fd"},
    {run_duplicate, {KIND_INT}, "duplicate\0fd"},
    {run_perf_event_open,
     {KIND_BYTES, KIND_INT, KIND_INT, KIND_INT, KIND_UINT, KIND_POINTERS | OPTIONAL},
     "perfEventOpen\0attr\0pid\0cpu\0groupFd\0flags\0pointers"},
    {run_ioctl, {KIND_INT, KIND_UINT, KIND_BYTES_OR_INTEGER}, "ioctl\0fd\0request\0argument"},
    {run_epoll_create, {KIND_NONE}, "epollCreate"},
    {run_epoll_control,
     {KIND_INT, KIND_NATURAL, KIND_INT, KIND_UINT},
     "epollControl\0epollFd\0operation\0fd\0events"},
    {run_epoll_take, {KIND_INT}, "epollTake\0epollFd"},
    {run_resource_limit,
     {KIND_NATURAL, KIND_UINT64S | OPTIONAL, KIND_UINT64S | OPTIONAL},
     "resourceLimit\0resource\0set\0get"},

    {run_socket, {KIND_NATURAL, KIND_NATURAL, KIND_NATURAL}, "socket\0domain\0type\0protocol"},
    {run_bind, {KIND_INT, KIND_BYTES}, "bind\0fd\0address"},
    {run_send,
     {KIND_INT, KIND_BYTES, KIND_UINT, KIND_BYTES | OPTIONAL},
     "send\0fd\0data\0flags\0address"},
    {run_receive, {KIND_INT, KIND_BYTES, KIND_UINT}, "receive\0fd\0data\0flags"},
    {run_set_socket_option,
     {KIND_INT, KIND_INT, KIND_INT, KIND_BYTES, KIND_POINTERS | OPTIONAL},
     "setSocketOption\0fd\0level\0name\0value\0pointers"},
    {run_get_socket_option,
     {KIND_INT, KIND_INT, KIND_INT, KIND_BYTES},
     "getSocketOption\0fd\0level\0name\0value"},

    {run_map,
     {KIND_INT, KIND_SIZE, KIND_PROTECTION, KIND_NATURAL, KIND_OFFSET},
     "map\0fd\0length\0protection\0flags\0offset"},
    {run_unmap, {KIND_BUFFER}, "unmap\0memory"},
    {run_page_size, {KIND_NONE}, "pageSize"},

    {run_xsk_open, {KIND_INT, KIND_INT32S, KIND_BYTES}, "xskOpen\0fd\0sizes\0memory"},
    {run_xsk_take, {KIND_XSK, KIND_NATURAL, KIND_INT32S}, "xskTake\0xsk\0ring\0places"},
    {run_xsk_put,
     {KIND_XSK, KIND_NATURAL, KIND_INT32S, KIND_NATURAL},
     "xskPut\0xsk\0ring\0places\0count"},
    {run_xsk_pending, {KIND_XSK, KIND_NATURAL}, "xskPending\0xsk\0ring"},
    {run_xsk_wake, {KIND_XSK, KIND_INT, KIND_CHOICE}, "xskWake\0xsk\0fd\0always"},
    {run_xsk_close, {KIND_XSK}, "xskClose\0xsk"},


    {run_user_ring_open, {KIND_INT, KIND_SHARED_SIZE}, "userRingOpen\0fd\0size"},
    {run_user_ring_reserve, {KIND_USER_RING, KIND_NATURAL}, "userRingReserve\0ring\0length"},
    {run_user_ring_settle,
     {KIND_USER_RING, KIND_NATURAL, KIND_CHOICE},
     "userRingSettle\0ring\0place\0commit"},
    {run_user_ring_pending, {KIND_USER_RING}, "userRingPending\0ring"},
    {run_user_ring_close, {KIND_USER_RING}, "userRingClose\0ring"},

    {run_poll_start, {KIND_INT, KIND_FUNCTION}, "pollStart\0fd\0onReadable"},
    {run_poll_stop, {KIND_POLL}, "pollStop\0poll"},
    {run_poll_keep_alive, {KIND_POLL, KIND_CHOICE}, "pollKeepAlive\0poll\0keep"},
};

// Not zeroed as a whole: what matters is set here or by reading the arguments.
static napi_value enter(napi_env env, napi_callback_info info) {
  napi_value values[MAX_PARAMETERS];
  size_t count = MAX_PARAMETERS; // the engine fills up with undefined
  void *function = NULL;
  struct call call;
  if (napi_get_cb_info(env, info, &count, values, NULL, &function) != napi_ok) return NULL;
  call.env = env;
  call.function = function;
  call.object = NULL;
  call.threw = false;
  pointers_clear(&call.pointers);

  long result = arguments_read(&call, values) ? call.function->run(&call) : 0;
  pointers_release(&call.pointers);
  if (call.threw || call.object != NULL) return call.threw ? NULL : call.object;
  napi_value number = NULL;
  napi_create_int64(env, result, &number);
  return number;
}

NAPI_MODULE_INIT() {
  if (!owned_begin(env)) return NULL;
  for (size_t index = 0; index < sizeof functions / sizeof *functions; index++) {
    const struct native_function *function = &functions[index];
    napi_value value = NULL;
    if (napi_create_function(env, function->names, NAPI_AUTO_LENGTH, enter, (void *)function, &value) !=
            napi_ok ||
        napi_set_named_property(env, exports, function->names, value) != napi_ok) {
      return NULL;
    }
  }
  return exports;
}
