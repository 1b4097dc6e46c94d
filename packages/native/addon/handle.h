// Handles: objects that stand for native memory and cannot be made or mistaken in JavaScript.
#ifndef TS_EBPF_HANDLE_H
#define TS_EBPF_HANDLE_H

#include "call.h"

// Makes the object the call returns. `finalize` runs when it is collected or the environment ends. False, with an
// exception pending and `data` still the caller's, when the engine refuses.
bool handle_create(struct call *call, const napi_type_tag *tag, void *data, napi_finalize finalize);

// What the handle stands for; NULL when the value is anything but a handle with this tag.
void *handle_data(napi_env env, napi_value value, const napi_type_tag *tag);

#endif
