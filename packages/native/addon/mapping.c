// Memory of the kernel as ArrayBuffers.
//
// The buffer carries a record of its mapping. While it is attached the mapping stands and the record is valid; once
// it is detached (unmapped, or transferred) the record is never looked at through it again.
#include "functions.h"
#include "memory.h"
#include "refuse.h"
#include "syscall.h"

struct mapping {
  void *memory;
  size_t length;
  bool mapped;
  bool wanted; // the call that makes it is still at work
};

static const napi_type_tag mapping_tag = {0x7b1d3c55a0e84f02, 0x9c3e5a7fd2164b90};

static bool flags_allowed(int64_t flags);
static bool buffer_create(struct call *call, struct mapping *mapping);

long run_map(struct call *call) {
  const struct argument *argument = call->arguments;
  struct mapping *mapping = NULL;
  if (!flags_allowed(argument[3].number)) {
    return refuse_range(call, "flags", "must leave the address to the kernel (no MAP_FIXED, no MAP_GROWSDOWN)");
  }
  size_t length = (size_t)argument[1].number;
  long address = memory_map(fd_argument(call, 0), length, (int)argument[2].number,
                            (int)argument[3].number, (uint64_t)argument[4].number);
  if (is_error(address)) return address;
  mapping = pages_allocate(sizeof *mapping);
  if (mapping == NULL) {
    memory_unmap((void *)address, length);
    return -ENOMEM;
  }
  *mapping = (struct mapping){(void *)address, length, true, true};
  buffer_create(call, mapping);
  return 0;
}

// Fixed addresses could replace memory of the process.
static bool flags_allowed(int64_t flags) {
  return (flags & (MAP_FIXED | MAP_FIXED_NOREPLACE | MAP_GROWSDOWN)) == 0;
}

static void mapping_end(struct mapping *mapping) {
  if (mapping->mapped) memory_unmap(mapping->memory, mapping->length);
  mapping->mapped = false;
}

static void finalize_mapping(napi_env env, void *memory, void *data) {
  (void)env, (void)memory;
  struct mapping *mapping = data;
  mapping_end(mapping);
  if (!mapping->wanted) pages_free(mapping, sizeof *mapping);
}

// When the engine refuses to make the buffer it may or may not have finalized it already, or do so later. Then the
// memory is unmapped here, and the page of the record is given up.
static bool buffer_create(struct call *call, struct mapping *mapping) {
  napi_env env = call->env;
  napi_value buffer = NULL;
  napi_status status = napi_create_external_arraybuffer(env, mapping->memory, mapping->length,
                                                        finalize_mapping, mapping, &buffer);
  if (!succeeded(call, status)) {
    mapping_end(mapping);
    return false;
  }
  mapping->wanted = false;
  if (!succeeded(call, napi_wrap(env, buffer, mapping, NULL, NULL, NULL))) return false;
  if (!succeeded(call, napi_type_tag_object(env, buffer, &mapping_tag))) return false;
  call->object = buffer;
  return true;
}

long run_unmap(struct call *call) {
  napi_env env = call->env;
  napi_value buffer = call->arguments[0].value;
  bool ours = false;
  bool detached = false;
  struct mapping *mapping = NULL;
  napi_check_object_type_tag(env, buffer, &mapping_tag, &ours);
  if (!ours) return refuse_type(call, "memory", "must be what map returned");
  if (!succeeded(call, napi_is_detached_arraybuffer(env, buffer, &detached)) || detached) return 0;
  if (!succeeded(call, napi_unwrap(env, buffer, (void **)&mapping))) return 0;
  if (!succeeded(call, napi_detach_arraybuffer(env, buffer))) return 0;
  mapping_end(mapping);
  return 0;
}

long run_page_size(struct call *call) {
  (void)call;
  return (long)page_size();
}
