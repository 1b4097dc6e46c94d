// The rings of an AF_XDP socket (net/xdp/xsk_queue.h, include/uapi/linux/if_xdp.h).
//
//            user space puts          the kernel puts
//  frames    fill ring                completion ring      an entry is an address, 8 bytes
//  packets   send ring                receive ring         an entry is a descriptor:
//
//   0                                8              12             16
//  +--------------------------------+--------------+--------------+
//  | address                        | length       | options      |
//  +--------------------------------+--------------+--------------+
//
// Positions are 32 bits, only ever grow and wrap; a place in a ring is a position modulo its size. Addresses count from
// the start of the memory for packets, which the kernel checks them against, so whatever is put into a ring leads nowhere
// else. To JavaScript frames and packets are pairs of numbers alike: start and length, the length of a frame being 0.
#include "functions.h"
#include "handle.h"
#include "memory.h"
#include "refuse.h"
#include "syscall.h"

enum side { FILL, COMPLETION, RECEIVE, SEND, RINGS };
enum { NUMBERS_PER_PLACE = 2, LARGEST_RING = 1 << 24 };
enum { NEED_WAKEUP = 1 }; // XDP_RING_NEED_WAKEUP

#define NO_ENTRIES "must be powers of two, or 0 for no ring"

const napi_type_tag xsk_tag = {0x3fb1c7e50a92d648, 0x94d3e06b7f21a58c};

struct descriptor {
  uint64_t address;
  uint32_t length;
  uint32_t options;
};

// struct xdp_ring_offset, in the order of struct xdp_mmap_offsets.
struct offsets {
  uint64_t producer, consumer, entries, flags;
};

struct ring {
  uint32_t *producer, *consumer;
  const uint32_t *flags;
  void *entries;
  uint32_t size; // 0: there is none
  void *memory;
  size_t length;
};

struct xsk {
  bool open;
  const uint8_t *memory; // to ask for in advance, which does no harm when it is there no more; never read
  struct ring rings[RINGS];
};

static bool sizes_allowed(const struct argument *sizes);
static long xsk_map(struct xsk *xsk, int fd, const int32_t *sizes);
static long ring_map(struct ring *ring, int fd, uint32_t size, enum side side, const struct offsets *offsets);
static void xsk_unmap(struct xsk *xsk);
static void finalize_xsk(napi_env env, void *data, void *hint);
static long addresses_take(const struct ring *ring, int32_t *places, size_t most);
static long packets_take(const struct xsk *xsk, int32_t *places, size_t most);
static long addresses_put(const struct ring *ring, const int32_t *places, size_t most);
static long packets_put(const struct ring *ring, const int32_t *places, size_t most);
static long send_wake(const struct ring *ring, int fd);
static long receive_wake(int fd);

static size_t entry_size(enum side side) {
  return side == FILL || side == COMPLETION ? sizeof(uint64_t) : sizeof(struct descriptor);
}

long run_xsk_open(struct call *call) {
  const struct argument *sizes = &call->arguments[1];
  if (!sizes_allowed(sizes)) return refuse_range(call, "sizes", "must be four: " NO_ENTRIES);
  struct xsk *xsk = pages_allocate(sizeof *xsk);
  if (xsk == NULL) return -ENOMEM;
  xsk->open = true;
  xsk->memory = call->arguments[2].data;
  long error = xsk_map(xsk, fd_argument(call, 0), sizes->data);
  if (!is_error(error) && handle_create(call, &xsk_tag, xsk, finalize_xsk)) return 0;
  xsk_unmap(xsk);
  pages_free(xsk, sizeof *xsk);
  return error;
}

static bool sizes_allowed(const struct argument *sizes) {
  const int32_t *entries = sizes->data;
  if (sizes->length != RINGS) return false;
  for (int side = 0; side < RINGS; side++) {
    if (entries[side] < 0 || entries[side] > LARGEST_RING) return false;
    if ((entries[side] & (entries[side] - 1)) != 0) return false;
  }
  return true;
}

// The kernel tells where in each ring what lies; it refuses to map more than the ring has.
static long xsk_map(struct xsk *xsk, int fd, const int32_t *sizes) {
  enum { SOL_XDP = 283, XDP_MMAP_OFFSETS = 1 };
  static const uint8_t in_kernel_order[RINGS] = {RECEIVE, SEND, FILL, COMPLETION};
  struct offsets offsets[RINGS];
  uint32_t length = sizeof offsets;
  long error = syscall6(SYS_getsockopt, fd, SOL_XDP, XDP_MMAP_OFFSETS, (long)offsets, (long)&length, 0);
  if (is_error(error)) return error;
  if (length != sizeof offsets) return -ENOSYS; // before Linux 5.4
  for (int index = 0; index < RINGS; index++) {
    enum side side = in_kernel_order[index];
    if (sizes[side] == 0) continue;
    error = ring_map(&xsk->rings[side], fd, (uint32_t)sizes[side], side, &offsets[index]);
    if (is_error(error)) return error;
  }
  return 0;
}

static long ring_map(struct ring *ring, int fd, uint32_t size, enum side side, const struct offsets *offsets) {
  static const uint64_t places[RINGS] = {
      [FILL] = 0x100000000, [COMPLETION] = 0x180000000, [RECEIVE] = 0, [SEND] = 0x80000000};
  size_t length = offsets->entries + size * entry_size(side);
  long memory = memory_map(fd, length, PROT_READ | PROT_WRITE, MAP_SHARED, places[side]);
  if (is_error(memory)) return memory;
  uint8_t *start = (uint8_t *)memory;
  *ring = (struct ring){
      .producer = (uint32_t *)(start + offsets->producer),
      .consumer = (uint32_t *)(start + offsets->consumer),
      .flags = (const uint32_t *)(start + offsets->flags),
      .entries = start + offsets->entries,
      .size = size,
      .memory = start,
      .length = length,
  };
  return 0;
}

static void xsk_unmap(struct xsk *xsk) {
  for (int side = 0; side < RINGS; side++) {
    struct ring *ring = &xsk->rings[side];
    if (ring->size != 0) memory_unmap(ring->memory, ring->length);
    ring->size = 0;
  }
  xsk->open = false;
}

static void finalize_xsk(napi_env env, void *data, void *hint) {
  (void)env, (void)hint;
  xsk_unmap(data);
  pages_free(data, sizeof(struct xsk));
}

long run_xsk_close(struct call *call) {
  xsk_unmap(call->arguments[0].data);
  return 0;
}

#define NOT_TAKEN "must be that of a ring the kernel fills: 1 or 2"
#define NOT_PUT "must be that of a ring the kernel empties: 0 or 3"

long run_xsk_take(struct call *call) {
  const struct argument *argument = call->arguments;
  const struct xsk *xsk = argument[0].data;
  int64_t side = argument[1].number;
  size_t most = argument[2].length / NUMBERS_PER_PLACE;
  if (side != COMPLETION && side != RECEIVE) return refuse_range(call, "ring", NOT_TAKEN);
  if (xsk->rings[side].size == 0) return -EBADF;
  return side == RECEIVE ? packets_take(xsk, argument[2].data, most)
                         : addresses_take(&xsk->rings[side], argument[2].data, most);
}

long run_xsk_put(struct call *call) {
  const struct argument *argument = call->arguments;
  const struct xsk *xsk = argument[0].data;
  int64_t side = argument[1].number;
  size_t most = (size_t)argument[3].number;
  if (side != FILL && side != SEND) return refuse_range(call, "ring", NOT_PUT);
  if (most > argument[2].length / NUMBERS_PER_PLACE) {
    return refuse_range(call, "count", "must not be more than places has pairs");
  }
  if (xsk->rings[side].size == 0) return -EBADF;
  return side == SEND ? packets_put(&xsk->rings[side], argument[2].data, most)
                      : addresses_put(&xsk->rings[side], argument[2].data, most);
}

// How many entries wait from `consumer` on, at most `most`; -EIO when somebody else wrote the positions.
static long entries_waiting(const struct ring *ring, uint32_t consumer, size_t most) {
  uint32_t waiting = __atomic_load_n(ring->producer, __ATOMIC_ACQUIRE) - consumer;
  if (waiting > ring->size) return -EIO;
  return waiting < most ? (long)waiting : (long)most;
}

// How many entries are free from `producer` on, at most `most`.
static long entries_free(const struct ring *ring, uint32_t producer, size_t most) {
  uint32_t used = producer - __atomic_load_n(ring->consumer, __ATOMIC_ACQUIRE);
  if (used > ring->size) return -EIO;
  uint32_t room = ring->size - used;
  return room < most ? (long)room : (long)most;
}

static long addresses_take(const struct ring *ring, int32_t *places, size_t most) {
  uint32_t consumer = *ring->consumer; // only we write it
  uint32_t mask = ring->size - 1;
  const uint64_t *entries = ring->entries;
  long count = entries_waiting(ring, consumer, most);
  for (long index = 0; index < count; index++) {
    places[NUMBERS_PER_PLACE * index] = (int32_t)entries[(consumer + (uint32_t)index) & mask];
    places[NUMBERS_PER_PLACE * index + 1] = 0;
  }
  if (count > 0) __atomic_store_n(ring->consumer, consumer + (uint32_t)count, __ATOMIC_RELEASE);
  return count;
}

// Packets lie far apart, and whoever looks into them waits for memory each time. So all are asked for here, where many
// can be on their way at once.
static long packets_take(const struct xsk *xsk, int32_t *places, size_t most) {
  const struct ring *ring = &xsk->rings[RECEIVE];
  const uint8_t *memory = xsk->memory;
  uint32_t consumer = *ring->consumer;
  uint32_t mask = ring->size - 1;
  const struct descriptor *entries = ring->entries;
  long count = entries_waiting(ring, consumer, most);
  for (long index = 0; index < count; index++) {
    const struct descriptor *entry = &entries[(consumer + (uint32_t)index) & mask];
    __builtin_prefetch(memory + entry->address);
    places[NUMBERS_PER_PLACE * index] = (int32_t)entry->address;
    places[NUMBERS_PER_PLACE * index + 1] = (int32_t)entry->length;
  }
  if (count > 0) __atomic_store_n(ring->consumer, consumer + (uint32_t)count, __ATOMIC_RELEASE);
  return count;
}

static long addresses_put(const struct ring *ring, const int32_t *places, size_t most) {
  uint32_t producer = *ring->producer; // only we write it
  uint32_t mask = ring->size - 1;
  uint64_t *entries = ring->entries;
  long count = entries_free(ring, producer, most);
  for (long index = 0; index < count; index++) {
    entries[(producer + (uint32_t)index) & mask] = (uint32_t)places[NUMBERS_PER_PLACE * index];
  }
  if (count > 0) __atomic_store_n(ring->producer, producer + (uint32_t)count, __ATOMIC_RELEASE);
  return count;
}

static long packets_put(const struct ring *ring, const int32_t *places, size_t most) {
  uint32_t producer = *ring->producer;
  uint32_t mask = ring->size - 1;
  struct descriptor *entries = ring->entries;
  long count = entries_free(ring, producer, most);
  for (long index = 0; index < count; index++) {
    entries[(producer + (uint32_t)index) & mask] = (struct descriptor){
        .address = (uint32_t)places[NUMBERS_PER_PLACE * index],
        .length = (uint32_t)places[NUMBERS_PER_PLACE * index + 1],
    };
  }
  if (count > 0) __atomic_store_n(ring->producer, producer + (uint32_t)count, __ATOMIC_RELEASE);
  return count;
}

// How many entries of a ring nobody has taken yet.
static uint32_t entries_pending(const struct ring *ring) {
  return *ring->producer - __atomic_load_n(ring->consumer, __ATOMIC_ACQUIRE);
}

static bool wants_wakeup(const struct ring *ring) {
  return ring->size != 0 && (__atomic_load_n(ring->flags, __ATOMIC_RELAXED) & NEED_WAKEUP) != 0;
}

long run_xsk_pending(struct call *call) {
  const struct xsk *xsk = call->arguments[0].data;
  int64_t side = call->arguments[1].number;
  if (side >= RINGS) return refuse_range(call, "ring", "must be an integer from 0 to 3");
  return xsk->rings[side].size == 0 ? -EBADF : (long)entries_pending(&xsk->rings[side]);
}

long run_xsk_wake(struct call *call) {
  const struct xsk *xsk = call->arguments[0].data;
  int fd = fd_argument(call, 1);
  bool always = call->arguments[2].number != 0;
  const struct ring *send = &xsk->rings[SEND];
  long result = 0;
  if (!xsk->open) return -EBADF;
  if (wants_wakeup(&xsk->rings[FILL])) result = receive_wake(fd);
  if (is_error(result) || send->size == 0 || entries_pending(send) == 0) return result;
  return always || wants_wakeup(send) ? send_wake(send, fd) : 0;
}

// Without zero copy the packets go out inside of the system call, some dozens at a time (TX_BATCH_SIZE), and EAGAIN says
// that there are more. It also says that the device has no room; then nothing moves any more, and we are called again.
static long send_wake(const struct ring *ring, int fd) {
  enum { MSG_DONTWAIT = 0x40 };
  for (;;) {
    uint32_t before = entries_pending(ring);
    long result = syscall6(SYS_sendto, fd, 0, 0, MSG_DONTWAIT, 0, 0);
    uint32_t after = entries_pending(ring);
    if (after == 0) return 0;
    if (is_error(result) && result != -EAGAIN) return result;
    if (after == before) return 0;
  }
}

// Asking whether there is something to read tells the driver, in all kernels; reading does since 5.11.
static long receive_wake(int fd) {
  enum { POLLIN = 1 };
  struct {
    int fd;
    int16_t events, returned;
  } polled = {fd, POLLIN, 0};
  int64_t no_time[2] = {0, 0};
  long result = syscall6(SYS_ppoll, (long)&polled, 1, (long)no_time, 0, 0, 0);
  return is_error(result) ? result : 0;
}
