// The reading side of the ring of a perf event (include/uapi/linux/perf_event.h, kernel/events/ring_buffer.c): where records
// lie, and giving back their space. Reading them is left to JavaScript, which sees the same data.
//
//   page 0                                          from page 1: the data, mapped once
//  +----------------------------------------------+--------------------------------------------+
//  | … data_head, at 1024   data_tail, at 1032  … | record record …                            |
//  +----------------------------------------------+--------------------------------------------+
//
// Positions are 64-bit numbers; a place in the data is a position modulo its size. A record starts at a multiple of 8, and
// what is behind its header may go on at the start of the data.
//
// A ring that is read has its head moved up by the kernel and its tail by us. One that is overwritten (mapped for reading,
// written backwards) has its head moved down: there the newest record is, and older ones lie behind it.
#include "functions.h"
#include "handle.h"
#include "memory.h"
#include "refuse.h"
#include "syscall.h"

enum { DATA_HEAD = 1024, DATA_TAIL = 1032, RECORD_ALIGNMENT = 8 };

const napi_type_tag perf_ring_tag = {0x62a91cf08be4d357, 0xd01b7e9a54c83f26};

struct perf_ring {
  uint8_t *page; // NULL once closed
  size_t size;
  size_t mapped;
  bool overwritten;
};

static bool size_allowed(size_t size, size_t page);
static void perf_ring_unmap(struct perf_ring *ring);
static void finalize_perf_ring(napi_env env, void *ring, void *hint);

static uint64_t *head_of(const struct perf_ring *ring) { return (uint64_t *)(ring->page + DATA_HEAD); }
static uint64_t *tail_of(const struct perf_ring *ring) { return (uint64_t *)(ring->page + DATA_TAIL); }

long run_perf_open(struct call *call) {
  size_t size = (size_t)call->arguments[1].number;
  size_t page = page_size();
  if (!size_allowed(size, page)) return refuse_range(call, "size", "must be a power of two of whole pages");
  struct perf_ring *ring = pages_allocate(sizeof *ring);
  if (ring == NULL) return -ENOMEM;
  ring->overwritten = call->arguments[2].number != 0;
  ring->size = size;
  ring->mapped = page + size;
  // That the page is writable is what tells the kernel to keep what was not read.
  int protection = ring->overwritten ? PROT_READ : PROT_READ | PROT_WRITE;
  long address = memory_map(fd_argument(call, 0), ring->mapped, protection, MAP_SHARED, 0);
  if (!is_error(address)) {
    ring->page = (uint8_t *)address;
    if (handle_create(call, &perf_ring_tag, ring, finalize_perf_ring)) return 0;
  }
  perf_ring_unmap(ring);
  pages_free(ring, sizeof *ring);
  return is_error(address) ? address : 0;
}

static bool size_allowed(size_t size, size_t page) { return size >= page && (size & (size - 1)) == 0; }

static void perf_ring_unmap(struct perf_ring *ring) {
  if (ring->page != NULL) memory_unmap(ring->page, ring->mapped);
  ring->page = NULL;
}

static void finalize_perf_ring(napi_env env, void *data, void *hint) {
  (void)env, (void)hint;
  perf_ring_unmap(data);
  pages_free(data, sizeof(struct perf_ring));
}

long run_perf_close(struct call *call) {
  perf_ring_unmap(call->arguments[0].data);
  return 0;
}

// Of a ring that is overwritten everything is there to be looked at, from its newest record on.
long run_perf_find(struct call *call) {
  const struct argument *argument = call->arguments;
  const struct perf_ring *ring = argument[0].data;
  int32_t *place = argument[1].data;
  if (argument[1].length == 0) return refuse_range(call, "place", "must have an element");
  if (ring->page == NULL) return -EBADF;
  uint64_t head = __atomic_load_n(head_of(ring), __ATOMIC_ACQUIRE);
  uint64_t start = ring->overwritten ? head : *tail_of(ring); // only we write the tail
  uint64_t bytes = ring->overwritten ? ring->size : head - start;
  if (start % RECORD_ALIGNMENT != 0 || bytes > ring->size) return -EIO;
  *place = (int32_t)(start & (ring->size - 1));
  return (long)bytes;
}

long run_perf_release(struct call *call) {
  struct perf_ring *ring = call->arguments[0].data;
  uint64_t bytes = (uint64_t)call->arguments[1].number;
  if (ring->page == NULL || ring->overwritten) return -EBADF;
  uint64_t tail = *tail_of(ring);
  uint64_t head = __atomic_load_n(head_of(ring), __ATOMIC_ACQUIRE);
  if (bytes % RECORD_ALIGNMENT != 0 || bytes > head - tail) return -EINVAL;
  if (bytes != 0) __atomic_store_n(tail_of(ring), tail + bytes, __ATOMIC_RELEASE);
  return 0;
}
