// Addresses that a call stores into memory of JavaScript for as long as it lasts.
//
// Reading the list can run JavaScript (an element may have a getter), and JavaScript can take memory away. So the
// list is gathered before any other argument is looked at, and turned into addresses when nothing can run any more.
#ifndef TS_EBPF_POINTERS_H
#define TS_EBPF_POINTERS_H

#include <node_api.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct call;

// First what JavaScript gave, then, in the same memory, what becomes of it.
union pointer {
  napi_value given[4]; // memory to store into, offset there, memory pointed to, offset in that
  struct {
    uint8_t *place;
    uint64_t address;
  } resolved;
};

enum { FEW_POINTERS = 8 };

struct pointers {
  size_t count;
  union pointer *entries;
  size_t mapped; // bytes of pages at `entries`; 0 while `few` suffices
  union pointer few[FEW_POINTERS];
};

static inline void pointers_clear(struct pointers *pointers) {
  pointers->count = 0;
  pointers->mapped = 0;
}

// Both return false with an exception pending when the list is wrong.
bool pointers_gather(struct call *call, napi_value list);
bool pointers_resolve(struct call *call);

// Moves the places that lie in `memory` to where they are in its copy.
void pointers_redirect(struct pointers *pointers, const uint8_t *memory, size_t length, uint8_t *copy);
void pointers_store(const struct pointers *pointers);
void pointers_erase(const struct pointers *pointers);
void pointers_release(struct pointers *pointers);

#endif
