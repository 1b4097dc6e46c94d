/**
 * The header of BTF, and the sections it points to.
 *
 * All that follows the header is 32-bit words and text, so bringing the words into the byte order of this machine
 * once makes every other file free of byte order. Types are not looked at here.
 * @module
 */
import { littleEndian, viewOf } from "../base/bytes.ts";
import { MalformedError } from "../base/errors.ts";

/** The parts of a BTF, checked to lie within its bytes. */
export interface BtfSections {
  /** Byte order the BTF was written for. */
  readonly byteOrder: "little" | "big";
  /** The type section in words of this machine. Shares memory with the input wherever it can. */
  readonly words: Uint32Array;
  /** Where the type section starts, in bytes from the start of the input. */
  readonly typesAt: number;
  /** Where the strings start, in bytes. */
  readonly stringsAt: number;
  /** The string section. */
  readonly strings: Uint8Array;
  /** The layout section: four bytes for each kind its writer knew. Empty before Linux 7.1. */
  readonly layout: Uint8Array;
}

/** `BTF_MAGIC`. */
const magic = 0xeb9f;
const version = 1;
/** Size of the header as it first was. Later fields are behind it; `hdr_len` says how many there are. */
const headerSize = 24;
const headerSizeWithLayout = 32;

/**
 * The sections of `input`; `path` says in errors what they are of.
 *
 * ```
 *   0      2   3   4        8         12        16       20       24          28
 *   +------+---+---+--------+---------+---------+--------+--------+-----------+-----------+
 *   | magic|ver|flg| hdr_len| type_off| type_len| str_off| str_len| layout_off| layout_len|
 *   +------+---+---+--------+---------+---------+--------+--------+-----------+-----------+
 * ```
 *
 * Offsets count from the end of the header. Source: `struct btf_header` in include/uapi/linux/btf.h.
 * @throws MalformedError when the header is none, or a section reaches beyond the bytes.
 */
export function readSections(input: Uint8Array, path: string): BtfSections {
  // A Buffer gives way to what it is a view of: its own methods are other ones.
  const bytes = new Uint8Array(input.buffer, input.byteOffset, input.byteLength);
  const header = new Header(bytes, path);
  const types = header.section("type", 8);
  if (types.start % 4 !== 0 || types.length % 4 !== 0) {
    header.fail("the type section is not a whole number of words", 8);
  }
  const strings = header.section("string", 16);
  const layout = header.length >= headerSizeWithLayout ? header.section("layout", 24) : undefined;
  return {
    byteOrder: header.little ? "little" : "big",
    words: wordsOf(bytes.subarray(types.start, types.start + types.length), header.little),
    typesAt: types.start,
    stringsAt: strings.start,
    strings: bytes.subarray(strings.start, strings.start + strings.length),
    layout: layout ? bytes.subarray(layout.start, layout.start + layout.length) : new Uint8Array(0),
  };
}

/** The fixed fields at the start, in the byte order that the magic number tells. */
class Header {
  readonly little: boolean;
  readonly length: number;
  readonly #view: DataView;
  readonly #path: string;

  constructor(bytes: Uint8Array, path: string) {
    this.#view = viewOf(bytes);
    this.#path = path;
    if (bytes.length < headerSize) this.fail(`${bytes.length} bytes are too few for BTF`, 0);
    this.little = this.#view.getUint16(0, true) === magic;
    if (!this.little && this.#view.getUint16(0, false) !== magic) {
      this.fail("this is not BTF: it does not start with 0xeb9f", 0);
    }
    if (bytes[2] !== version) this.fail(`version ${bytes[2]} of BTF is unknown`, 2);
    if (bytes[3] !== 0) this.fail(`flags ${bytes[3]} of BTF are unknown`, 3);
    this.length = this.#view.getUint32(4, this.little);
    if (this.length < headerSize || this.length > bytes.length) {
      this.fail(`a header of ${this.length} bytes cannot be in ${bytes.length} bytes`, 4);
    }
  }

  /** The section whose offset and length are the words at `at`. */
  section(name: string, at: number): { start: number; length: number } {
    const start = this.length + this.#view.getUint32(at, this.little);
    const length = this.#view.getUint32(at + 4, this.little);
    if (start + length > this.#view.byteLength) {
      this.fail(
        `the ${name} section ends at ${start + length} of ${this.#view.byteLength} bytes`,
        at,
      );
    }
    return { start, length };
  }

  fail(message: string, offset: number): never {
    throw new MalformedError("BTF", message, { path: [this.#path, "header"], offset });
  }
}

/** `bytes` as words of this machine: a view of the same memory when order and alignment allow, else a copy. */
function wordsOf(bytes: Uint8Array, little: boolean): Uint32Array {
  if (little === littleEndian && bytes.byteOffset % 4 === 0) {
    return new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
  }
  const view = viewOf(bytes);
  const words = new Uint32Array(bytes.length / 4);
  for (let index = 0; index < words.length; index++)
    words[index] = view.getUint32(4 * index, little);
  return words;
}
