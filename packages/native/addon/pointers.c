#include "pointers.h"

#include "call.h"
#include "memory.h"
#include "refuse.h"

enum { ADDRESS_SIZE = 8, MOST_POINTERS = 1 << 20 };

static const char list_name[] = "pointers";

static bool entries_allocate(struct call *call, size_t count);
static bool element_read(struct call *call, napi_value list, size_t index, napi_value *element);

bool pointers_gather(struct call *call, napi_value list) {
  uint32_t length = 0;
  if (napi_get_array_length(call->env, list, &length) != napi_ok) {
    return refuse_type(call, list_name, "must be an array");
  }
  if (length % 4 != 0 || length / 4 > MOST_POINTERS) {
    return refuse_range(call, list_name, "must have four entries per address");
  }
  if (!entries_allocate(call, length / 4)) return false;
  for (size_t index = 0; index < length; index++) {
    napi_value *element = &call->pointers.entries[index / 4].given[index % 4];
    if (!element_read(call, list, index, element)) return false;
  }
  call->pointers.count = length / 4;
  return true;
}

static bool entries_allocate(struct call *call, size_t count) {
  struct pointers *pointers = &call->pointers;
  pointers->entries = pointers->few;
  if (count <= FEW_POINTERS) return true;
  size_t size = count * sizeof(union pointer);
  pointers->entries = pages_allocate(size);
  if (pointers->entries == NULL) return refuse_failure(call, "is out of memory");
  pointers->mapped = size;
  return true;
}

static bool element_read(struct call *call, napi_value list, size_t index, napi_value *element) {
  return succeeded(call, napi_get_element(call->env, list, (uint32_t)index, element));
}

// Memory and offset of one half of an entry, with at least `room` bytes after the offset.
static bool place_read(struct call *call, size_t index, size_t room, uint8_t **place) {
  napi_value *pair = &call->pointers.entries[index / 4].given[index % 4];
  struct text name = {.length = 0};
  size_t length = 0;
  int64_t offset = 0;
  if (!bytes_read(call->env, pair[0], place, &length)) {
    text_add_index(&name, list_name, index);
    return refuse_type(call, name.bytes, "must be a Uint8Array");
  }
  int64_t last = (int64_t)length - (int64_t)room;
  if (!integer_read(call->env, pair[1], 0, last, &offset)) {
    text_add_index(&name, list_name, index + 1);
    return refuse_range(call, name.bytes, "must be an offset inside the memory before it");
  }
  *place += offset;
  return true;
}

bool pointers_resolve(struct call *call) {
  struct pointers *pointers = &call->pointers;
  for (size_t entry = 0; entry < pointers->count; entry++) {
    uint8_t *place = NULL;
    uint8_t *target = NULL;
    if (!place_read(call, 4 * entry, ADDRESS_SIZE, &place)) return false;
    if (!place_read(call, 4 * entry + 2, 0, &target)) return false;
    pointers->entries[entry].resolved.place = place;
    pointers->entries[entry].resolved.address = (uint64_t)target;
  }
  return true;
}

void pointers_redirect(struct pointers *pointers, const uint8_t *memory, size_t length, uint8_t *copy) {
  for (size_t entry = 0; entry < pointers->count; entry++) {
    uint8_t **place = &pointers->entries[entry].resolved.place;
    size_t offset = (size_t)*place - (size_t)memory; // huge when it lies before
    if (length >= ADDRESS_SIZE && offset <= length - ADDRESS_SIZE) *place = copy + offset;
  }
}

void pointers_store(const struct pointers *pointers) {
  for (size_t entry = 0; entry < pointers->count; entry++) {
    const union pointer *pointer = &pointers->entries[entry];
    __builtin_memcpy(pointer->resolved.place, &pointer->resolved.address, ADDRESS_SIZE);
  }
}

void pointers_erase(const struct pointers *pointers) {
  const uint64_t nothing = 0;
  for (size_t entry = 0; entry < pointers->count; entry++) {
    __builtin_memcpy(pointers->entries[entry].resolved.place, &nothing, ADDRESS_SIZE);
  }
}

void pointers_release(struct pointers *pointers) {
  if (pointers->mapped != 0) pages_free(pointers->entries, pointers->mapped);
}
