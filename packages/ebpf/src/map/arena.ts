/**
 * Live arenas: memory shared with programs.
 * @module
 */
import { viewOf } from "../base/bytes.ts";
import { ClosedError, InvalidArgumentError } from "../base/errors.ts";
import type { MappedMemory } from "../kernel/kernel.ts";
import type { Layout } from "../layout/layout.ts";
import { unexpected } from "../layout/value-error.ts";
import type { ArenaSpec } from "../spec/arena.ts";
import { BpfMap, type MapHold } from "./bpf-map.ts";

/**
 * A live arena, mapped into this process. What is touched and not there comes as zeros: memory is used page by page, and
 * given back when programs free pages or the arena goes. When the machine has no memory left, touching a new page ends
 * the process, as with all memory.
 */
export class Arena extends BpfMap<ArenaSpec> {
  readonly #memory: MappedMemory;
  readonly #view: DataView;

  constructor(hold: MapHold<ArenaSpec>) {
    super(hold);
    const sizeBytes = this.spec.maxEntries * this.kernel.pageBytes;
    // Programs can be loaded only once the kernel knows where the arena lies in user space.
    this.#memory = this.kernel.openMemory(this.handle, {
      sizeBytes,
      access: "read-write",
      located: true,
    });
    this.#view = viewOf(this.#memory.bytes);
  }

  /** Bytes of the arena. */
  get sizeBytes(): number {
    return this.spec.maxEntries * this.kernel.pageBytes;
  }

  /**
   * The memory itself: as fast as memory, and shared, so that anything may change at any time. Empty after `close`.
   * @throws {ClosedError} after `close`.
   */
  get bytes(): Uint8Array {
    this.#assertOpen();
    return this.#memory.bytes;
  }

  /**
   * The value at `offset` bytes from the start.
   * @throws {InvalidArgumentError} when it does not lie in the arena.
   */
  read<Value>(layout: Layout<Value>, offset: number): Value {
    this.#assertInside(offset, layout);
    return layout.read(this.#view, offset);
  }

  /**
   * Stores a value at `offset` bytes from the start.
   * @throws {InvalidArgumentError} when it does not lie in the arena.
   */
  write<Value>(layout: Layout<Value>, offset: number, value: Value): void {
    this.#assertInside(offset, layout);
    layout.write(this.#view, offset, value);
  }

  /**
   * Where in the arena the pointer of a program leads: bytes from the start.
   * @throws {InvalidArgumentError} when it does not lead into the arena.
   */
  offsetOf(pointer: bigint): number {
    this.#assertOpen();
    if (typeof pointer !== "bigint") throw unexpected(pointer, "a pointer (a bigint)");
    const offset = Number(BigInt.asUintN(64, pointer) - this.#memory.address);
    if (offset >= 0 && offset < this.sizeBytes) return offset;
    throw new InvalidArgumentError(`0x${pointer.toString(16)} is not in arena "${this.name}"`, {
      hint: "programs cast pointers to those of user space (addr_space_cast) before they store them",
    });
  }

  override close(): void {
    this.#memory.close();
    super.close();
  }

  #assertOpen(): void {
    if (this.closed) throw new ClosedError(`arena "${this.name}"`);
  }

  #assertInside(offset: number, { size, name }: Layout<unknown>): void {
    this.#assertOpen();
    if (Number.isInteger(offset) && offset >= 0 && offset + size <= this.sizeBytes) {
      this.#memory.touch?.(offset, size);
      return;
    }
    throw new InvalidArgumentError(
      `${name} at ${offset} does not lie in arena "${this.name}" of ${this.sizeBytes} bytes`,
    );
  }
}
