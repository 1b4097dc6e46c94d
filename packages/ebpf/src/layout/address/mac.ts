/**
 * Hardware addresses of network interfaces.
 * @module
 */
import { hex } from "../../base/bytes.ts";
import { InvalidArgumentError } from "../../base/errors.ts";
import { bytes } from "../bytes.ts";
import type { TransformLayout } from "../layout.ts";
import { transform } from "../transform.ts";
import { requireString, show } from "../value-error.ts";

const sizeBytes = 6;

/** An Ethernet address (`__u8[6]`), as text: `"02:42:ac:11:00:02"`. */
export const mac: TransformLayout<string> = transform(bytes(sizeBytes), {
  name: "mac",
  decode: formatMac,
  encode: parseMac,
});

const pairs = /^[0-9a-f]{2}([:-])(?:[0-9a-f]{2}\1){4}[0-9a-f]{2}$/i;

/**
 * The six bytes of the address; colons or hyphens stand between them, letters may be small or capital.
 * @throws {InvalidArgumentError} when the text is not six pairs of hexadecimal digits.
 */
export function parseMac(text: string): Uint8Array<ArrayBuffer> {
  requireString(text, "a hardware address");
  if (!pairs.test(text))
    throw new InvalidArgumentError(`${show(text)} is not a hardware address`, {
      hint: "write six pairs of hexadecimal digits, as in 02:42:ac:11:00:02",
    });
  return Uint8Array.from(text.split(/[:-]/), (pair) => Number.parseInt(pair, 16));
}

/**
 * The text of the address in six bytes, in small letters with colons.
 * @throws {InvalidArgumentError} when there are not six bytes.
 */
export function formatMac(bytes: Uint8Array): string {
  if (bytes.length !== sizeBytes)
    throw new InvalidArgumentError(`a hardware address has 6 bytes, got ${bytes.length}`);
  return hex(bytes, ":");
}
