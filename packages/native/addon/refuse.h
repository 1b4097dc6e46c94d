// Exceptions for mistakes of the caller. What the kernel refuses is a number, never an exception.
#ifndef TS_EBPF_REFUSE_H
#define TS_EBPF_REFUSE_H

#include "call.h"

// Text of at most a line, cut where it does not fit.
struct text {
  char bytes[160];
  size_t length;
};

void text_add(struct text *text, const char *part);
void text_add_integer(struct text *text, int64_t number);
// "name[3]"
void text_add_index(struct text *text, const char *name, size_t index);

// Throw "function: what requirement" and return 0, for `return refuse_type(…)`.
long refuse_type(struct call *call, const char *what, const char *requirement);
long refuse_range(struct call *call, const char *what, const char *requirement);

// For what only an exhausted or stopping engine does. True when `status` is success.
bool succeeded(struct call *call, napi_status status);
// Throws an error that names `reason`, unless an exception is pending already; returns 0.
long refuse_failure(struct call *call, const char *reason);

#endif
