// One call from JavaScript: which function, its checked arguments, and what it returns.
//
// Functions are rows of a table (module.c). The table says what each argument must be, so that checking happens in
// one place (arguments.c) before the function runs, and a function is left with the system call.
#ifndef TS_EBPF_CALL_H
#define TS_EBPF_CALL_H

#include <node_api.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "pointers.h"

enum { MAX_PARAMETERS = 6, NAMES_ROOM = 50 };

// What an argument must be; the rules are in arguments.c.
enum kind {
  KIND_NONE, // ends the list
  KIND_INT,
  KIND_NATURAL,
  KIND_UINT,
  KIND_CHOICE,
  KIND_SIZE,
  KIND_SHARED_SIZE,
  KIND_OFFSET,
  KIND_PROTECTION,
  KIND_BYTES,
  KIND_BYTES_OR_INTEGER,
  KIND_INT32S,
  KIND_UINT64S,
  KIND_BUFFER,
  KIND_FUNCTION,
  KIND_POINTERS,
  KIND_POLL,
  KIND_USER_RING,
  KIND_XSK,
};

enum { OPTIONAL = 0x80 }; // added to a kind: undefined will do

// An argument that was found to be that.
struct argument {
  napi_value value;
  int64_t number;
  void *data;     // typed arrays: where they start; handles: what they stand for
  size_t length;  // typed arrays: how many elements
  bool given;     // false when an optional argument is undefined
  bool is_number; // KIND_BYTES_OR_INTEGER: which
};

struct call;

// Returns the number JavaScript gets, unless the call has an object to return or has thrown.
typedef long (*native_run)(struct call *call);

// The names, of the function and its parameters, end with NUL each and are looked for only when an argument is
// wrong. They lie in the row itself: a pointer to each would need a relocation, three times as long as a name.
struct native_function {
  native_run run;
  uint8_t kinds[MAX_PARAMETERS];
  char names[NAMES_ROOM];
};

struct call {
  napi_env env;
  const struct native_function *function;
  struct argument arguments[MAX_PARAMETERS];
  struct pointers pointers;
  napi_value object; // returned instead of a number
  bool threw;        // an exception is pending
};

static inline int fd_argument(const struct call *call, int index) {
  return (int)call->arguments[index].number;
}

// Checks and reads the arguments. False when one is wrong; the exception is pending then.
bool arguments_read(struct call *call, const napi_value *values);

// Reads elements of a Uint8Array. False when it is something else. Never runs JavaScript.
bool bytes_read(napi_env env, napi_value value, uint8_t **data, size_t *length);

// Reads an integer. False when it is not one or outside. Never runs JavaScript.
bool integer_read(napi_env env, napi_value value, int64_t lowest, int64_t highest, int64_t *number);

#endif
