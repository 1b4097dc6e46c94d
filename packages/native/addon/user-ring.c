// The producing side of a user ring buffer (kernel/bpf/ringbuf.c): records for a kernel program.
//
//   page 0            page 1            from page 2: the data, mapped twice in a row
//  +-----------------+-----------------+----------------------+----------------------+
//  | consumer        | producer        | record record …      | the same again       |
//  | position, read- | position, ours  |                      |                      |
//  | only            | to write        |                      |                      |
//  +-----------------+-----------------+----------------------+----------------------+
//
//   31     30        29      0
//  +------+---------+---------+--------------------+
//  | busy | discard | length  | unused (32)        |  then `length` bytes; records start at multiples of 8
//  +------+---------+---------+--------------------+
//
// A record is reserved busy, with the producer's position behind it; whoever wrote it clears the bit. The kernel takes
// records in order and stops at a busy one. Nothing here writes what is in a record: JavaScript does, through a mapping of
// its own.
#include "functions.h"
#include "handle.h"
#include "memory.h"
#include "refuse.h"
#include "syscall.h"

enum { HEADER_SIZE = 8, RECORD_ALIGNMENT = 8 };
static const uint32_t busy_bit = 1u << 31;
static const uint32_t discard_bit = 1u << 30;

const napi_type_tag user_ring_tag = {0xa7e2640f1bd893c5, 0x3c5f90d8b6217ea4};

struct user_ring {
  const uint64_t *consumer; // NULL once closed
  uint64_t *producer;
  uint8_t *data;
  size_t size;
  size_t page;
};

static bool size_allowed(size_t size, size_t page);
static long user_ring_map(struct user_ring *ring, int fd);
static void user_ring_unmap(struct user_ring *ring);
static void finalize_user_ring(napi_env env, void *ring, void *hint);

long run_user_ring_open(struct call *call) {
  size_t size = (size_t)call->arguments[1].number;
  size_t page = page_size();
  if (!size_allowed(size, page)) return refuse_range(call, "size", "must be a power of two of whole pages");
  struct user_ring *ring = pages_allocate(sizeof *ring);
  if (ring == NULL) return -ENOMEM;
  ring->size = size;
  ring->page = page;
  long error = user_ring_map(ring, fd_argument(call, 0));
  if (!is_error(error) && handle_create(call, &user_ring_tag, ring, finalize_user_ring)) return 0;
  user_ring_unmap(ring);
  pages_free(ring, sizeof *ring);
  return error;
}

static bool size_allowed(size_t size, size_t page) { return size >= page && (size & (size - 1)) == 0; }

static long user_ring_map(struct user_ring *ring, int fd) {
  long consumer = memory_map(fd, ring->page, PROT_READ, MAP_SHARED, 0);
  if (is_error(consumer)) return consumer;
  ring->consumer = (const uint64_t *)consumer;
  long producer =
      memory_map(fd, ring->page + 2 * ring->size, PROT_READ | PROT_WRITE, MAP_SHARED, ring->page);
  if (is_error(producer)) return producer;
  ring->producer = (uint64_t *)producer;
  ring->data = (uint8_t *)producer + ring->page;
  return 0;
}

static void user_ring_unmap(struct user_ring *ring) {
  if (ring->producer != NULL) memory_unmap(ring->producer, ring->page + 2 * ring->size);
  if (ring->consumer != NULL) memory_unmap((void *)ring->consumer, ring->page);
  ring->producer = NULL;
  ring->consumer = NULL;
}

static void finalize_user_ring(napi_env env, void *data, void *hint) {
  (void)env, (void)hint;
  user_ring_unmap(data);
  pages_free(data, sizeof(struct user_ring));
}

long run_user_ring_close(struct call *call) {
  user_ring_unmap(call->arguments[0].data);
  return 0;
}

long run_user_ring_pending(struct call *call) {
  const struct user_ring *ring = call->arguments[0].data;
  if (ring->consumer == NULL) return -EBADF;
  return (long)(*ring->producer - __atomic_load_n(ring->consumer, __ATOMIC_ACQUIRE));
}

// Where the bytes of the record start in the data. Several processes may have the ring mapped; only one may produce.
long run_user_ring_reserve(struct call *call) {
  struct user_ring *ring = call->arguments[0].data;
  uint64_t length = (uint64_t)call->arguments[1].number;
  if (ring->consumer == NULL) return -EBADF;
  uint64_t extent = round_up(HEADER_SIZE + length, RECORD_ALIGNMENT);
  uint64_t producer = *ring->producer;
  uint64_t pending = producer - __atomic_load_n(ring->consumer, __ATOMIC_ACQUIRE);
  if (producer % RECORD_ALIGNMENT != 0 || pending > ring->size) return -EIO;
  if (extent > ring->size) return -E2BIG;
  if (extent > ring->size - pending) return -ENOSPC;
  size_t start = producer & (ring->size - 1);
  uint32_t *header = (uint32_t *)(ring->data + start);
  header[0] = (uint32_t)length | busy_bit;
  header[1] = 0;
  __atomic_store_n(ring->producer, producer + extent, __ATOMIC_RELEASE);
  return (long)(start + HEADER_SIZE);
}

// Hands a reserved record over, or has the kernel pass over it.
long run_user_ring_settle(struct call *call) {
  struct user_ring *ring = call->arguments[0].data;
  uint64_t place = (uint64_t)call->arguments[1].number;
  if (ring->consumer == NULL) return -EBADF;
  if (place < HEADER_SIZE || place >= ring->size + HEADER_SIZE || place % RECORD_ALIGNMENT != 0) return -EINVAL;
  uint32_t *header = (uint32_t *)(ring->data + place - HEADER_SIZE);
  uint32_t word = *header;
  if ((word & busy_bit) == 0) return -EINVAL;
  uint32_t settled = word & ~busy_bit;
  if (call->arguments[2].number == 0) settled |= discard_bit;
  __atomic_store_n(header, settled, __ATOMIC_SEQ_CST);
  return 0;
}
