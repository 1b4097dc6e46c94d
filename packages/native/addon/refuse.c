#include "refuse.h"

void text_add(struct text *text, const char *part) {
  while (*part != '\0' && text->length < sizeof text->bytes - 1) {
    text->bytes[text->length++] = *part++;
  }
  text->bytes[text->length] = '\0';
}

void text_add_integer(struct text *text, int64_t number) {
  char digits[24];
  size_t start = sizeof digits;
  uint64_t rest = number < 0 ? -(uint64_t)number : (uint64_t)number;
  digits[--start] = '\0';
  do {
    digits[--start] = (char)('0' + rest % 10);
    rest /= 10;
  } while (rest != 0);
  if (number < 0) digits[--start] = '-';
  text_add(text, digits + start);
}

void text_add_index(struct text *text, const char *name, size_t index) {
  text_add(text, name);
  text_add(text, "[");
  text_add_integer(text, (int64_t)index);
  text_add(text, "]");
}

typedef napi_status (*throw_error)(napi_env env, const char *code, const char *message);

static long refuse(struct call *call, throw_error raise, const char *code, const char *const parts[2]) {
  struct text text = {.length = 0};
  text_add(&text, call->function->names);
  text_add(&text, ": ");
  text_add(&text, parts[0]);
  text_add(&text, " ");
  text_add(&text, parts[1]);
  raise(call->env, code, text.bytes);
  call->threw = true;
  return 0;
}

long refuse_type(struct call *call, const char *what, const char *requirement) {
  const char *const parts[2] = {what, requirement};
  return refuse(call, napi_throw_type_error, "ERR_INVALID_ARG_TYPE", parts);
}

long refuse_range(struct call *call, const char *what, const char *requirement) {
  const char *const parts[2] = {what, requirement};
  return refuse(call, napi_throw_range_error, "ERR_OUT_OF_RANGE", parts);
}

bool succeeded(struct call *call, napi_status status) {
  if (status == napi_ok) return true;
  refuse_failure(call, "failed");
  return false;
}

long refuse_failure(struct call *call, const char *reason) {
  bool pending = false;
  napi_is_exception_pending(call->env, &pending);
  call->threw = true;
  if (pending) return 0;
  const char *const parts[2] = {"the engine", reason};
  return refuse(call, napi_throw_error, "ERR_NATIVE_BRIDGE", parts);
}
