// Calls of bpf(2) laid out once: per call a function that carries its attributes, and memory all of them share.
//
// The functions hold the attributes, so a call needs no argument, no look-up and no check. Attributes and shared
// memory lie in one piece, and JavaScript sees the shared end of it only. The piece is freed when nobody holds it any
// more: neither the buffer nor one of the functions.
#include "bpf.h"
#include "functions.h"
#include "memory.h"
#include "refuse.h"
#include "syscall.h"

enum { MOST_CALLS = 64, DATA_ALIGNMENT = 64 };

struct piece {
  size_t size;
  size_t holders;
};

struct prepared_call {
  struct piece *piece;
  int command;
  uint32_t attr_size;
  _Alignas(8) uint8_t attr[ATTR_ROOM];
};

struct layout {
  struct piece *piece;
  struct prepared_call *calls;
  size_t count;
  uint8_t *data;
  size_t data_size;
};

// How the caller describes the calls: numbers in groups, and the attributes of all calls one after the other.
enum { NUMBERS_PER_CALL = 2 };    // command, size of the attributes
enum { NUMBERS_PER_POINTER = 3 }; // call, offset in its attributes, offset in the shared memory

static bool layout_allocate(struct call *call, struct layout *layout);
static bool attrs_copy(struct call *call, const struct layout *layout);
static bool pointers_place(struct call *call, const struct layout *layout);
static bool result_create(struct call *call, const struct layout *layout);
static void piece_drop(struct piece *piece);

long run_prepare(struct call *call) {
  struct layout layout = {
      .data_size = (size_t)call->arguments[0].number,
      .count = call->arguments[1].length / NUMBERS_PER_CALL,
  };
  if (layout.count > MOST_CALLS) return refuse_range(call, "calls", "must not be more than 64");
  if (!layout_allocate(call, &layout)) return 0;
  if (attrs_copy(call, &layout) && pointers_place(call, &layout)) result_create(call, &layout);
  piece_drop(layout.piece);
  return 0;
}

static bool layout_allocate(struct call *call, struct layout *layout) {
  size_t calls = sizeof(struct piece) + layout->count * sizeof(struct prepared_call);
  size_t start = round_up(calls, DATA_ALIGNMENT);
  size_t size = start + layout->data_size;
  struct piece *piece = pages_allocate(size);
  if (piece == NULL) return refuse_failure(call, "is out of memory");
  piece->size = size;
  piece->holders = 1; // ourselves, until the result stands
  layout->piece = piece;
  layout->calls = (struct prepared_call *)(piece + 1);
  layout->data = (uint8_t *)piece + start;
  return true;
}

static bool attrs_copy(struct call *call, const struct layout *layout) {
  const int32_t *numbers = call->arguments[1].data;
  const uint8_t *attrs = call->arguments[2].data;
  size_t left = call->arguments[2].length;
  for (size_t index = 0; index < layout->count; index++, numbers += NUMBERS_PER_CALL) {
    struct prepared_call *prepared = &layout->calls[index];
    size_t size = (uint32_t)numbers[1];
    if (size > ATTR_ROOM) return refuse_range(call, "attr", ATTR_TOO_LONG);
    if (size > left) return refuse_range(call, "attrs", "must be as long as the calls say");
    prepared->piece = layout->piece;
    prepared->command = numbers[0];
    prepared->attr_size = (uint32_t)size;
    memcpy(prepared->attr, attrs, size);
    attrs += size;
    left -= size;
  }
  return true;
}

static bool pointers_place(struct call *call, const struct layout *layout) {
  const int32_t *numbers = call->arguments[3].data;
  const int32_t *end = numbers + call->arguments[3].length / NUMBERS_PER_POINTER * NUMBERS_PER_POINTER;
  for (; numbers < end; numbers += NUMBERS_PER_POINTER) {
    size_t index = (uint32_t)numbers[0];
    size_t place = (uint32_t)numbers[1];
    size_t target = (uint32_t)numbers[2];
    uint64_t address = (uint64_t)(layout->data + target);
    bool inside = index < layout->count && place + sizeof address <= layout->calls[index].attr_size &&
                  target <= layout->data_size;
    if (!inside) return refuse_range(call, "pointers", "must lead from inside attr to inside data");
    __builtin_memcpy(layout->calls[index].attr + place, &address, sizeof address);
  }
  return true;
}

static void piece_drop(struct piece *piece) {
  if (--piece->holders == 0) pages_free(piece, piece->size);
}

static void finalize_holder(napi_env env, void *data, void *piece) {
  (void)env, (void)data;
  piece_drop(piece);
}

// The hot path.
static napi_value call_make(napi_env env, napi_callback_info info) {
  void *data = NULL;
  napi_value result = NULL;
  napi_get_cb_info(env, info, NULL, NULL, NULL, &data);
  const struct prepared_call *prepared = data;
  long returned = syscall3(SYS_bpf, prepared->command, (long)prepared->attr, prepared->attr_size);
  napi_create_int32(env, (int32_t)returned, &result);
  return result;
}

static bool function_create(struct call *call, struct prepared_call *prepared, napi_value *function) {
  napi_env env = call->env;
  if (!succeeded(call, napi_create_function(env, NULL, 0, call_make, prepared, function))) return false;
  napi_status status =
      napi_add_finalizer(env, *function, prepared, finalize_holder, prepared->piece, NULL);
  if (!succeeded(call, status)) return false;
  prepared->piece->holders++;
  return true;
}

static bool functions_create(struct call *call, const struct layout *layout, napi_value *functions) {
  napi_env env = call->env;
  if (!succeeded(call, napi_create_array_with_length(env, layout->count, functions))) return false;
  for (size_t index = 0; index < layout->count; index++) {
    napi_value function = NULL;
    if (!function_create(call, &layout->calls[index], &function)) return false;
    if (!succeeded(call, napi_set_element(env, *functions, (uint32_t)index, function))) return false;
  }
  return true;
}

// Where this fails it is not told whether the engine will still finalize. Being counted too often costs a page,
// too rarely a crash: so the holder is counted first and stays counted.
static bool data_create(struct call *call, const struct layout *layout, napi_value *data) {
  layout->piece->holders++;
  return succeeded(call, napi_create_external_arraybuffer(call->env, layout->data, layout->data_size,
                                                          finalize_holder, layout->piece, data));
}

static bool result_create(struct call *call, const struct layout *layout) {
  napi_env env = call->env;
  napi_value data = NULL;
  napi_value functions = NULL;
  napi_value result = NULL;
  if (!functions_create(call, layout, &functions) || !data_create(call, layout, &data)) return false;
  if (!succeeded(call, napi_create_object(env, &result))) return false;
  if (!succeeded(call, napi_set_named_property(env, result, "data", data))) return false;
  if (!succeeded(call, napi_set_named_property(env, result, "calls", functions))) return false;
  call->object = result;
  return true;
}
