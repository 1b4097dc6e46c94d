/**
 * Records of a ring buffer (kernel/bpf/ringbuf.c).
 *
 *     31     30        29      0
 *     +------+---------+--------+--------------------+
 *     | busy | discard | length | page offset (32)   |  then `length` bytes, padded to a multiple of 8
 *     +------+---------+--------+--------------------+
 *
 * The walk ends before a record that is being made, and passes over those that were discarded.
 * @module
 */
import { alignUp } from "../base/bytes.ts";
import { MalformedError } from "../base/errors.ts";
import { RecordWalk } from "./record-walk.ts";

const headerBytes = 8;
// BPF_RINGBUF_BUSY_BIT and BPF_RINGBUF_DISCARD_BIT of include/uapi/linux/bpf.h
const busy = 1 << 31;
const discarded = 1 << 30;

/** A walk over them. */
export class RingWalk extends RecordWalk {
  protected override headers: Int32Array = new Int32Array(0);

  constructor(label: string) {
    super(label, headerBytes);
  }

  protected override headersIn({ buffer, byteOffset, byteLength }: DataView): Int32Array {
    return new Int32Array(buffer, byteOffset, byteLength >>> 2);
  }

  override next(): boolean {
    const { at } = this;
    const behind = at + this.extent;
    if (behind > this.limit || this.headers[at >> 2] !== this.usual) return this.turn();
    this.start = at + headerBytes;
    this.at = behind;
    return true;
  }

  override after(start: number): number {
    const at = start - headerBytes + this.extent;
    if (at + this.extent > this.limit || this.headers[at >> 2] !== this.usual)
      return this.turnAt(at);
    return at + headerBytes;
  }

  protected override arrive(): boolean {
    while (this.at < this.limit) {
      const header = this.headers[this.at >> 2]!;
      if ((header & busy) !== 0) return false;
      const length = header & ~discarded;
      const extent = alignUp(headerBytes + length, 8);
      if (extent > this.end - this.at) throw this.#tooLong(length);
      if (header === length) {
        this.usual = header;
        this.length = length;
        this.extent = extent;
        return true;
      }
      this.at += extent;
    }
    return false;
  }

  #tooLong(length: number): MalformedError {
    return new MalformedError("RECORD", `${length} bytes are more than were written`, {
      path: [this.label],
      offset: this.at,
      hint: "let only one reader take records out of a ring",
    });
  }
}
