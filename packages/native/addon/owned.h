// The descriptors that JavaScript was given by one environment: the main thread, or a worker.
#ifndef TS_EBPF_OWNED_H
#define TS_EBPF_OWNED_H

#include "call.h"

// Begins the set of an environment. False without memory, or when the environment is about to end.
bool owned_begin(napi_env env);

// Adds a new descriptor, which is returned, as is a negated errno.
long owned_add(struct call *call, long fd);
// Takes out a descriptor that is about to be closed.
void owned_remove(struct call *call, int fd);

#endif
