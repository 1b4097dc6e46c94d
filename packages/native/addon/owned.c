// Descriptors that JavaScript was given and has not closed: a bit for each, by its number.
//
// They are of the process, so nobody else closes those of a worker that is terminated. A bit is set where the
// descriptor comes from the kernel, before JavaScript runs again and may be stopped, and is gone before it is closed:
// at no time does the set have a number that is somebody else's.
#include "owned.h"

#include "descriptor.h"
#include "memory.h"
#include "syscall.h"

// As many as fs.nr_open allows unless somebody raises it; those above are not closed. Standard streams are never ours.
enum { STREAMS = 3, WORD_BITS = 64, MOST_DESCRIPTORS = 1 << 20 };

struct owned {
  size_t used; // words that may have bits; the pages behind them are never touched
  uint64_t words[MOST_DESCRIPTORS / WORD_BITS];
};

static void finalize_owned(napi_env env, void *data, void *hint) {
  (void)env, (void)hint;
  struct owned *owned = data;
  for (size_t word = 0; word < owned->used; word++) {
    for (uint64_t left = owned->words[word]; left != 0; left &= left - 1) {
      descriptor_close((int)word * WORD_BITS + __builtin_ctzll(left));
    }
  }
  pages_free(owned, sizeof *owned);
}

bool owned_begin(napi_env env) {
  struct owned *owned = pages_allocate(sizeof *owned);
  if (owned == NULL) return false;
  if (napi_set_instance_data(env, owned, finalize_owned, NULL) == napi_ok) return true;
  pages_free(owned, sizeof *owned);
  return false;
}

// The set, or NULL for a number that cannot be in it.
static struct owned *owned_of(struct call *call, long fd) {
  void *owned = NULL;
  if (fd < STREAMS || fd >= MOST_DESCRIPTORS) return NULL;
  return napi_get_instance_data(call->env, &owned) == napi_ok ? owned : NULL;
}

long owned_add(struct call *call, long fd) {
  struct owned *owned = owned_of(call, fd);
  size_t word = (size_t)fd / WORD_BITS;
  if (owned == NULL) return fd;
  owned->words[word] |= UINT64_C(1) << fd % WORD_BITS;
  if (owned->used <= word) owned->used = word + 1;
  return fd;
}

void owned_remove(struct call *call, int fd) {
  struct owned *owned = owned_of(call, fd);
  if (owned != NULL) owned->words[fd / WORD_BITS] &= ~(UINT64_C(1) << fd % WORD_BITS);
}
