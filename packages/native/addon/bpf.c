#include "bpf.h"

#include "functions.h"
#include "memory.h"
#include "owned.h"
#include "refuse.h"
#include "syscall.h"

// The attributes are staged, see ATTR_ROOM. That also keeps the addresses in them out of JavaScript's memory.
long run_bpf(struct call *call) {
  const struct argument *command = &call->arguments[0];
  const struct argument *attr = &call->arguments[1];
  struct pointers *pointers = &call->pointers;
  _Alignas(8) uint8_t staged[ATTR_ROOM];
  if (attr->length > sizeof staged) return refuse_range(call, "attr", ATTR_TOO_LONG);

  memset(staged, 0, sizeof staged);
  memcpy(staged, attr->data, attr->length);
  pointers_redirect(pointers, attr->data, attr->length, staged);
  pointers_store(pointers);
  long result = syscall3(SYS_bpf, command->number, (long)staged, (long)attr->length);
  pointers_erase(pointers);
  memcpy(attr->data, staged, attr->length);
  return result;
}

// A call that was refused here has returned 0, which is no descriptor of ours.
long run_bpf_open(struct call *call) { return owned_add(call, run_bpf(call)); }
