/**
 * Records of the ring of a perf event (include/uapi/linux/perf_event.h).
 *
 *      0      4      6      8            12
 *     +------+------+------+------------+------------------
 *     | type | misc | size | raw length | bytes              a sample, when nothing but raw data was asked for
 *     +------+------+------+------------+-----+------------
 *                          | id               | lost         from 16: how many samples had no room
 *
 * The walk shows samples, adds up what was lost, and passes over everything else. How long a sample is follows from its size:
 * the kernel pads its bytes to that, and says so in the raw length.
 * @module
 */
import { littleEndian as machineIsLittleEndian } from "../base/bytes.ts";
import { MalformedError } from "../base/errors.ts";
import { RecordWalk } from "./record-walk.ts";

const littleEndian = machineIsLittleEndian;
const lostRecord = 2;
const sampleRecord = 9;
const sizeAt = 6;
const rawLengthAt = 8;
const payloadAt = 12;
const lostAt = 16;

/**
 * A walk over them. Headers are compared as floating-point numbers, which engines have registers of 64 bits for: equal ones
 * have the same bits, and those that are no number differ from everything and are looked at.
 */
export class PerfWalk extends RecordWalk {
  protected override headers: Float64Array = new Float64Array(0);

  constructor(label: string) {
    super(label, payloadAt);
  }

  protected override headersIn({ buffer, byteOffset, byteLength }: DataView): Float64Array {
    return new Float64Array(buffer, byteOffset, byteLength >>> 3);
  }

  override next(): boolean {
    const { at } = this;
    const behind = at + this.extent;
    if (behind > this.limit || this.headers[at >> 3] !== this.usual) return this.turn();
    this.start = at + payloadAt;
    this.at = behind;
    return true;
  }

  override after(start: number): number {
    const at = start - payloadAt + this.extent;
    if (at + this.extent > this.limit || this.headers[at >> 3] !== this.usual)
      return this.turnAt(at);
    return at + payloadAt;
  }

  protected override arrive(): boolean {
    while (this.at < this.limit) {
      const { at } = this;
      const type = this.data.getUint32(at, littleEndian);
      const size = this.data.getUint16(at + sizeAt, littleEndian);
      if (!this.#isRecord(type, size)) {
        if (this.cut) return this.#tear(size);
        throw this.#malformed(size);
      }
      if (type === sampleRecord) {
        this.usual = this.headers[at >> 3]!;
        this.length = this.data.getUint32(at + rawLengthAt, littleEndian);
        this.extent = size;
        return true;
      }
      if (type === lostRecord)
        this.lost += Number(this.data.getBigUint64(at + lostAt, littleEndian));
      this.at += size;
    }
    return false;
  }

  #isRecord(type: number, size: number): boolean {
    if (size % 8 !== 0 || size > this.end - this.at) return false;
    if (type === lostRecord) return size >= lostAt + 8;
    if (type !== sampleRecord) return size >= 8;
    return (
      size > payloadAt &&
      this.data.getUint32(this.at + rawLengthAt, littleEndian) <= size - payloadAt
    );
  }

  /** Leaves out what goes on elsewhere. */
  #tear(size: number): false {
    this.torn = size;
    return false;
  }

  #malformed(size: number): MalformedError {
    return new MalformedError("RECORD", `what is there is no record of ${size} bytes`, {
      path: [this.label],
      offset: this.at,
      hint: "let only one reader take records out of a ring",
    });
  }
}
