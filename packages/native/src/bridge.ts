/**
 * What the addon offers: functions in the shape of system calls.
 *
 * Each returns a number: zero or more on success, the negated errno on failure. Memory that the kernel reads or
 * writes is given as typed arrays; addresses are filled in natively and never seen by JavaScript. Handles are
 * opaque objects, checked by type before each use; every offset is checked against the memory it points into. What
 * cannot be meant (a wrong type, an offset outside) throws a TypeError or RangeError; what the kernel refuses never
 * throws. What the bridge cannot know is how many bytes the kernel reads or writes behind an address: that is told in
 * the attributes, and whoever fills them must have the memory for it.
 *
 * Every descriptor made here is closed on exec, and with the thread it was made in, unless {@link Bridge.close} did it
 * before: a worker that is terminated leaves none. So whoever has such a number closes it by that alone.
 * @module
 */

/* oxlint-disable max-params -- system calls have as many as they have */

/** Calls of bpf(2) with attributes laid out in advance, see {@link Bridge.prepare}. */
export interface PreparedCalls {
  /** The memory the calls share: keys and values are written and read here. */
  readonly data: ArrayBuffer;
  /** One function per call, in the order given: makes it, returns zero or more, or the negated errno. */
  readonly calls: readonly (() => number)[];
}

declare const kind: unique symbol;
/** The mapped rings of an AF_XDP socket, see {@link Bridge.xskOpen}. Unmapped by `xskClose`, or when it is collected. */
export interface Xsk {
  readonly [kind]: "xsk";
}
/** A mapped user ring buffer, see {@link Bridge.userRingOpen}. Unmapped by `userRingClose`, or when it is collected. */
export interface UserRing {
  readonly [kind]: "user-ring";
}
/** A descriptor watched by the event loop, see {@link Bridge.pollStart}. Runs until `pollStop`, even unreferenced. */
export interface Poll {
  readonly [kind]: "poll";
}

/**
 * Addresses to store before a call, four entries each: the memory to store into, the offset there (8 bytes are
 * written, and zeroed after the call), the memory pointed to, and the offset in that.
 */
export type Pointers = readonly (Uint8Array | number)[];

/** One call of {@link Bridge.prepare}: pointers are pairs of offset in `attr` and offset in the shared data. */
export interface PreparedCall {
  readonly command: number;
  readonly attr: Uint8Array;
  readonly pointers: readonly number[];
}

/** The functions of the addon. */
export interface Bridge {
  /** bpf(2). `attr` is passed with its whole length, at most 256 bytes, and holds what the kernel left in it after. */
  readonly bpf: (command: number, attr: Uint8Array, pointers: Pointers) => number;
  /** The same for the commands that return a descriptor. */
  readonly bpfOpen: (command: number, attr: Uint8Array, pointers: Pointers) => number;
  /**
   * Lays out at most 64 calls over `dataSize` bytes of shared memory. The attributes are copied, and out of reach
   * afterwards. The hot path is calling one of the functions made here: no arguments, no checks, no allocation.
   */
  readonly prepare: (dataSize: number, calls: readonly PreparedCall[]) => PreparedCalls;

  readonly close: (fd: number) => number;
  /** fcntl(2) with F_DUPFD_CLOEXEC. */
  readonly duplicate: (fd: number) => number;
  /** perf_event_open(2). `pointers` fill in what is an address in `attr`: the names of a kprobe or uprobe. */
  readonly perfEventOpen: (
    attr: Uint8Array,
    pid: number,
    cpu: number,
    groupFd: number,
    flags: number,
    pointers?: Pointers,
  ) => number;
  /**
   * ioctl(2). A number as argument must be from -1 up and below 1 MiB, so that it cannot pass for an address; memory
   * must be as long as the request number says (pad strings).
   */
  readonly ioctl: (fd: number, request: number, argument: number | Uint8Array) => number;
  readonly socket: (domain: number, type: number, protocol: number) => number;
  readonly bind: (fd: number, address: Uint8Array) => number;
  /** sendto(2); without `address` the socket's peer. */
  readonly send: (fd: number, data: Uint8Array, flags: number, address?: Uint8Array) => number;
  /** recvfrom(2). Blocks the thread unless `flags` (MSG_DONTWAIT) or the socket say otherwise. */
  readonly receive: (fd: number, data: Uint8Array, flags: number) => number;
  readonly setSocketOption: (
    fd: number,
    level: number,
    name: number,
    value: Uint8Array,
    pointers?: Pointers,
  ) => number;
  /** getsockopt(2); returns the length of the value. */
  readonly getSocketOption: (fd: number, level: number, name: number, value: Uint8Array) => number;
  readonly epollCreate: () => number;
  readonly epollControl: (epollFd: number, operation: number, fd: number, events: number) => number;
  /** epoll_pwait(2) without waiting, for one event: 1 when there was one, which is taken by this, 0 when not. */
  readonly epollTake: (epollFd: number) => number;
  /** prlimit64(2) on this process: soft and hard limit; either may be left out. */
  readonly resourceLimit: (
    resource: number,
    set: BigUint64Array | undefined,
    get: BigUint64Array | undefined,
  ) => number;

  /**
   * mmap(2) of at most 4 GiB at an address the kernel chooses; the negated errno on failure. `protection` is 1 (read)
   * or 3 (read and write). The memory is unmapped by `unmap`, or when it is collected. A write to memory mapped for
   * reading, and any access past the end of a mapped file, ends the process: wrap it before handing it out.
   */
  readonly map: (
    fd: number,
    length: number,
    protection: number,
    flags: number,
    offset: number,
  ) => ArrayBuffer | number;
  /** Detaches the buffer, so that nothing can reach it any more, and unmaps it. Nothing happens the second time. */
  readonly unmap: (memory: ArrayBuffer) => number;
  /** Bytes of a page of memory: 4096, or more on some machines with arm64. */
  readonly pageSize: () => number;

  /**
   * Maps the rings of the AF_XDP socket `fd`: fill, completion, receive and send (these are their numbers, 0 to 3).
   * `sizes` are how many entries each was given by its socket option, powers of two up to 2^24, 0 where there is none.
   * `memory` is that for packets; the processor is told to fetch what lies there, and nothing is read.
   * Returns -ENOSYS before Linux 5.4.
   */
  readonly xskOpen: (fd: number, sizes: Int32Array, memory: Uint8Array) => Xsk | number;
  /**
   * Takes entries out of a ring that the kernel fills: completion (1) or receive (2). Entry `i` is at `places[2 * i]`
   * of the memory for packets, `places[2 * i + 1]` bytes long (0 for frames that were sent). Returns how many.
   * -EIO when the positions make no sense, -EBADF when there is no such ring or after `xskClose`; the same for `xskPut`.
   */
  readonly xskTake: (xsk: Xsk, ring: number, places: Int32Array) => number;
  /**
   * Puts the first `count` of `places` into a ring that the kernel empties: fill (0, where lengths are not looked at)
   * or send (3). Returns how many there was room for. The kernel checks that they lie in the memory for packets.
   */
  readonly xskPut: (xsk: Xsk, ring: number, places: Int32Array, count: number) => number;
  /** How many entries of a ring whoever empties it has not taken yet. */
  readonly xskPending: (xsk: Xsk, ring: number) => number;
  /**
   * Wakes the kernel where the fill or the send ring says that it sleeps; with `always` 1 whenever something waits to
   * be sent, which without zero copy is what sends it. `fd` is the socket. Returns 0, or the negated errno of sending.
   */
  readonly xskWake: (xsk: Xsk, fd: number, always: number) => number;
  /** Unmaps the rings. Nothing happens the second time. */
  readonly xskClose: (xsk: Xsk) => number;

  /** Maps the user ring buffer `fd` of `size` data bytes: its `max_entries`, a power of two of whole pages up to 1 GiB. */
  readonly userRingOpen: (fd: number, size: number) => UserRing | number;
  /**
   * Reserves a record of `length` bytes: the place of its first byte in the ring's data, which is mapped twice in a row.
   * Returns -ENOSPC when there is no room now, -E2BIG when there never will be, -EBADF after `userRingClose`, -EIO when
   * the positions make no sense. Only one process may produce.
   */
  readonly userRingReserve: (ring: UserRing, length: number) => number;
  /** Hands the record at `place` to the kernel (`commit` 1), or has it passed over (0). -EINVAL when none is reserved there. */
  readonly userRingSettle: (ring: UserRing, place: number, commit: number) => number;
  /** Bytes that the kernel has not taken yet, headers and reserved records included; -EBADF after `userRingClose`. */
  readonly userRingPending: (ring: UserRing) => number;
  /** Unmaps the ring. Nothing happens the second time. */
  readonly userRingClose: (ring: UserRing) => number;

  /**
   * Calls `onReadable` from the event loop while `fd` is readable (level-triggered), with 0. A negated errno instead
   * says that the descriptor is in error and the event loop has given it up; stop it, and start anew if that helps.
   * The file is made non-blocking, and held open by the poll: `fd` itself may be closed at any time. What the
   * callback throws is an uncaught exception. Returns -EPERM for a file that cannot be watched, -ENOSYS without libuv.
   */
  readonly pollStart: (fd: number, onReadable: (status: number) => void) => Poll | number;
  /** Ends watching at once, also from inside the callback. Nothing happens the second time. */
  readonly pollStop: (poll: Poll) => number;
  /** Whether a running poll keeps the process alive: 1 yes (how it starts), 0 no. -EBADF after `pollStop`. */
  readonly pollKeepAlive: (poll: Poll, keep: number) => number;
}
