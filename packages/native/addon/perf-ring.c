// The reading side of the ring of a perf event (include/uapi/linux/perf_event.h, kernel/events/ring_buffer.c).
//
//   page 0                                          from page 1: the data, mapped once
//  +----------------------------------------------+--------------------------------------------+
//  | … data_head, at 1024   data_tail, at 1032  … | record record …                            |
//  +----------------------------------------------+--------------------------------------------+
//
// Positions are 64-bit numbers; a place in the data is a position modulo its size. A record starts at a multiple of 8, and
// what is behind its header may go on at the start of the data:
//
//   0          4      6      8            12
//  +----------+------+------+------------+------------------
//  | type     | misc | size | raw length | bytes              a sample, when nothing but raw data was asked for
//  +----------+------+------+------------+-----+------------
//                           | id               | lost         from 16: how many samples had no room
//
// A ring that is read has its head moved up by the kernel and its tail by us. One that is overwritten (mapped for reading,
// written backwards) has its head moved down: there the newest record is, and older ones lie behind it.
#include "functions.h"
#include "handle.h"
#include "memory.h"
#include "refuse.h"
#include "syscall.h"

enum { DATA_HEAD = 1024, DATA_TAIL = 1032 };
enum { RECORD_LOST = 2, RECORD_SAMPLE = 9 };
enum { HEADER_SIZE = 8, RAW_START = 12, LOST_COUNT = 16, RECORD_ALIGNMENT = 8 };
enum { NUMBERS_PER_PLACE = 2, PREFETCH_DISTANCE = 512 };

const napi_type_tag perf_ring_tag = {0x62a91cf08be4d357, 0xd01b7e9a54c83f26};

struct perf_ring {
  uint8_t *page; // NULL once closed
  const uint8_t *data;
  size_t size;
  size_t mapped;
  uint64_t lost;
  uint64_t scanned; // behind what the last scan has found; never before the tail
  size_t payload;   // bytes of the samples from the tail to there
  bool overwritten;
};

struct header {
  uint32_t type;
  uint16_t misc;
  uint16_t size;
};

// Samples on their way out.
struct samples {
  uint8_t *bytes;
  int32_t *places;
  size_t room;
  size_t most;
  size_t used;
  size_t count;
};

#define HOT static inline __attribute__((always_inline))

static bool size_allowed(size_t size, size_t page);
static void perf_ring_unmap(struct perf_ring *ring);
static void finalize_perf_ring(napi_env env, void *ring, void *hint);
static long samples_begin(struct call *call, struct samples *samples);
static void tail_move(struct perf_ring *ring, uint64_t position);
HOT long samples_find(const struct perf_ring *ring, uint64_t *position, uint64_t end, struct samples *found);
static uint64_t others_pass(struct perf_ring *ring, uint64_t position, uint64_t end);
static void lost_add(struct perf_ring *ring, uint64_t position, struct header header);
HOT long samples_take(struct perf_ring *ring, uint64_t *position, uint64_t end, struct samples *samples);
HOT void bytes_copy(uint8_t *target, const uint8_t *source, size_t length);
static void wrapped_copy(uint8_t *target, const struct perf_ring *ring, uint64_t position, size_t length);

static uint64_t *head_of(const struct perf_ring *ring) { return (uint64_t *)(ring->page + DATA_HEAD); }
static uint64_t *tail_of(const struct perf_ring *ring) { return (uint64_t *)(ring->page + DATA_TAIL); }

// Whether a record can be so long, with so many bytes left. A header then never goes round the end of the data.
static inline bool size_sound(size_t size, uint64_t left) {
  return size >= HEADER_SIZE && size % RECORD_ALIGNMENT == 0 && size <= left;
}

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
    ring->data = ring->page + page;
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

long run_perf_pending(struct call *call) {
  const struct perf_ring *ring = call->arguments[0].data;
  if (ring->page == NULL || ring->overwritten) return -EBADF;
  return (long)(__atomic_load_n(head_of(ring), __ATOMIC_ACQUIRE) - *tail_of(ring));
}

long run_perf_lost(struct call *call) {
  const struct perf_ring *ring = call->arguments[0].data;
  return (long)ring->lost;
}

long run_perf_drain(struct call *call) {
  struct perf_ring *ring = call->arguments[0].data;
  struct samples samples;
  if (samples_begin(call, &samples) != 0) return 0;
  if (ring->page == NULL || ring->overwritten) return -EBADF;
  uint64_t tail = *tail_of(ring); // only we write it
  uint64_t head = __atomic_load_n(head_of(ring), __ATOMIC_ACQUIRE);
  if (tail % RECORD_ALIGNMENT != 0 || head - tail > ring->size) return -EIO;
  uint64_t position = tail;
  long error = samples_take(ring, &position, head, &samples);
  tail_move(ring, position);
  return samples.count == 0 ? error : (long)samples.count;
}

// What is found starts with the tail. So it ends before a sample that goes on at the start of the data, and before what is
// no sample: that is dealt with when it comes first.
long run_perf_scan(struct call *call) {
  struct perf_ring *ring = call->arguments[0].data;
  struct samples found = {
      .places = call->arguments[1].data,
      .most = call->arguments[1].length / NUMBERS_PER_PLACE,
  };
  if (ring->page == NULL || ring->overwritten) return -EBADF;
  uint64_t tail = *tail_of(ring);
  uint64_t head = __atomic_load_n(head_of(ring), __ATOMIC_ACQUIRE);
  if (tail % RECORD_ALIGNMENT != 0 || head - tail > ring->size) return -EIO;
  uint64_t position = others_pass(ring, tail, head);
  tail_move(ring, position);
  long error = samples_find(ring, &position, head, &found);
  ring->scanned = position;
  ring->payload = found.used;
  return found.count == 0 ? error : (long)found.count;
}

// A place becomes a position again by its distance from the tail; what is waiting is never longer than the data.
long run_perf_release(struct call *call) {
  enum { EVERYTHING = -1 };
  struct perf_ring *ring = call->arguments[0].data;
  int64_t end = call->arguments[1].number;
  if (ring->page == NULL || ring->overwritten) return -EBADF;
  uint64_t tail = *tail_of(ring);
  uint64_t found = ring->scanned - tail;
  if (end == EVERYTHING) {
    size_t payload = ring->payload;
    tail_move(ring, ring->scanned);
    return (long)payload;
  }
  uint64_t distance = ((uint64_t)end - tail) & (ring->size - 1);
  if (distance == 0 && (uint64_t)end != (tail & (ring->size - 1))) distance = ring->size;
  if (distance > found || distance % RECORD_ALIGNMENT != 0) return -EINVAL;
  uint64_t scanned = ring->scanned;
  tail_move(ring, tail + distance);
  ring->scanned = scanned;
  return 0;
}

// Gives back what lies before `position`; nothing of it is found any more.
static void tail_move(struct perf_ring *ring, uint64_t position) {
  if (position != *tail_of(ring)) __atomic_store_n(tail_of(ring), position, __ATOMIC_RELEASE);
  ring->scanned = position;
  ring->payload = 0;
}

// What has been written lies from the head on, newest first, until memory that was never written to, or the record that
// the newest one has run into.
long run_perf_snapshot(struct call *call) {
  struct perf_ring *ring = call->arguments[0].data;
  struct samples samples;
  if (samples_begin(call, &samples) != 0) return 0;
  if (ring->page == NULL || !ring->overwritten) return -EBADF;
  uint64_t head = __atomic_load_n(head_of(ring), __ATOMIC_ACQUIRE);
  if (head % RECORD_ALIGNMENT != 0) return -EIO;
  uint64_t end = head;
  while (end - head < ring->size) {
    size_t size = ((const struct header *)(ring->data + (end & (ring->size - 1))))->size;
    if (!size_sound(size, head + ring->size - end)) break;
    end += size;
  }
  uint64_t lost = ring->lost;
  long error = samples_take(ring, &head, end, &samples);
  ring->lost = lost; // nothing is told of what was overwritten
  return samples.count == 0 || error < 0 ? error : (long)samples.count;
}

static long samples_begin(struct call *call, struct samples *samples) {
  const struct argument *argument = call->arguments;
  *samples = (struct samples){
      .bytes = argument[1].data,
      .places = argument[2].data,
      .room = argument[1].length < INT32_MAX ? argument[1].length : INT32_MAX,
      .most = argument[2].length / NUMBERS_PER_PLACE,
  };
  if (samples->most > 0) return 0;
  refuse_range(call, "places", "must have two elements per record");
  return -1;
}

// Passes over what is no sample.
static uint64_t others_pass(struct perf_ring *ring, uint64_t position, uint64_t end) {
  while (position != end) {
    struct header header = *(const struct header *)(ring->data + (position & (ring->size - 1)));
    if (header.type == RECORD_SAMPLE || !size_sound(header.size, end - position)) break;
    lost_add(ring, position, header);
    position += header.size;
  }
  return position;
}

static void lost_add(struct perf_ring *ring, uint64_t position, struct header header) {
  if (header.type != RECORD_LOST || header.size < LOST_COUNT + sizeof(uint64_t)) return;
  ring->lost += *(const uint64_t *)(ring->data + ((position + LOST_COUNT) & (ring->size - 1)));
}

// Notes where samples lie. Most are as long as the one before: where the next one starts then follows from a branch that is
// guessed right, and the processor need not wait for each header to arrive (see ring.c).
HOT long samples_find(const struct perf_ring *ring, uint64_t *position, uint64_t end, struct samples *found) {
  const uint8_t *data = ring->data;
  size_t size = ring->size;
  uint64_t mask = size - 1;
  int32_t *places = found->places;
  size_t most = found->most;
  size_t count = 0;
  size_t payload = 0;
  uint64_t at = *position;
  uint64_t usual = 0; // no record is so short
  size_t extent = 0;
  size_t length = 0;
  long result = 0;
  while (at != end && count != most) {
    size_t start = at & mask;
    const uint8_t *record = data + start;
    __builtin_prefetch(record + PREFETCH_DISTANCE);
    struct header header = *(const struct header *)record;
    if (header.type != RECORD_SAMPLE) break;
    if (header.size != usual) {
      if (header.size < RAW_START || !size_sound(header.size, end - at)) {
        result = -EIO;
        break;
      }
      usual = header.size;
      extent = usual;
      __asm__("" : "+r"(extent)); // or the compiler sees that it is the size, and takes it from there each time
    }
    if (start + extent > size) break;
    length = *(const uint32_t *)(record + HEADER_SIZE);
    if (length > extent - RAW_START || extent > end - at) {
      result = -EIO;
      break;
    }
    places[NUMBERS_PER_PLACE * count] = (int32_t)(start + RAW_START);
    places[NUMBERS_PER_PLACE * count + 1] = (int32_t)length;
    payload += length;
    count++;
    at += extent;
  }
  found->count = count;
  found->used = payload;
  *position = at;
  return result;
}

// Copies samples up to `end` and adds up what was lost; `position` ends behind what was passed. Its state is held in
// variables, which a store through a pointer to bytes would otherwise make the compiler read again.
HOT long samples_take(struct perf_ring *ring, uint64_t *position, uint64_t end, struct samples *samples) {
  const uint8_t *data = ring->data;
  size_t size = ring->size;
  uint64_t mask = size - 1;
  uint8_t *bytes = samples->bytes;
  int32_t *places = samples->places;
  size_t room = samples->room;
  size_t most = samples->most;
  size_t used = 0;
  size_t count = 0;
  uint64_t at = *position;
  long result = 0;
  while (at != end) {
    const uint8_t *record = data + (at & mask);
    __builtin_prefetch(record + PREFETCH_DISTANCE);
    struct header header = *(const struct header *)record;
    if (!size_sound(header.size, end - at)) {
      result = -EIO;
      break;
    }
    if (header.type == RECORD_SAMPLE) {
      size_t length = *(const uint32_t *)(data + ((at + HEADER_SIZE) & mask));
      if (header.size < RAW_START || length > (size_t)header.size - RAW_START) {
        result = -EIO;
        break;
      }
      if (count == most) break;
      if (used > room || length > room - used) {
        result = -ENOSPC;
        break;
      }
      if ((at & mask) + RAW_START + length <= size) {
        bytes_copy(bytes + used, record + RAW_START, length);
      } else {
        wrapped_copy(bytes + used, ring, at + RAW_START, length);
      }
      places[NUMBERS_PER_PLACE * count] = (int32_t)used;
      places[NUMBERS_PER_PLACE * count + 1] = (int32_t)length;
      used = round_up(used + length, RECORD_ALIGNMENT);
      count++;
    } else {
      lost_add(ring, at, header);
    }
    at += header.size;
  }
  samples->used = used;
  samples->count = count;
  *position = at;
  return result;
}

HOT void bytes_copy(uint8_t *target, const uint8_t *source, size_t length) {
  size_t at = 0;
  for (; at + 32 <= length; at += 32) __builtin_memcpy(target + at, source + at, 32);
  for (; at + 8 <= length; at += 8) __builtin_memcpy(target + at, source + at, 8);
  if (at + 4 <= length) {
    __builtin_memcpy(target + at, source + at, 4);
    at += 4;
  }
  for (; at < length; at++) target[at] = source[at];
}

static void wrapped_copy(uint8_t *target, const struct perf_ring *ring, uint64_t position, size_t length) {
  size_t start = position & (ring->size - 1);
  size_t first = ring->size - start < length ? ring->size - start : length;
  bytes_copy(target, ring->data + start, first);
  bytes_copy(target + first, ring->data, length - first);
}
