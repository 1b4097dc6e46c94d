#include "handle.h"

#include "refuse.h"

// The tag comes before the memory: once the engine holds that, nothing may fail any more.
bool handle_create(struct call *call, const napi_type_tag *tag, void *data, napi_finalize finalize) {
  napi_value handle = NULL;
  if (!succeeded(call, napi_create_object(call->env, &handle))) return false;
  if (!succeeded(call, napi_type_tag_object(call->env, handle, tag))) return false;
  if (!succeeded(call, napi_wrap(call->env, handle, data, finalize, NULL, NULL))) return false;
  call->object = handle;
  return true;
}

void *handle_data(napi_env env, napi_value value, const napi_type_tag *tag) {
  bool matches = false;
  void *data = NULL;
  if (napi_check_object_type_tag(env, value, tag, &matches) != napi_ok || !matches) return NULL;
  return napi_unwrap(env, value, &data) == napi_ok ? data : NULL;
}
