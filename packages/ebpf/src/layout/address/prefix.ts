/**
 * Networks: keys of LPM tries, which find the longest prefix an address matches.
 *
 * A key is the length of the prefix in bits, then the address (`struct bpf_lpm_trie_key_u8` in
 * include/uapi/linux/bpf.h). Bits behind the prefix mean nothing to the kernel; they are kept as they are, so that what
 * was read is what will be written.
 * @module
 */
import { InvalidArgumentError } from "../../base/errors.ts";
import { u32 } from "../integer.ts";
import type { Layout, TransformLayout } from "../layout.ts";
import { struct } from "../struct.ts";
import { transform } from "../transform.ts";
import { requireString, show } from "../value-error.ts";
import { ipv4 } from "./ipv4.ts";
import { ipv6 } from "./ipv6.ts";

/** Key of an LPM trie of IPv4 networks, as text: `"10.0.0.0/8"`. An address alone is its own network, `/32`. */
export const ipv4Prefix: TransformLayout<string> = prefix("ipv4_prefix", ipv4);

/** Key of an LPM trie of IPv6 networks, as text: `"2001:db8::/32"`. An address alone is its own network, `/128`. */
export const ipv6Prefix: TransformLayout<string> = prefix("ipv6_prefix", ipv6);

function prefix(name: string, address: Layout<string>): TransformLayout<string> {
  const longest = 8 * address.size;
  return transform(struct(name, { prefixlen: u32, address }), {
    name,
    decode: ({ address, prefixlen }) => `${address}/${prefixlen}`,
    encode: (text) => {
      requireString(text, "a network");
      const [address = "", length = `${longest}`, ...more] = text.split("/");
      const prefixlen = more.length === 0 ? lengthIn(length, longest) : undefined;
      if (prefixlen === undefined)
        throw new InvalidArgumentError(`${show(text)} is not a network`, {
          hint: `write an address, a slash and a number from 0 to ${longest}`,
        });
      return { prefixlen, address };
    },
  });
}

/** The number that the digits are, unless there are other characters or it is larger than `longest`. */
function lengthIn(digits: string, longest: number): number | undefined {
  const length = /^(0|[1-9]\d{0,2})$/.test(digits) ? Number(digits) : undefined;
  return length === undefined || length > longest ? undefined : length;
}
