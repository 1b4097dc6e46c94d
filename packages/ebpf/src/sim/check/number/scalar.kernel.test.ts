/**
 * What is known of numbers, judged by the checker and by the kernel: a number must be small enough to index 64 bytes.
 * @module
 */
import { describeAgreement, each } from "../testing-agreement.ts";

const end = "r0 = 0; exit";
/** `r6` is made a number, which `r7`, the address of 64 bytes, is moved by before one is loaded. */
const index = (how: string, last = 0): string =>
  `r6 = *(u32 *)(r1 + 16); r8 = *(u32 *)(r1 + 12); r7 = map[array][0]+0; ${how}; r7 += r6;
  r0 = *(u8 *)(r7 + ${last}); out: ${end}`;
/** The same from a number of 64 bits, with or without sign. */
const wide = (how: string, last = 0): string =>
  `raw_tracepoint: r6 = *(u64 *)(r1 + 0); r8 = *(u64 *)(r1 + 8); r7 = map[array][0]+0; ${how}; r7 += r6;
  r0 = *(u8 *)(r7 + ${last}); out: ${end}`;
const both = (hows: readonly string[]): readonly string[] =>
  hows.flatMap((how) => [index(how), wide(how), index(how, 63), wide(how, 63)]);

describeAgreement("numbers, by the checker and by the kernel", {
  quotients: both([
    "w6 /= 3; r6 >>= 26",
    "w6 %= 64",
    "r6 %= 64",
    "r6 /= 67108864",
    "w6 s/= 3; r6 >>= 27",
    "w6 /= w8; w6 >>= 26",
    "r6 = 0; r6 /= 3",
    "r6 = 9; r6 %= 5",
  ]),
  "shifts by what is not known": both([
    "w8 &= 7; w6 >>= w8; r6 >>= 26",
    "r8 &= 31; r6 &= 63; r6 >>= r8",
    "r8 &= 31; r6 &= 63; w6 >>= w8",
    "r8 &= 1; r6 &= 15; r6 <<= r8",
    "r8 &= 1; r6 &= 15; r6 s>>= r8",
    "r8 = 2; r6 &= 15; r6 <<= r8",
    "r8 = 40; r6 &= 15; w6 >>= w8",
    "r8 = 0x100000002 ll; r6 &= 15; w6 <<= w8",
  ]),
  "shifts by what is known": both([
    "w6 >>= 26",
    "w6 >>= 25",
    "r6 >>= 58",
    "r6 <<= 58; r6 >>= 58",
    "r6 <<= 32; r6 s>>= 32; r6 &= 63",
    "r6 <<= 32; r6 s>>= 58",
    "w6 s>>= 26; w6 &= 63",
    "w6 s>>= 26; w6 += 32",
    "r6 s>>= 58; r6 += 32",
    "w6 <<= 26; w6 >>= 26",
  ]),
  "halves and signs": both([
    "w6 &= 63",
    "w6 &= -1; r6 &= 63",
    "w6 = w6; r6 >>= 26",
    "r6 = (s8)r6; r6 &= 63",
    "r6 = (s8)r6; r6 += 128; r6 >>= 2",
    "r6 = (s8)r6; r6 += 32",
    "r6 &= 63; r6 = (s8)r6",
    "r6 &= 31; r6 = (s16)r6",
    "r6 &= 255; r6 = (s8)r6",
    "r6 &= 63; r6 = (s32)r6",
    "w6 &= 63; w6 = (s8)w6",
    "w6 = (s8)w6; w6 &= 63",
    "r6 = -1; r6 = (s8)r6; r6 += 1",
    "r6 &= 63; r6 = -r6; r6 += 63",
    "r6 &= 63; w6 = -w6; w6 += 63",
    "r6 &= 63; r6 = -r6; r6 = -r6",
    "r6 &= 63; r6 = be16 r6",
    "r6 = r10; r6 = be16 r6; r6 &= 63",
    "r6 = (s8)r10; r6 &= 63",
    "r6 = r10; r6 = be16 r6; r6 >>= 10",
    "r6 = r10; r6 = le32 r6; r6 >>= 26",
    "r6 = (s8)r10; r6 += 128; r6 >>= 2",
    "w6 = (s8)w10; r6 >>= 26",
    "w6 = (s16)w10; w6 += 32768; r6 >>= 10",
    "w6 = w10; r6 >>= 26",
    "r6 = r10; r6 = -r6; r6 &= 63",
    "r6 = be16 r6; r6 &= 63",
    "r6 = le16 r6; r6 >>= 10",
    "r6 = bswap16 r6; r6 >>= 10",
    "r6 = be16 r6; r6 >>= 10",
    "r6 = be32 r6; r6 >>= 26",
    "r6 = le32 r6; r6 >>= 26",
    "r6 = bswap32 r6; r6 >>= 26",
    "r6 &= 63; r6 = le32 r6",
    "r6 &= 63; r6 = be16 r6; r6 >>= 8",
    "r6 &= 63; r6 = bswap32 r6; r6 >>= 24",
    "r6 &= 63; r6 = bswap64 r6; r6 >>= 56",
    "r6 = be64 r6; r6 &= 63",
    "r6 &= 15; r6 ^= 48",
    "r6 &= 15; r6 ^= 64",
    "r6 &= 15; r6 |= 48",
    "r6 &= 15; r8 &= 48; r6 |= r8",
    "r6 &= 15; r8 &= 15; r6 += r8",
    "r6 &= 7; r8 &= 7; r6 *= r8",
    "r6 &= 7; r8 &= 8; r6 *= r8",
    "r6 &= 7; r8 &= 9; r6 *= r8",
    "r6 &= 7; r6 *= -1; r6 += 7",
    "w6 &= 7; w6 *= -1; w6 += 7",
    "r6 &= 63; r8 &= 63; r6 -= r8",
    "r6 &= 63; r8 &= 63; r6 -= r8; r6 &= 63",
    "w6 -= w8; w6 &= 63",
    "w6 += 1; w6 &= 63",
    "w6 ^= w6",
    "r6 ^= r6",
    "r6 -= r6",
    "w6 -= w6",
    "r6 *= 0",
    "r6 &= 0",
  ]),
  comparisons: ["<", "<=", ">", ">=", "s<", "s<=", "s>", "s>=", "==", "!=", "&"].flatMap((op) =>
    ["r6", "w6"].flatMap((register) =>
      [0, 63, 64, -1].flatMap((value) =>
        both([
          `if ${register} ${op} ${value} goto out`,
          `if ${register} ${op} ${value} goto in; goto out; in: r6 = r6`,
        ]),
      ),
    ),
  ),
  "two comparisons": [
    ...["<", "s<", ">=", "s>="].flatMap((op) =>
      both([
        `if r6 s< 0 goto out; if r6 ${op} 64 goto out`,
        `if w6 s< 0 goto out; if w6 ${op} 64 goto out`,
        `if w6 s< 0 goto out; if r6 ${op} 64 goto out`,
        `if r6 s< 0 goto out; if w6 ${op} 64 goto out`,
        `if w6 > 63 goto out; if r6 ${op} 64 goto out`,
        `r6 += 32; if r6 s< 0 goto out; if r6 ${op} 64 goto out`,
        `w6 += 32; if w6 s< 0 goto out; if w6 ${op} 64 goto out`,
        `if r8 > 63 goto out; if r6 ${op} r8 goto out`,
        `if w8 > 63 goto out; if w6 ${op} w8 goto out`,
        `if r8 s> 63 goto out; if r8 s< 0 goto out; if r6 ${op} r8 goto out`,
      ]),
    ),
    ...both([
      "if w6 > 63 goto out; w6 = w6",
      "if w6 > 63 goto out; w8 = w6; r6 = r8",
      "r8 = r6; if r6 > 63 goto out; r6 = r8",
      "w8 = w6; if w6 > 63 goto out; r6 = r8",
      "w8 = w6; if r6 > 63 goto out; r6 = r8",
      "r8 = r6; if w6 > 63 goto out; r6 = r8",
      "r8 = r6; r8 += 1; if r6 > 62 goto out; r6 = r8",
      "r8 = r6; r8 += 1; if r8 > 63 goto out",
      "r8 = r6; r8 += 4; if r8 > 63 goto out; if r8 < 4 goto out",
      "r8 = r6; r8 += 1; r8 += 1; if r8 > 63 goto out; if r8 < 2 goto out",
      "r8 = r6; r8 += 1; r9 = r8; if r8 > 63 goto out; r6 = r9",
      "r8 = r6; r8 += -1; if r6 > 63 goto out; if r6 == 0 goto out; r6 = r8",
      "r8 = r6; r8 += 1; r9 = r6; r9 += 5; if r9 > 60 goto out; if r9 < 5 goto out; r6 = r8",
      "*(u64 *)(r10 - 8) = r6; if r6 > 63 goto out; r6 = *(u64 *)(r10 - 8)",
      "*(u32 *)(r10 - 8) = r6; if r6 > 63 goto out; r6 = *(u32 *)(r10 - 8)",
      "*(u32 *)(r10 - 8) = r6; if w6 > 63 goto out; r6 = *(u32 *)(r10 - 8)",
      "*(u8 *)(r10 - 8) = r6; if r6 > 63 goto out; r6 = *(u8 *)(r10 - 8)",
      "*(u32 *)(r10 - 4) = r6; if r6 > 63 goto out; r6 = *(u32 *)(r10 - 4)",
      "r8 = (s32)r6; if w6 > 63 goto out; r6 = r8",
      "r6 &= 255; r8 = (s16)r6; if w6 > 63 goto out; r6 = r8",
      "r6 &= 7; if r6 != 3 goto out; r6 *= 21",
      "r6 &= 3; if r6 == 3 goto out; r6 *= 31",
      "r6 &= 3; if r6 == 0 goto out; r6 -= 1; r6 *= 31",
      "if r6 & -64 goto out",
      "if r6 & 64 goto out; r6 &= 127",
      "if w6 & 64 goto out; w6 &= 127",
      "if r6 == r8 goto in; goto out; in: if r8 > 63 goto out",
      "if r6 != r8 goto out; if r8 > 63 goto out",
      "if w6 != w8 goto out; if w8 > 63 goto out; w6 = w6",
      "r6 &= 63; r8 = 64; if r6 >= r8 goto more; goto out; more: r6 = 100",
      "if r6 > 63 goto big; goto go; big: r6 = 63; go: r6 = r6",
      "r6 s>>= 63; r6 &= 63",
      "r6 s>>= 63; r6 += 1",
      "w6 s>>= 31; w6 += 1",
      "w6 s>>= 31; w6 &= 63",
    ]),
  ],
  "what differs between paths": [
    index("r6 &= 63; if r8 == 0 goto go; r6 = 64; go: r8 = 0"),
    index("r6 &= 63; if r8 == 0 goto go; r6 = 63; go: r8 = 0"),
    index("r9 = 0; if r8 == 0 goto a; r9 = 64; a: r6 = r9"),
    index("r9 = 0; if r8 == 0 goto a; r9 = 64; a: r8 = 1; if r6 == 5 goto b; r8 = 2; b: r6 = r9"),
    index("r9 = 64; if r8 == 0 goto a; r9 = 0; a: r8 = 1; if r6 == 5 goto b; r8 = 2; b: r6 = r9"),
    index(
      `*(u64 *)(r10 - 8) = 0; if r8 == 0 goto a; *(u64 *)(r10 - 8) = 64;
      a: r8 = 1; if r6 == 5 goto b; r8 = 2; b: r6 = *(u64 *)(r10 - 8)`,
    ),
    index(
      `*(u64 *)(r10 - 8) = 64; if r8 == 0 goto a; *(u64 *)(r10 - 8) = 0;
      a: r8 = 1; if r6 == 5 goto b; r8 = 2; b: r6 = *(u64 *)(r10 - 8)`,
    ),
    index(
      `*(u32 *)(r10 - 4) = 0; if r8 == 0 goto a; *(u32 *)(r10 - 4) = 64;
      a: r8 = 1; if r6 == 5 goto b; r8 = 2; b: r6 = *(u32 *)(r10 - 4)`,
    ),
  ],
  loops: [
    ...each([63, 64, 65], (times) =>
      index(
        `r8 = 0; again: r9 = r7; r9 += r8; r0 = *(u8 *)(r9 + 0); r8 += 1; if r8 < ${times} goto again; r6 = 0`,
      ),
    ),
    index("r8 = 0; r9 = 0; again: r6 = r9; r9 = r8; r8 = 64; if r6 == 0 goto again; r6 = 0"),
    index(
      "r9 = 0; r8 = 1; again: r7 = map[array][0]+0; r7 += r9; r0 = *(u8 *)(r7 + 0); r9 += r8; if r9 < 64 goto again; r6 = 0",
    ),
    index(
      "r9 = 0; r8 = 2; again: r7 = map[array][0]+0; r7 += r9; r0 = *(u8 *)(r7 + 0); r9 += r8; if r9 < 65 goto again; r6 = 0",
    ),
    index(
      "r9 = 0; r8 = 2; again: r7 = map[array][0]+0; r7 += r9; r0 = *(u8 *)(r7 + 0); r9 += r8; if r9 != 65 goto again; r6 = 0",
    ),
    index("r9 = 0; again: may_goto over; r9 += 1; goto again; over: r6 = r9"),
    index("r9 = 0; again: may_goto over; r9 += 1; r9 &= 63; goto again; over: r6 = r9"),
    index("r9 = 0; r8 = 0; again: may_goto over; r9 = r8; r8 = 64; goto again; over: r6 = r9"),
    index("r9 = 0; r8 = 0; again: may_goto over; r9 = r8; r8 = 63; goto again; over: r6 = r9"),
    index(
      "r9 = 0; r8 = 0; r5 = 0; again: may_goto over; r9 = r8; r8 = r5; r5 = 64; goto again; over: r6 = r9",
    ),
    index(
      "r9 = 0; r8 = 0; again: may_goto over; r9 = 1; if r8 == 7 goto over; r8 += 1; goto again; over: r6 = r9",
    ),
  ],
});
