// The consumer's side of a BPF ring buffer (kernel/bpf/ringbuf.c): where records lie, and giving back their space. Reading
// them is left to JavaScript, which sees the same data.
//
//   page 0            page 1            from page 2: the data, mapped twice in a row
//  +-----------------+-----------------+----------------------+----------------------+
//  | consumer        | producer        | record record …      | the same again       |
//  | position, ours  | position, read- |                      |                      |
//  | to write        | only            |                      |                      |
//  +-----------------+-----------------+----------------------+----------------------+
//
// Positions only ever grow, and wrap as 64-bit numbers do; a place in the data is a position modulo its size. Thanks
// to the second mapping a record that passes the end is in one piece. A record starts at a multiple of 8 with
//
//   31     30        29      0
//  +------+---------+---------+--------------------+
//  | busy | discard | length  | page offset (32)   |  then `length` bytes
//  +------+---------+---------+--------------------+
//
// The kernel sets the length with the busy bit before it publishes the producer's position, and clears the bit last.
#include "functions.h"
#include "handle.h"
#include "memory.h"
#include "refuse.h"
#include "syscall.h"

enum { HEADER_SIZE = 8, RECORD_ALIGNMENT = 8 };
static const uint32_t busy_bit = 1u << 31;
static const uint32_t discard_bit = 1u << 30;

const napi_type_tag ring_tag = {0x1f0c6a2e94d7430b, 0xb6a8021c7e5f4d39};

struct ring {
  uint64_t *consumer; // NULL once closed
  const uint64_t *producer;
  const uint8_t *data;
  size_t size;
  size_t page;
};

static bool size_allowed(size_t size, size_t page);
static long ring_map(struct ring *ring, int fd);
static void ring_unmap(struct ring *ring);
static void finalize_ring(napi_env env, void *ring, void *hint);
static bool is_sound(const struct ring *ring, uint64_t consumer, uint64_t producer);
static long made_after(const struct ring *ring, uint64_t consumer, uint64_t producer, size_t enough);

long run_ring_open(struct call *call) {
  size_t size = (size_t)call->arguments[1].number;
  size_t page = page_size();
  if (!size_allowed(size, page)) return refuse_range(call, "size", "must be a power of two of whole pages");
  struct ring *ring = pages_allocate(sizeof *ring);
  if (ring == NULL) return -ENOMEM;
  ring->size = size;
  ring->page = page;
  long error = ring_map(ring, fd_argument(call, 0));
  if (!is_error(error) && handle_create(call, &ring_tag, ring, finalize_ring)) return 0;
  ring_unmap(ring);
  pages_free(ring, sizeof *ring);
  return error;
}

static bool size_allowed(size_t size, size_t page) { return size >= page && (size & (size - 1)) == 0; }

static long ring_map(struct ring *ring, int fd) {
  long consumer = memory_map(fd, ring->page, PROT_READ | PROT_WRITE, MAP_SHARED, 0);
  if (is_error(consumer)) return consumer;
  ring->consumer = (uint64_t *)consumer;
  long producer = memory_map(fd, ring->page + 2 * ring->size, PROT_READ, MAP_SHARED, ring->page);
  if (is_error(producer)) return producer;
  ring->producer = (const uint64_t *)producer;
  ring->data = (const uint8_t *)producer + ring->page;
  return 0;
}

static void ring_unmap(struct ring *ring) {
  if (ring->producer != NULL) memory_unmap((void *)ring->producer, ring->page + 2 * ring->size);
  if (ring->consumer != NULL) memory_unmap(ring->consumer, ring->page);
  ring->producer = NULL;
  ring->consumer = NULL;
}

static void finalize_ring(napi_env env, void *data, void *hint) {
  (void)env, (void)hint;
  ring_unmap(data);
  pages_free(data, sizeof(struct ring));
}

long run_ring_close(struct call *call) {
  ring_unmap(call->arguments[0].data);
  return 0;
}

// How many bytes behind the consumer's position there are, and the place of the first. A reader whose loads keep their
// order sees in the header whether a record is made, and then the record; for others that is found out here.
long run_ring_find(struct call *call) {
  const struct argument *argument = call->arguments;
  const struct ring *ring = argument[0].data;
  int32_t *place = argument[3].data;
  if (argument[3].length == 0) return refuse_range(call, "place", "must have an element");
  if (ring->consumer == NULL) return -EBADF;
  uint64_t consumer = *ring->consumer;
  uint64_t producer = __atomic_load_n(ring->producer, __ATOMIC_ACQUIRE);
  if (!is_sound(ring, consumer, producer)) return -EIO;
  *place = (int32_t)(consumer & (ring->size - 1));
  if (argument[1].number == 0) return (long)(producer - consumer);
  return made_after(ring, consumer, producer, (size_t)argument[2].number);
}

// Others can map the page with the consumer's position too. A wrong one must not lead outside the mapping.
static bool is_sound(const struct ring *ring, uint64_t consumer, uint64_t producer) {
  return consumer % RECORD_ALIGNMENT == 0 && producer - consumer <= ring->size;
}

// Bytes of records that are made, up to the first one that is not, or until there are enough. A length that leads too far
// is left to the reader to find.
static long made_after(const struct ring *ring, uint64_t consumer, uint64_t producer, size_t enough) {
  uint64_t position = consumer;
  while (position != producer && position - consumer < enough) {
    const uint8_t *record = ring->data + (position & (ring->size - 1));
    uint32_t header = __atomic_load_n((const uint32_t *)record, __ATOMIC_ACQUIRE);
    if ((header & busy_bit) != 0) break;
    size_t extent = round_up(HEADER_SIZE + (header & ~discard_bit), RECORD_ALIGNMENT);
    if (extent > producer - position) return (long)(producer - consumer);
    position += extent;
  }
  return (long)(position - consumer);
}

long run_ring_release(struct call *call) {
  struct ring *ring = call->arguments[0].data;
  uint64_t bytes = (uint64_t)call->arguments[1].number;
  if (ring->consumer == NULL) return -EBADF;
  uint64_t consumer = *ring->consumer; // only we write it
  uint64_t producer = __atomic_load_n(ring->producer, __ATOMIC_ACQUIRE);
  if (bytes % RECORD_ALIGNMENT != 0 || bytes > producer - consumer) return -EINVAL;
  if (bytes != 0) __atomic_store_n(ring->consumer, consumer + bytes, __ATOMIC_RELEASE);
  return 0;
}
