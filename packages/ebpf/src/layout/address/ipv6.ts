/**
 * IPv6 addresses.
 *
 * Text is read in every form RFC 4291 §2.2 allows and written in the one form RFC 5952 recommends, so that equal
 * addresses are equal strings. Zones (`%eth0`) are no part of an address in memory and are refused.
 * @module
 */
import { viewOf } from "../../base/bytes.ts";
import { InvalidArgumentError } from "../../base/errors.ts";
import { array } from "../array.ts";
import { be32 } from "../integer.ts";
import type { TransformLayout } from "../layout.ts";
import { transform } from "../transform.ts";
import { requireString, show } from "../value-error.ts";
import { formatIpv4, parseIpv4 } from "./ipv4.ts";

/** An IPv6 address (`struct in6_addr`, laid out as four `__be32`), as text: `"2001:db8::1"`. */
export const ipv6: TransformLayout<string> = transform(array(be32, 4), {
  name: "ipv6",
  decode: (words) => formatGroups(words.flatMap((word) => [word >>> 16, word & 0xffff])),
  encode: (text) => {
    const groups = parseGroups(text);
    return [0, 2, 4, 6].map((index) => groups[index]! * 0x1_0000 + groups[index + 1]!);
  },
});

/**
 * The 16 bytes of the address.
 * @throws {InvalidArgumentError} when the text is not an IPv6 address.
 */
export function parseIpv6(text: string): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(2 * groupCount);
  parseGroups(text).forEach((group, index) => viewOf(bytes).setUint16(2 * index, group));
  return bytes;
}

/**
 * The text of the address in 16 bytes, as RFC 5952 recommends: lower case, no leading zeros, `::` for the longest run
 * of at least two zero groups, and a mapped IPv4 address in decimal (`::ffff:10.0.0.1`).
 * @throws {InvalidArgumentError} when there are not 16 bytes.
 */
export function formatIpv6(bytes: Uint8Array): string {
  if (bytes.length !== 2 * groupCount)
    throw new InvalidArgumentError(`an IPv6 address has 16 bytes, got ${bytes.length}`);
  const view = viewOf(bytes);
  return formatGroups(Array.from({ length: groupCount }, (_, index) => view.getUint16(2 * index)));
}

/** An address is eight groups of 16 bits. */
const groupCount = 8;

const group = /^[0-9a-f]{1,4}$/i;

function parseGroups(text: string): readonly number[] {
  requireString(text, "an IPv6 address");
  const halves = withoutDots(text)
    .split("::")
    .map((half) => (half === "" ? [] : half.split(":")));
  const [left = [], right = []] = halves;
  const omitted = groupCount - left.length - right.length;
  const isComplete = halves.length === 1 ? omitted === 0 : halves.length === 2 && omitted > 0;
  if (!isComplete || ![...left, ...right].every((digits) => group.test(digits)))
    throw new InvalidArgumentError(`${show(text)} is not an IPv6 address`, {
      hint: text.includes("%")
        ? "leave out the zone behind %"
        : "write eight groups of hexadecimal digits, with :: for zeros, as in 2001:db8::1",
    });
  const zeros = Array.from({ length: omitted }, () => "0");
  return [...left, ...zeros, ...right].map((digits) => Number.parseInt(digits, 16));
}

/** The text with an IPv4 address at its end turned into two groups. */
function withoutDots(text: string): string {
  return text.replace(/(?<=:)\d+\.\d+\.\d+\.\d+$/, (dotted) => {
    const address = parseIpv4(dotted);
    return `${(address >>> 16).toString(16)}:${(address & 0xffff).toString(16)}`;
  });
}

function formatGroups(groups: readonly number[]): string {
  const [start, length] = longestZeroRun(groups);
  const words = groups.map((group) => group.toString(16));
  if (start === 0 && length === 5 && groups[5] === 0xffff)
    return `::ffff:${formatIpv4(groups[6]! * 0x1_0000 + groups[7]!)}`;
  if (length < 2) return words.join(":");
  return `${words.slice(0, start).join(":")}::${words.slice(start + length).join(":")}`;
}

/** Start and length of the longest run of zeros, the first one of several. */
function longestZeroRun(groups: readonly number[]): readonly [start: number, length: number] {
  let [bestStart, bestLength, length] = [0, 0, 0];
  for (const [index, group] of groups.entries()) {
    length = group === 0 ? length + 1 : 0;
    if (length > bestLength) [bestStart, bestLength] = [index + 1 - length, length];
  }
  return [bestStart, bestLength];
}
