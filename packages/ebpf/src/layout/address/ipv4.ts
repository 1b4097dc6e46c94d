/**
 * IPv4 addresses.
 *
 * As a number an address is what its four bytes are with the high one first: `10.0.0.1` is 0x0a000001, whatever the
 * machine. Only the common form of four decimal numbers is read; others mean different things to different programs.
 * @module
 */
import { InvalidArgumentError } from "../../base/errors.ts";
import { be32 } from "../integer.ts";
import type { TransformLayout } from "../layout.ts";
import { transform } from "../transform.ts";
import { requireString, show } from "../value-error.ts";

/** An IPv4 address in packet order (`__be32`), as text: `"10.0.0.1"`. */
export const ipv4: TransformLayout<string> = transform(be32, {
  name: "ipv4",
  decode: formatIpv4,
  encode: parseIpv4,
});

const dotted = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/;

/**
 * The address as a number: `"10.0.0.1"` is 0x0a000001.
 * @throws {InvalidArgumentError} when the text is not four numbers from 0 to 255 without leading zeros.
 */
export function parseIpv4(text: string): number {
  requireString(text, "an IPv4 address");
  const parts = dotted.exec(text)?.slice(1);
  if (parts === undefined || !parts.every(isByte))
    throw new InvalidArgumentError(`${show(text)} is not an IPv4 address`, {
      hint: "write four numbers from 0 to 255 without leading zeros, as in 10.0.0.1",
    });
  return parts.reduce((address, part) => address * 256 + Number(part), 0);
}

/** The text of an address given as a number from 0 to 2^32 - 1. */
export function formatIpv4(address: number): string {
  return `${address >>> 24}.${(address >>> 16) & 0xff}.${(address >>> 8) & 0xff}.${address & 0xff}`;
}

// A leading zero means octal to some programs (inet_aton), and nothing to others.
function isByte(digits: string): boolean {
  return Number(digits) <= 255 && (digits.length === 1 || !digits.startsWith("0"));
}
