/**
 * What the addon offers: functions in the shape of system calls.
 *
 * Each returns a number: zero or more on success, the negated errno on failure. Memory that the kernel reads or
 * writes is given as typed arrays; addresses are filled in natively and never seen by JavaScript. Handles are
 * opaque objects, checked by type before each use; every offset is checked against the memory it points into.
 * @module
 */

declare const kind: unique symbol;
/** Calls of bpf(2) with attributes laid out in advance, see {@link Bridge.prepare}. */
export interface PreparedCalls {
  readonly [kind]: "prepared";
}
/** A mapped BPF ring buffer, see {@link Bridge.ringOpen}. */
export interface Ring {
  readonly [kind]: "ring";
}
/** A descriptor watched by the event loop, see {@link Bridge.pollStart}. */
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
  /** bpf(2). `attr` is passed with its whole length. */
  readonly bpf: (command: number, attr: Uint8Array, pointers: Pointers) => number;
  /** Lays out calls over `dataSize` bytes of shared memory. The attributes are copied and out of reach afterwards. */
  readonly prepare: (dataSize: number, calls: readonly PreparedCall[]) => PreparedCalls;
  /** The shared memory of prepared calls. */
  readonly preparedData: (calls: PreparedCalls) => ArrayBuffer;
  /** Makes the call with this index. The hot path: no allocation, no conversion. */
  readonly invoke: (calls: PreparedCalls, index: number) => number;

  readonly close: (fd: number) => number;
  /** fcntl(2) with F_DUPFD_CLOEXEC. */
  readonly duplicate: (fd: number) => number;
  readonly perfEventOpen: (
    attr: Uint8Array,
    pid: number,
    cpu: number,
    groupFd: number,
    flags: number,
  ) => number;
  /** ioctl(2). A number as argument must be below 1 MiB, so that it cannot pass for an address. */
  readonly ioctl: (fd: number, request: number, argument: number | Uint8Array) => number;
  readonly socket: (domain: number, type: number, protocol: number) => number;
  readonly bind: (fd: number, address: Uint8Array) => number;
  /** sendto(2); without `address` the socket's peer. */
  readonly send: (fd: number, data: Uint8Array, flags: number, address?: Uint8Array) => number;
  readonly receive: (fd: number, data: Uint8Array, flags: number) => number;
  readonly setSocketOption: (fd: number, level: number, name: number, value: Uint8Array) => number;
  /** getsockopt(2); returns the length of the value. */
  readonly getSocketOption: (fd: number, level: number, name: number, value: Uint8Array) => number;
  readonly epollCreate: () => number;
  readonly epollControl: (
    epollFd: number,
    operation: number,
    fd: number,
    events: number,
  ) => number;
  /** prlimit64(2) on this process: soft and hard limit; either may be left out. */
  readonly resourceLimit: (
    resource: number,
    set: BigUint64Array | undefined,
    get: BigUint64Array | undefined,
  ) => number;

  /** mmap(2); the negated errno on failure. The memory is unmapped by `unmap`, or when it is collected. */
  readonly map: (
    fd: number,
    length: number,
    protection: number,
    flags: number,
    offset: number,
  ) => ArrayBuffer | number;
  /** Detaches the buffer, so that nothing can reach it any more, and unmaps it. */
  readonly unmap: (memory: ArrayBuffer) => number;

  /** Maps the ring buffer `fd` of `size` data bytes. */
  readonly ringOpen: (fd: number, size: number) => Ring | number;
  /**
   * Copies committed records: record `i` starts at `places[2 * i]` of `bytes`, is `places[2 * i + 1]` long. Starts
   * are multiples of 8. Returns how many. With `consume` 1 their space is given back, with 0 they stay.
   * Returns -ENOSPC when the first record is larger than `bytes`.
   */
  readonly ringDrain: (ring: Ring, bytes: Uint8Array, places: Int32Array, consume: number) => number;
  /** Bytes between the consumer's and the producer's position. */
  readonly ringPending: (ring: Ring) => number;
  readonly ringClose: (ring: Ring) => number;

  /** Calls `onReadable` from the event loop while `fd` is readable (level-triggered). */
  readonly pollStart: (fd: number, onReadable: () => void) => Poll | number;
  readonly pollStop: (poll: Poll) => number;
  /** Whether a running poll keeps the process alive: 1 yes (how it starts), 0 no. */
  readonly pollKeepAlive: (poll: Poll, keep: number) => number;
}
