// The consumer's side of a BPF ring buffer (kernel/bpf/ringbuf.c).
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

enum { HEADER_SIZE = 8, RECORD_ALIGNMENT = 8, NUMBERS_PER_PLACE = 2, PREFETCH_DISTANCE = 512 };
#define NO_PLACES "must have two elements per record"
static const uint32_t busy_bit = 1u << 31;
static const uint32_t discard_bit = 1u << 30;

const napi_type_tag ring_tag = {0x1f0c6a2e94d7430b, 0xb6a8021c7e5f4d39};

struct ring {
  uint64_t *consumer; // NULL once closed
  const uint64_t *producer;
  const uint8_t *data;
  size_t size;
  size_t page;
  uint64_t scanned; // behind what the last scan has passed; never before the consumer's position
  size_t payload; // bytes in the records from the consumer's position to there, without headers and padding
};

// A batch on its way out.
struct batch {
  bool copies; // or else only places are noted
  uint8_t *bytes;
  int32_t *places;
  size_t room;
  size_t most;
  size_t used;
  size_t count;
  size_t payload;
};

static bool size_allowed(size_t size, size_t page);
static long ring_map(struct ring *ring, int fd);
static void ring_unmap(struct ring *ring);
static void finalize_ring(napi_env env, void *ring, void *hint);
// Inlined so that the batch stays in registers: some 5 % of a drain.
#define HOT static inline __attribute__((always_inline))

HOT long records_take(const struct ring *ring, uint64_t *position, struct batch *batch);
HOT long records_pass(const struct ring *ring, uint64_t *position, uint64_t producer, struct batch *batch);
static bool is_sound(const struct ring *ring, uint64_t consumer, uint64_t producer);
static size_t payload_between(const struct ring *ring, uint64_t position, uint64_t end);
static long position_release(struct ring *ring, uint64_t position);
static bool batch_has_room(const struct batch *batch, size_t length);
static void batch_note(struct batch *batch, size_t start, size_t length);
static void batch_copy(struct batch *batch, const uint8_t *bytes, size_t length);

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
  ring->scanned = *ring->consumer; // readers before us may have moved it
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

long run_ring_pending(struct call *call) {
  const struct ring *ring = call->arguments[0].data;
  if (ring->consumer == NULL) return -EBADF;
  return (long)(__atomic_load_n(ring->producer, __ATOMIC_ACQUIRE) - *ring->consumer);
}

// Discarded records are passed over on the way, so they are given back even when nothing was copied.
long run_ring_drain(struct call *call) {
  const struct argument *argument = call->arguments;
  struct ring *ring = argument[0].data;
  struct batch batch = {
      .copies = true,
      .bytes = argument[1].data,
      .places = argument[2].data,
      .room = argument[1].length < INT32_MAX ? argument[1].length : INT32_MAX,
      .most = argument[2].length / NUMBERS_PER_PLACE,
  };
  if (batch.most == 0) return refuse_range(call, "places", NO_PLACES);
  if (ring->consumer == NULL) return -EBADF;
  uint64_t position = 0;
  long result = records_take(ring, &position, &batch);
  if (argument[3].number != 0) position_release(ring, position);
  return result;
}

// Without copying: places count from the start of the data, and nothing is given back yet.
long run_ring_scan(struct call *call) {
  const struct argument *argument = call->arguments;
  struct ring *ring = argument[0].data;
  struct batch batch = {
      .copies = false,
      .places = argument[1].data,
      .most = argument[1].length / NUMBERS_PER_PLACE,
  };
  if (batch.most == 0) return refuse_range(call, "places", NO_PLACES);
  if (ring->consumer == NULL) return -EBADF;
  long result = records_take(ring, &ring->scanned, &batch);
  ring->payload = batch.payload;
  return result;
}

// A place becomes a position again by its distance from the consumer's. What is waiting is always shorter than the
// data (the kernel keeps a gap), so the distance has one meaning. Returns the bytes in the records that were released.
long run_ring_release(struct call *call) {
  enum { EVERYTHING = -1 };
  struct ring *ring = call->arguments[0].data;
  int64_t end = call->arguments[1].number;
  if (ring->consumer == NULL) return -EBADF;
  uint64_t consumer = *ring->consumer;
  uint64_t passed = ring->scanned - consumer;
  uint64_t position = ring->scanned;
  if (end != EVERYTHING) {
    uint64_t behind = round_up((size_t)end, RECORD_ALIGNMENT);
    position = consumer + ((behind - consumer) & (ring->size - 1));
  }
  if (passed > ring->size || position - consumer > passed) return -EINVAL;
  return position_release(ring, position);
}

// What a scan has passed never lies before the consumer's position, or releasing it would take records back. Returns the
// bytes of what was scanned and is released now.
static long position_release(struct ring *ring, uint64_t position) {
  uint64_t consumer = *ring->consumer; // only we write it
  if (position == consumer) return 0;
  size_t left = 0;
  if (ring->scanned - consumer > position - consumer) {
    left = payload_between(ring, position, ring->scanned);
    if (left > ring->payload) return -EINVAL; // not behind a record
  } else {
    ring->scanned = position;
  }
  size_t released = ring->payload - left;
  ring->payload = left;
  __atomic_store_n(ring->consumer, position, __ATOMIC_RELEASE);
  return (long)released;
}

// Bytes in the records between two positions that a scan has passed.
static size_t payload_between(const struct ring *ring, uint64_t position, uint64_t end) {
  size_t payload = 0;
  while ((int64_t)(end - position) > 0) {
    uint32_t header = *(const uint32_t *)(ring->data + (position & (ring->size - 1)));
    size_t length = header & ~(busy_bit | discard_bit);
    if ((header & discard_bit) == 0) payload += length;
    position += round_up(HEADER_SIZE + length, RECORD_ALIGNMENT);
  }
  return payload;
}

// How many records there are, or why there is none; `position` ends behind what was passed.
HOT long records_take(const struct ring *ring, uint64_t *position, struct batch *batch) {
  uint64_t consumer = *ring->consumer;
  uint64_t producer = __atomic_load_n(ring->producer, __ATOMIC_ACQUIRE);
  *position = consumer;
  if (!is_sound(ring, consumer, producer)) return -EIO;
  long error = records_pass(ring, position, producer, batch);
  return batch->count == 0 ? error : (long)batch->count;
}

// Others can map the page with the consumer's position too. A wrong one must not lead outside the mapping.
static bool is_sound(const struct ring *ring, uint64_t consumer, uint64_t producer) {
  return consumer % RECORD_ALIGNMENT == 0 && producer - consumer <= ring->size;
}

// Most records are as long as the one before. Where the next one starts then follows from a branch that is guessed
// right, and the processor reads ahead; it need not wait for each length to arrive from memory, which is asked for in
// advance besides (this may lead behind the mapping, where it does nothing). What the loop needs is held in variables:
// behind an acquiring load the compiler reads anything else again.
HOT long records_pass(const struct ring *ring, uint64_t *position, uint64_t producer, struct batch *batch) {
  const uint8_t *data = ring->data;
  uint64_t mask = ring->size - 1;
  uint64_t at = *position;
  uint32_t usual = busy_bit; // no record that is passed has this header
  size_t length = 0;
  size_t extent = 0;
  long result = 0;
  while (at != producer) {
    const uint8_t *record = data + (at & mask);
    __builtin_prefetch(record + PREFETCH_DISTANCE);
    uint32_t header = __atomic_load_n((const uint32_t *)record, __ATOMIC_ACQUIRE);
    if (header != usual) {
      if ((header & busy_bit) != 0) break;
      usual = header;
      length = header & ~discard_bit;
      extent = round_up(HEADER_SIZE + length, RECORD_ALIGNMENT);
    }
    if (extent > producer - at) {
      result = -EIO;
      break;
    }
    if ((header & discard_bit) == 0) {
      if (batch->count == batch->most) break;
      if (!batch_has_room(batch, length)) {
        result = -ENOSPC;
        break;
      }
      if (batch->copies) {
        batch_copy(batch, record + HEADER_SIZE, length);
      } else {
        batch_note(batch, (size_t)(record + HEADER_SIZE - data), length);
      }
    }
    at += extent;
  }
  *position = at;
  return result;
}

// `used` passes `room` when the last record ended with padding.
static bool batch_has_room(const struct batch *batch, size_t length) {
  return !batch->copies || (batch->used <= batch->room && length <= batch->room - batch->used);
}

static void batch_note(struct batch *batch, size_t start, size_t length) {
  batch->places[NUMBERS_PER_PLACE * batch->count] = (int32_t)start;
  batch->places[NUMBERS_PER_PLACE * batch->count + 1] = (int32_t)length;
  batch->payload += length;
  batch->count++;
}

// Records are padded to 8 bytes in the ring, but the batch may end without padding.
static void batch_copy(struct batch *batch, const uint8_t *bytes, size_t length) {
  uint8_t *target = batch->bytes + batch->used;
  size_t at = 0;
  for (; at + 32 <= length; at += 32) __builtin_memcpy(target + at, bytes + at, 32);
  for (; at + 8 <= length; at += 8) __builtin_memcpy(target + at, bytes + at, 8);
  for (; at < length; at++) target[at] = bytes[at];
  batch_note(batch, batch->used, length);
  batch->used = round_up(batch->used + length, RECORD_ALIGNMENT);
}
