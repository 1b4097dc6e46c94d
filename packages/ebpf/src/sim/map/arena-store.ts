/**
 * Arenas: memory of pages that programs take and give back, and that user space sees as it is (kernel/bpf/arena.c).
 *
 * All of it is one region of memory, so that both sides have the same bytes. What a program stores where no page is, is
 * lost, and what it loads there is 0, as in the kernel. User space gets a page by touching it: what it touches through
 * the library is told (`touch`); else only what it wrote shows it.
 * @module
 */
import { failed } from "../errno.ts";
import type { ArenaWindow } from "../vm/machine.ts";
import { type RegionAccess, regionBase } from "../vm/memory.ts";
import { InvalidArgumentError } from "../../base/errors.ts";
import { NotSupportedError } from "../../kernel/errors.ts";
import { PageRanges } from "./page-ranges.ts";
import { MapStore, type StoreSetup, Values } from "./store.ts";

const pageBytes = 4096;
/** What a region of memory may have. */
const mostPages: number = regionBase / pageBytes;

/** Memory of an arena. */
export class ArenaStore extends MapStore {
  declare readonly values: Values;
  readonly #pages: Pages;
  readonly #isShort: boolean;
  /** User space has it in its memory: programs can use it from then on. */
  mapped = false;

  /** @throws {NotSupportedError} when it has more than 1 GiB. */
  constructor(setup: StoreSetup) {
    const { maxEntries: count, mapFlags = [] } = setup.attributes;
    if (count > mostPages)
      throw new NotSupportedError(`an arena of ${count} pages`, {
        hint: `arenas of the simulated kernel have at most ${mostPages} pages (1 GiB)`,
      });
    const pages = new Pages(count, mapFlags.includes("segv_on_fault"));
    const attributes = { ...setup.attributes, valueSize: count * pageBytes };
    super(new Values({ ...setup, attributes }, 1, 1, { access: pages, loads: "bytes" }));
    pages.values = this.values;
    this.#pages = pages;
    this.#isShort = mapFlags.includes("no_user_conv");
  }

  /** How programs see it. */
  get window(): ArenaWindow {
    return { address: this.values.address, short: this.#isShort };
  }

  /** User space reads or writes so many bytes. @throws {InvalidArgumentError} when a real process would be ended by it. */
  touch(offset: number, length: number): void {
    const last = (offset + length - 1) / pageBytes;
    for (let page = Math.floor(offset / pageBytes); page <= last; page++) this.#pages.touch(page);
  }

  /** `bpf_arena_alloc_pages`: the address of pages for user space, or 0. */
  allocate(address: bigint, count: number): bigint {
    const pages = this.#pages;
    if (address === 0n) {
      const first = pages.take(count);
      return first === undefined ? 0n : this.#addressOf(first);
    }
    if (address % BigInt(pageBytes) !== 0n) return 0n;
    const first = this.#pageOf(address);
    return pages.takeAt(first, count) ? this.#addressOf(first) : 0n;
  }

  /** `bpf_arena_free_pages`. */
  release(address: bigint, count: number): void {
    const first = this.#pageOf(address);
    this.#pages.release(first, Math.min(count, this.#pages.count - first));
  }

  /** `bpf_arena_reserve_pages`: 0 or a negated errno. Nobody gets the pages, unless user space touches them. */
  reserve(address: bigint, count: number): number {
    return this.#pages.reserve(this.#pageOf(address), count);
  }

  find(): number {
    return failed.invalid;
  }

  update(): number {
    return failed.operationNotSupported;
  }

  delete(): number {
    return failed.operationNotSupported;
  }

  next(): number {
    return failed.operationNotSupported;
  }

  override take(): number {
    return failed.operationNotSupported;
  }

  #addressOf(page: number): bigint {
    return this.values.address + BigInt(page * pageBytes);
  }

  /** The page of an address, by its lower half alone; far behind the end when it lies before the start. */
  #pageOf(address: bigint): number {
    const offset = BigInt.asUintN(32, address - this.values.address);
    return Math.floor(Number(offset) / pageBytes);
  }
}

/** Which pages there are, and who may store where. */
class Pages implements RegionAccess {
  readonly count: number;
  /** Set when the memory is there. */
  values: Values | undefined;
  readonly #free: PageRanges;
  readonly #present: Uint8Array;
  readonly #endsProcess: boolean;

  constructor(count: number, endsProcess: boolean) {
    this.count = count;
    this.#free = new PageRanges(count);
    this.#present = new Uint8Array(count);
    this.#endsProcess = endsProcess;
  }

  /** What lies outside is not there. */
  load(): bigint {
    return 0n;
  }

  store(offset: number, size: number, value: bigint): true | "lost" {
    const [first, last] = [offset, offset + size - 1].map((at) => Math.floor(at / pageBytes));
    if (!this.#isPresent(first!) || !this.#isPresent(last!)) return "lost";
    const bytes = this.values!.bytes;
    for (let index = 0; index < size; index++)
      bytes[offset + index] = Number((value >> BigInt(8 * index)) & 0xffn);
    return true;
  }

  touch(page: number): void {
    if (this.#present[page] === 1) return;
    if (this.#endsProcess)
      throw new InvalidArgumentError(`page ${page} of the arena is not there`, {
        hint: "touching it ends the process (segv_on_fault): programs have to take the page first",
      });
    this.#bring(page);
  }

  take(count: number): number | undefined {
    for (;;) {
      const first = this.#free.find(count);
      if (first === undefined) return undefined;
      if (this.#takeUntouched(first, count)) return first;
    }
  }

  takeAt(first: number, count: number): boolean {
    return this.#free.areFree(first, count) && this.#takeUntouched(first, count);
  }

  release(first: number, count: number): void {
    if (count <= 0) return;
    this.#free.release(first, count);
    this.#present.fill(0, first, first + count);
    this.values!.bytes.fill(0, first * pageBytes, (first + count) * pageBytes);
  }

  reserve(first: number, count: number): number {
    if (count === 0) return 0;
    if (first + count > this.count) return failed.invalid;
    if (!this.#free.areFree(first, count)) return failed.busy;
    this.#free.take(first, count);
    return 0;
  }

  /** Takes pages of which user space has none. */
  #takeUntouched(first: number, count: number): boolean {
    const pages = Array.from({ length: count }, (_, index) => first + index);
    const touched = pages.filter((page) => this.#isPresent(page));
    if (touched.length > 0) return false;
    this.#free.take(first, count);
    this.#present.fill(1, first, first + count);
    return true;
  }

  #isPresent(page: number): boolean {
    if (page < 0 || page >= this.count) return false;
    if (this.#present[page] === 1) return true;
    const bytes = this.values!.bytes.subarray(page * pageBytes, (page + 1) * pageBytes);
    const isWritten = bytes.some((byte) => byte !== 0);
    if (isWritten) this.#bring(page);
    return isWritten;
  }

  #bring(page: number): void {
    this.#present[page] = 1;
    this.#free.take(page, 1);
  }
}
