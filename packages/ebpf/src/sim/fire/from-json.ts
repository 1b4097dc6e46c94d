/**
 * Values out of JSON, which has neither bytes nor integers beyond 2^53.
 * @module
 */
import { fromHex } from "../../base/bytes.ts";
import { InvalidArgumentError } from "../../base/errors.ts";

/**
 * A value with bytes and large integers in place of what stands for them in JSON.
 * @throws {InvalidArgumentError} when the text of one is none.
 */
export function fromJson(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(fromJson);
  if (typeof value !== "object" || value === null || value instanceof Uint8Array) return value;
  const entries = Object.entries(value);
  const [first] = entries;
  if (entries.length === 1 && typeof first?.[1] === "string") {
    if (first[0] === "hex") return bytesOf(first[1]);
    if (first[0] === "integer") return integerOf(first[1]);
  }
  return Object.fromEntries(entries.map(([name, inner]) => [name, fromJson(inner)]));
}

function bytesOf(text: string): Uint8Array {
  if (/^(\s*[\da-f]{2})*\s*$/i.test(text)) return fromHex(text);
  throw new InvalidArgumentError(`${JSON.stringify(text)} is no bytes in hexadecimal digits`, {
    hint: 'write { "hex": "0a 1b" }: two digits for each byte',
  });
}

function integerOf(text: string): bigint {
  if (/^\s*(-?\d+|0x[\da-f]+)\s*$/i.test(text)) return BigInt(text);
  throw new InvalidArgumentError(`${JSON.stringify(text)} is no integer`, {
    hint: 'write { "integer": "18446744073709551615" }',
  });
}
