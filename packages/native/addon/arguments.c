#include "call.h"
#include "functions.h"
#include "handle.h"
#include "memory.h"
#include "refuse.h"

enum outcome { FINE, WRONG_TYPE, WRONG_RANGE };

enum check {
  CHECK_INTEGER,
  CHECK_ELEMENTS,
  CHECK_ELEMENTS_OR_INTEGER,
  CHECK_BUFFER,
  CHECK_FUNCTION,
  CHECK_POINTERS,
  CHECK_POLL,
  CHECK_USER_RING,
  CHECK_XSK,
};

// No pointers in here: each would need a relocation.
struct rule {
  char requirement[35]; // the longest is 34 characters long
  uint8_t check;
  uint8_t elements; // napi_typedarray_type
  int64_t lowest, highest;
};

static bool has_type(napi_env env, napi_value value, napi_valuetype wanted);
static bool argument_read(struct call *call, size_t index);
static const char *parameter_name(const struct call *call, size_t index);
static long refuse_outside(struct call *call, const char *name, const struct rule *rule);

// Lists of pointers come first: reading them may run JavaScript, which could take away memory looked up before.
bool arguments_read(struct call *call, const napi_value *values) {
  const uint8_t *kinds = call->function->kinds;
  size_t count = 0;
  for (; count < MAX_PARAMETERS && kinds[count] != KIND_NONE; count++) {
    if ((kinds[count] & ~OPTIONAL) != KIND_POINTERS) continue;
    if ((kinds[count] & OPTIONAL) != 0 && has_type(call->env, values[count], napi_undefined)) continue;
    if (!pointers_gather(call, values[count])) return false;
  }
  for (size_t index = 0; index < count; index++) {
    call->arguments[index].value = values[index];
    if (!argument_read(call, index)) return false;
  }
  return pointers_resolve(call);
}

bool bytes_read(napi_env env, napi_value value, uint8_t **data, size_t *length) {
  napi_typedarray_type type = napi_int8_array; // kinds the engine has no number for leave it alone
  napi_status status =
      napi_get_typedarray_info(env, value, &type, length, (void **)data, NULL, NULL);
  return status == napi_ok && type == napi_uint8_array;
}

bool integer_read(napi_env env, napi_value value, int64_t lowest, int64_t highest, int64_t *number) {
  double given = 0;
  if (napi_get_value_double(env, value, &given) != napi_ok) return false;
  // Written so that NaN fails; the limits are far from where a double loses integers.
  if (!(given >= (double)lowest && given <= (double)highest)) return false;
  *number = (int64_t)given;
  return (double)*number == given;
}

static enum outcome read_integer(napi_env env, const struct rule *rule, struct argument *argument) {
  napi_valuetype type = napi_undefined;
  argument->is_number = true;
  if (integer_read(env, argument->value, rule->lowest, rule->highest, &argument->number)) return FINE;
  napi_typeof(env, argument->value, &type);
  return type == napi_number ? WRONG_RANGE : WRONG_TYPE;
}

static bool read_elements(napi_env env, const struct rule *rule, struct argument *argument) {
  napi_typedarray_type type = napi_int8_array; // the engine leaves it alone for kinds it has no number for
  argument->is_number = false;
  napi_status status = napi_get_typedarray_info(env, argument->value, &type, &argument->length,
                                                &argument->data, NULL, NULL);
  return status == napi_ok && type == rule->elements;
}

static bool is_buffer(napi_env env, napi_value value) {
  bool result = false;
  return napi_is_arraybuffer(env, value, &result) == napi_ok && result;
}

static bool has_type(napi_env env, napi_value value, napi_valuetype wanted) {
  napi_valuetype type = napi_undefined;
  return napi_typeof(env, value, &type) == napi_ok && type == wanted;
}

static bool read_handle(napi_env env, const napi_type_tag *tag, struct argument *argument) {
  argument->data = handle_data(env, argument->value, tag);
  return argument->data != NULL;
}

// Below 1 MiB no memory of a process starts, so such a number cannot pass for an address; and -1 is one nowhere.
#define BELOW_ADDRESSES ((1 << 20) - 1)
// What every supported engine can hold in one buffer.
#define MOST_BYTES (1LL << 32)
#define MOST_SHARED_BYTES (1LL << 30)
#define LARGEST_INTEGER ((1LL << 53) - 1)

#define INTEGER(from, to) {"must be a number", CHECK_INTEGER, 0, from, to}
#define ELEMENTS(requirement, of) {requirement, CHECK_ELEMENTS, of, 0, 0}
#define OTHER(requirement, check) {requirement, check, 0, 0, 0}

static const struct rule rules[] = {
    [KIND_INT] = INTEGER(INT32_MIN, INT32_MAX),
    [KIND_NATURAL] = INTEGER(0, INT32_MAX),
    [KIND_UINT] = INTEGER(0, UINT32_MAX),
    [KIND_CHOICE] = INTEGER(0, 1),
    [KIND_SIZE] = INTEGER(1, MOST_BYTES),
    [KIND_SHARED_SIZE] = INTEGER(0, MOST_SHARED_BYTES),
    [KIND_OFFSET] = INTEGER(0, LARGEST_INTEGER),
    [KIND_PROTECTION] = INTEGER(PROT_READ, PROT_READ | PROT_WRITE),
    [KIND_BYTES] = ELEMENTS("must be a Uint8Array", napi_uint8_array),
    [KIND_INT32S] = ELEMENTS("must be an Int32Array", napi_int32_array),
    [KIND_UINT64S] = ELEMENTS("must be a BigUint64Array", napi_biguint64_array),
    [KIND_BYTES_OR_INTEGER] = {"must be a number or a Uint8Array", CHECK_ELEMENTS_OR_INTEGER,
                               napi_uint8_array, -1, BELOW_ADDRESSES},
    [KIND_BUFFER] = OTHER("must be an ArrayBuffer", CHECK_BUFFER),
    [KIND_FUNCTION] = OTHER("must be a function", CHECK_FUNCTION),
    [KIND_POINTERS] = OTHER("", CHECK_POINTERS),
    [KIND_POLL] = OTHER("must be what pollStart returned", CHECK_POLL),
    [KIND_USER_RING] = OTHER("must be what userRingOpen returned", CHECK_USER_RING),
    [KIND_XSK] = OTHER("must be what xskOpen returned", CHECK_XSK),
};

static enum outcome fine_if(bool fits) { return fits ? FINE : WRONG_TYPE; }

static enum outcome rule_apply(napi_env env, const struct rule *rule, struct argument *argument) {
  napi_value value = argument->value;
  switch ((enum check)rule->check) {
  case CHECK_INTEGER:
    return read_integer(env, rule, argument);
  case CHECK_ELEMENTS:
    return fine_if(read_elements(env, rule, argument));
  case CHECK_ELEMENTS_OR_INTEGER:
    return read_elements(env, rule, argument) ? FINE : read_integer(env, rule, argument);
  case CHECK_BUFFER:
    return fine_if(is_buffer(env, value));
  case CHECK_FUNCTION:
    return fine_if(has_type(env, value, napi_function));
  case CHECK_POINTERS:
    return FINE; // gathered before, resolved after
  case CHECK_POLL:
    return fine_if(read_handle(env, &poll_tag, argument));
  case CHECK_USER_RING:
    return fine_if(read_handle(env, &user_ring_tag, argument));
  case CHECK_XSK:
    return fine_if(read_handle(env, &xsk_tag, argument));
  }
  return WRONG_TYPE;
}

static bool argument_read(struct call *call, size_t index) {
  uint8_t kind = call->function->kinds[index];
  const struct rule *rule = &rules[kind & ~OPTIONAL];
  struct argument *argument = &call->arguments[index];
  argument->data = NULL;
  argument->length = 0;
  argument->given = (kind & OPTIONAL) == 0 || !has_type(call->env, argument->value, napi_undefined);
  if (!argument->given) return true;
  enum outcome outcome = rule_apply(call->env, rule, argument);
  if (outcome == WRONG_TYPE) return refuse_type(call, parameter_name(call, index), rule->requirement);
  return outcome == FINE || refuse_outside(call, parameter_name(call, index), rule);
}

static const char *parameter_name(const struct call *call, size_t index) {
  const char *name = call->function->names;
  for (size_t ends = 0; ends <= index; name++) ends += *name == '\0';
  return name;
}

static long refuse_outside(struct call *call, const char *name, const struct rule *rule) {
  struct text text = {.length = 0};
  text_add(&text, "must be an integer from ");
  text_add_integer(&text, rule->lowest);
  text_add(&text, " to ");
  text_add_integer(&text, rule->highest);
  return refuse_range(call, name, text.bytes);
}
