/**
 * Packets out of capture files: pcap, in both byte orders and with micro- or nanoseconds, and pcapng.
 *
 * The file is read piece by piece, so that its size does not matter; the bytes of a packet are borrowed until the next one.
 * Formats: draft-ietf-opsawg-pcap and draft-ietf-opsawg-pcapng. Files that are compressed are not opened.
 * @module
 */
import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { InvalidArgumentError, MalformedError } from "ts-ebpf";
import { fileError } from "../file/file-error.ts";

/** A packet of a capture. */
export interface CapturedPacket {
  /** Borrowed until the next packet. */
  readonly bytes: Uint8Array;
  readonly timeNs: bigint;
  /** How long it was before the capture cut it. */
  readonly wholeLength: number;
  /** `LINKTYPE_…`: 1 is Ethernet. */
  readonly linkType: number;
}

/** Packets of a file, and how far it is read. */
export class CaptureReader implements Disposable {
  readonly sizeBytes: number;
  readonly #path: string;
  readonly #descriptor: number;
  #buffer = Buffer.alloc(1 << 20);
  #start = 0;
  #end = 0;
  /** Place in the file of the buffer's start. */
  #place = 0;

  /** @throws {InvalidArgumentError} when there is no such file, or it cannot be read. */
  constructor(path: string) {
    this.#path = path;
    this.#descriptor = openToRead(path);
    const found = fstatSync(this.#descriptor);
    this.sizeBytes = found.size;
    if (!found.isDirectory()) return;
    closeSync(this.#descriptor);
    throw new InvalidArgumentError(`cannot read ${path}: it is a folder`);
  }

  /** Bytes that were taken. */
  get position(): number {
    return this.#place + this.#start;
  }

  /** @throws {MalformedError} when it is no capture, or damaged; a packet that is cut off at the end ends it. */
  *packets(): Generator<CapturedPacket, void> {
    const magic = this.#peek(4)?.readUInt32BE(0);
    if (magic === sectionHeader) yield* this.#blocks();
    else yield* this.#records(magic);
  }

  [Symbol.dispose](): void {
    closeSync(this.#descriptor);
  }

  *#records(magic: number | undefined): Generator<CapturedPacket, void> {
    const format = magic === undefined ? undefined : formats.get(magic);
    const header = this.#take(24);
    if (format === undefined || header === undefined)
      throw this.#damaged("no capture of packets", 0);
    const { little, nanoseconds } = format;
    const number = (from: Buffer, at: number): number =>
      little ? from.readUInt32LE(at) : from.readUInt32BE(at);
    const linkType = number(header, 20) & 0xffff;
    for (let record = this.#take(16); record !== undefined; record = this.#take(16)) {
      const at = this.position - 16;
      const [seconds, fraction] = [number(record, 0), number(record, 4)];
      const [length, wholeLength] = [number(record, 8), number(record, 12)];
      if (length > longest) throw this.#damaged(`a packet of ${length} bytes`, at);
      const bytes = this.#take(length);
      if (bytes === undefined) return;
      const timeNs =
        BigInt(seconds) * 1_000_000_000n + BigInt(nanoseconds ? fraction : fraction * 1000);
      yield { bytes, timeNs, wholeLength, linkType };
    }
  }

  *#blocks(): Generator<CapturedPacket, void> {
    let little = true;
    let interfaces: Interface[] = [];
    for (let head = this.#peek(12); head !== undefined; head = this.#peek(12)) {
      const at = this.position;
      const type = little ? head.readUInt32LE(0) : head.readUInt32BE(0);
      if (head.readUInt32BE(0) === sectionHeader) {
        little = head.readUInt32LE(8) === byteOrderMagic;
        interfaces = [];
      }
      const length = little ? head.readUInt32LE(4) : head.readUInt32BE(4);
      if (length < 12 || length % 4 !== 0 || length > longest)
        throw this.#damaged(`a block of ${length} bytes`, at);
      const block = this.#take(length);
      if (block === undefined) return;
      if (type === interfaceBlock) interfaces.push(interfaceOf(block, little));
      const packet = packetIn(block, { type, little, interfaces });
      if (packet !== undefined) yield packet;
    }
  }

  /** The next bytes, which stay; `undefined` at the end. */
  #peek(length: number): Buffer | undefined {
    if (!this.#fill(length)) return undefined;
    return this.#buffer.subarray(this.#start, this.#start + length);
  }

  #take(length: number): Buffer | undefined {
    const bytes = this.#peek(length);
    if (bytes !== undefined) this.#start += length;
    return bytes;
  }

  #fill(length: number): boolean {
    if (this.#end - this.#start >= length) return true;
    const room = length <= this.#buffer.length ? this.#buffer : Buffer.alloc(length * 2);
    this.#buffer.copy(room, 0, this.#start, this.#end);
    this.#place += this.#start;
    this.#end -= this.#start;
    this.#start = 0;
    this.#buffer = room;
    while (this.#end < length) {
      const read = readSync(this.#descriptor, room, this.#end, room.length - this.#end, null);
      if (read === 0) return false;
      this.#end += read;
    }
    return true;
  }

  #damaged(what: string, offset: number): MalformedError {
    return new MalformedError("CAPTURE", what, { path: [this.#path], offset });
  }
}

function openToRead(path: string): number {
  const hint = "give a capture of pcap or pcapng, as tcpdump -w writes it";
  try {
    return openSync(path, "r");
  } catch (error) {
    throw fileError(error, { action: "read", path, hint });
  }
}

/** The longest packet or block that is believed: 64 MiB. */
const longest = 1 << 26;

const formats: ReadonlyMap<number, { readonly little: boolean; readonly nanoseconds: boolean }> =
  new Map([
    [0xa1b2c3d4, { little: false, nanoseconds: false }],
    [0xd4c3b2a1, { little: true, nanoseconds: false }],
    [0xa1b23c4d, { little: false, nanoseconds: true }],
    [0x4d3cb2a1, { little: true, nanoseconds: true }],
  ]);

const sectionHeader = 0x0a0d0d0a;
const byteOrderMagic = 0x1a2b3c4d;
const interfaceBlock = 1;
const simplePacket = 3;
const enhancedPacket = 6;

/** An interface of a section. */
interface Interface {
  readonly linkType: number;
  /** Units of time in a second. */
  readonly unitsPerSecond: bigint;
}

function interfaceOf(block: Buffer, little: boolean): Interface {
  const short = (at: number): number => (little ? block.readUInt16LE(at) : block.readUInt16BE(at));
  let unitsPerSecond = 1_000_000n;
  for (let at = 16; at + 4 <= block.length - 4;) {
    const [code, length] = [short(at), short(at + 2)];
    if (code === 0) break;
    if (code === timeResolution && length === 1) {
      const value = block[at + 4] ?? 6;
      unitsPerSecond = value & 0x80 ? 1n << BigInt(value & 0x7f) : 10n ** BigInt(value);
    }
    at += 4 + Math.ceil(length / 4) * 4;
  }
  return { linkType: short(8), unitsPerSecond };
}

/** `if_tsresol`. */
const timeResolution = 9;

function packetIn(
  block: Buffer,
  {
    type,
    little,
    interfaces,
  }: { readonly type: number; readonly little: boolean; readonly interfaces: readonly Interface[] },
): CapturedPacket | undefined {
  const number = (at: number): number => (little ? block.readUInt32LE(at) : block.readUInt32BE(at));
  if (type === enhancedPacket && block.length >= 32) {
    const from = interfaces[number(8)];
    const units = (BigInt(number(12)) << 32n) | BigInt(number(16));
    const length = Math.min(number(20), block.length - 32);
    return {
      bytes: block.subarray(28, 28 + length),
      timeNs: (units * 1_000_000_000n) / (from?.unitsPerSecond ?? 1_000_000n),
      wholeLength: number(24),
      linkType: from?.linkType ?? 1,
    };
  }
  if (type !== simplePacket || block.length < 16) return undefined;
  const wholeLength = number(8);
  const bytes = block.subarray(12, 12 + Math.min(wholeLength, block.length - 16));
  return { bytes, timeNs: 0n, wholeLength, linkType: interfaces[0]?.linkType ?? 1 };
}
