/**
 * Words of constant bytes.
 * @module
 */

/** A word of bytes in the order of the machine, little-endian, as a number with sign or, below 64 bits, without. */
export function readWord(bytes: Uint8Array, offset: number, size: number, signed = true): bigint {
  let word = 0n;
  for (let index = size - 1; index >= 0; index--) {
    word = (word << 8n) | BigInt(bytes[offset + index]!);
  }
  return signed || size === 8 ? BigInt.asIntN(8 * size, word) : word;
}
