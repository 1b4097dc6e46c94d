/**
 * The memory of simulated programs: regions with bounds and permission, at 64-bit addresses.
 *
 * An address has the region's number in its upper half and {@link regionBase} plus the offset in its lower one, so
 * address arithmetic is plain arithmetic, and an access looks at one table entry. An access outside every region is a
 * {@link MachineFault}; nothing is ever read or written beside a region. It knows nothing of types or initialised bytes.
 * @module
 */
import { InvalidArgumentError } from "../../base/errors.ts";
import { MachineFault } from "./fault.ts";

/** Lower half of the address of a region's first byte. Offsets from -1 GiB to 1 GiB stay in the upper half they are in. */
export const regionBase = 0x4000_0000;

/** Answers accesses to a region whose bytes are not plain memory, as a context whose fields the kernel rewrites. */
export interface RegionAccess {
  /** What a load of `size` bytes at `offset` gives: all 64 bits; undefined refuses the access. */
  load(offset: number, size: number): bigint | undefined;
  /** Stores the low `size` bytes of `value`; false refuses the access, `"lost"` lets it do nothing. */
  store(offset: number, size: number, value: bigint): boolean | "lost";
}

/** Options of {@link Memory.allocate}. */
export interface RegionOptions {
  /** Programs may only read it. */
  readonly readOnly?: boolean;
  /** Asked instead of the bytes. */
  readonly access?: RegionAccess;
  /** Loads inside take the bytes all the same; `access` is asked for stores, and for loads outside. */
  readonly loads?: "bytes";
}

/** One region. `bytes` is shared with whoever allocated it, never copied. */
export interface Region {
  readonly name: string;
  readonly address: bigint;
  readonly bytes: Uint8Array;
  readonly readOnly: boolean;
}

class Entry implements Region {
  name = "";
  address = 0n;
  bytes = new Uint8Array(0);
  view = new DataView(new ArrayBuffer(0));
  readOnly = true;
  access: RegionAccess | undefined = undefined;
  loads: "bytes" | undefined = undefined;
  /** Bytes that the fast path may read and write; 0 sends it to the slow path. */
  readable = 0;
  writable = 0;
}

/** Regions of memory, shared by every program of one simulated kernel. */
export class Memory {
  /** Upper half of what the last load of the compiled engine gave. */
  high = 0;
  /** Set by stores that did nothing; who wants to know clears it. An atomic operation whose store is lost fetches nothing. */
  lost = false;
  /** What a load gives where nothing can be read: a fault, or 0 for programs that follow the kernel's pointers. */
  unreadable: "fault" | "zero" = "fault";
  readonly #nowhere = new Entry();
  readonly #entries: Entry[] = [this.#nowhere];
  readonly #free: number[] = [];
  readonly #mask: number;
  readonly #word = new BigUint64Array(1);
  readonly #halves: Int32Array = new Int32Array(this.#word.buffer);

  /** With `aligned`, an access whose offset is no multiple of its size is a fault. */
  constructor(options: { readonly aligned?: boolean } = {}) {
    this.#mask = options.aligned === true ? 7 : 0;
  }

  /** Makes a region of these bytes (or so many zero bytes) and returns its address. @throws InvalidArgumentError beyond 1 GiB. */
  allocate(name: string, bytes: Uint8Array | number, options: RegionOptions = {}): bigint {
    const index = this.#free.pop() ?? this.#entries.push(new Entry()) - 1;
    const entry = this.#entries[index]!;
    entry.name = name;
    entry.access = options.access;
    entry.loads = options.loads;
    entry.readOnly = options.readOnly ?? false;
    entry.address = (BigInt(index) << 32n) | BigInt(regionBase);
    this.#back(entry, typeof bytes === "number" ? new Uint8Array(bytes) : bytes);
    return entry.address;
  }

  /** Puts other bytes behind the region at `address`: the next packet, without a new address. */
  replace(address: bigint, bytes: Uint8Array): void {
    const entry = this.#entries[Number(address >> 32n)];
    if (entry === undefined || entry.address !== address || address === 0n) {
      throw new InvalidArgumentError(`no region starts at address 0x${address.toString(16)}`);
    }
    this.#back(entry, bytes);
  }

  /** Ends the region that starts at `address`; later accesses to it fault until the number is used again. */
  free(address: bigint): void {
    this.replace(address, new Uint8Array(0));
    const index = Number(address >> 32n);
    this.#entries[index] = new Entry();
    this.#free.push(index);
  }

  /**
   * Makes addresses with nothing in their upper half lead into the region at `address`, as those of an arena do in the
   * kernel; 0: into none, as in the beginning.
   */
  shorten(address: bigint): void {
    this.#entries[0] = address === 0n ? this.#nowhere : this.#entries[Number(address >> 32n)]!;
  }

  /** The region that `address` points into, in bounds or not. */
  regionOf(address: bigint): Region | undefined {
    const entry = this.#entries[Number((address >> 32n) & 0xffff_ffffn)];
    return entry === undefined || entry.address === 0n ? undefined : entry;
  }

  /** The `length` bytes at `address`, not copied. @throws MachineFault when they are not all readable (or writable, if asked). */
  bytes(address: bigint, length: number, wanted: "read" | "write" = "read"): Uint8Array {
    const entry = this.#entries[Number((address >> 32n) & 0xffff_ffffn)];
    const offset = Number(address & 0xffff_ffffn) - regionBase;
    const limit = entry === undefined ? 0 : wanted === "read" ? entry.readable : entry.writable;
    if (entry === undefined || offset < 0 || offset + length > limit)
      throw this.#fault(address, length, wanted, -1);
    return entry.bytes.subarray(offset, offset + length);
  }

  /** The number of `size` bytes at `address`. @throws MachineFault */
  load(address: bigint, size: number, slot = -1): bigint {
    this.#word[0] = address;
    const [low, high] = [this.#halves[0]!, this.#halves[1]!];
    this.#halves[0] = this.loadHalves(high, low, size, slot);
    this.#halves[1] = this.high;
    return this.#word[0];
  }

  /** Puts the low `size` bytes of `value` at `address`. @throws MachineFault */
  store(address: bigint, size: number, value: bigint, slot = -1): void {
    this.#word[0] = address;
    const [low, high] = [this.#halves[0]!, this.#halves[1]!];
    this.#word[0] = value;
    this.storeHalves(high, low, size, this.#halves[0]!, this.#halves[1]!, slot);
  }

  /** Lower half of the number there, with the upper one left in {@link high}. For the compiled engine. */
  loadHalves(high: number, low: number, size: number, slot: number): number {
    const entry = this.#entries[high >>> 0];
    const offset = (low - regionBase) | 0;
    if (
      entry === undefined ||
      offset < 0 ||
      offset > entry.readable - size ||
      (offset & this.#mask & (size - 1)) !== 0
    ) {
      return this.#loadSlow(high, low, size, slot);
    }
    this.high = 0;
    if (size === 4) return entry.view.getInt32(offset, true);
    if (size === 8) {
      this.high = entry.view.getInt32(offset + 4, true);
      return entry.view.getInt32(offset, true);
    }
    return size === 1 ? entry.view.getUint8(offset) : entry.view.getUint16(offset, true);
  }

  /** Stores two halves of a number, for the compiled engine. */
  // oxlint-disable-next-line max-params -- numbers alone, so that compiled programs make no object
  storeHalves(
    high: number,
    low: number,
    size: number,
    valueLow: number,
    valueHigh: number,
    slot: number,
  ): void {
    const entry = this.#entries[high >>> 0];
    const offset = (low - regionBase) | 0;
    if (
      entry === undefined ||
      offset < 0 ||
      offset > entry.writable - size ||
      (offset & this.#mask & (size - 1)) !== 0
    ) {
      this.#storeSlow(high, low, size, valueLow, valueHigh, slot);
    } else if (size === 1) entry.view.setUint8(offset, valueLow);
    else if (size === 2) entry.view.setUint16(offset, valueLow, true);
    else {
      entry.view.setInt32(offset, valueLow, true);
      if (size === 8) entry.view.setInt32(offset + 4, valueHigh, true);
    }
  }

  #back(entry: Entry, bytes: Uint8Array): void {
    if (bytes.length > regionBase)
      throw new InvalidArgumentError(
        `a region of ${bytes.length} bytes is too large; at most 1 GiB`,
      );
    entry.bytes = bytes as Uint8Array<ArrayBuffer>;
    entry.view = new DataView(bytes.buffer as ArrayBuffer, bytes.byteOffset, bytes.byteLength);
    const isPlain = entry.access === undefined;
    entry.readable = isPlain || entry.loads === "bytes" ? bytes.length : 0;
    entry.writable = entry.readOnly || !isPlain ? 0 : bytes.length;
  }

  #loadSlow(high: number, low: number, size: number, slot: number): number {
    const value = this.#entries[high >>> 0]?.access?.load((low - regionBase) | 0, size);
    if (value === undefined && this.unreadable === "fault")
      throw this.#fault(joined(high, low), size, "read", slot);
    this.#word[0] = value ?? 0n;
    this.high = this.#halves[1]!;
    return this.#halves[0]!;
  }

  // oxlint-disable-next-line max-params -- as storeHalves
  #storeSlow(
    high: number,
    low: number,
    size: number,
    valueLow: number,
    valueHigh: number,
    slot: number,
  ): void {
    const value = BigInt.asUintN(size * 8, joined(valueHigh, valueLow));
    const entry = this.#entries[high >>> 0];
    const done =
      entry?.readOnly === false && entry.access?.store((low - regionBase) | 0, size, value);
    if (done !== true && done !== "lost") throw this.#fault(joined(high, low), size, "write", slot);
    if (done === "lost") this.lost = true;
  }

  #fault(address: bigint, size: number, wanted: "read" | "write", slot: number): MachineFault {
    const region = this.regionOf(address);
    const access = `${wanted} of ${size} bytes`;
    if (region === undefined) {
      return new MachineFault(
        "access",
        `${access} at 0x${address.toString(16)}, which points into no region`,
        slot,
        {
          hint:
            address < 4096n
              ? "it is a null pointer or near one: compare it with 0 first"
              : undefined,
        },
      );
    }
    const offset = Number(address & 0xffff_ffffn) - regionBase;
    const place = `offset ${offset} of region "${region.name}" (${region.bytes.length} bytes)`;
    const inside = offset >= 0 && offset + size <= region.bytes.length;
    const why = !inside
      ? "outside its bounds"
      : wanted === "write" && region.readOnly
        ? "which is read-only"
        : offset % size !== 0 && this.#mask !== 0
          ? "which is not aligned"
          : "refused by the region";
    return new MachineFault("access", `${access} at ${place}, ${why}`, slot);
  }
}

function joined(high: number, low: number): bigint {
  return (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0);
}
