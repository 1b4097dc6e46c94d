import { describe, it } from "node:test";
import { checkLine, type Expected } from "../testing-lines.ts";

/** `r7` leads to 64 bytes, `r6` is a number of 32 bits; a byte is read at `r7 + r6`. */
function check(how: string, expected: Expected, last = 0): void {
  const line = `r6 = *(u32 *)(r1 + 16); r8 = *(u32 *)(r1 + 12); r7 = map[array][0]+0; ${how}; r7 += r6;
      r0 = *(u8 *)(r7 + ${last})`;
  checkLine(`${line}; out: r0 = 0; exit`, expected);
}

describe("arithmetic", () => {
  it("knows nothing of quotients, nor of shifts by what is not known", () => {
    check("w6 >>= 26", "accepted");
    check("w6 /= 3; r6 >>= 26", /unbounded/);
    check("r6 %= 64", /unbounded/);
    check("r6 &= 63; r8 &= 1; r6 >>= r8", /unbounded/);
    check("r6 &= 15; r8 = 2; r6 <<= r8", "accepted");
  });

  it("turns the bits round that are known", () => {
    check("r6 = bswap16 r6; r6 >>= 10", "accepted");
    check("r6 &= 63; r6 = be16 r6; r6 >>= 8", "accepted");
    check("r6 &= 127; r6 = be16 r6; r6 >>= 8", /value_size=64/);
  });

  it("keeps a number tied to those it equalled, after a constant was added once", () => {
    check("r8 = r6; r8 += 1; if r8 > 63 goto out", "accepted");
    check("r8 = r6; r8 += 1; if r6 > 62 goto out; r6 = r8", "accepted");
    check("r8 = r6; r8 += 1; if r6 > 63 goto out; r6 = r8", /value_size=64 off=64/);
    check("r8 = r6; r8 += 1; r8 += 1; if r8 > 63 goto out", /unbounded/);
    check("r8 = r6; r8 += 1; r9 = r8; if r9 > 63 goto out", /unbounded/);
  });

  it("moves addresses only as far as they cannot wrap", () => {
    check("r5 = 536870911; r7 += r5; r7 -= r5; r6 = 0", "accepted");
    check(
      "r5 = 536870912; r7 += r5; r6 = 0",
      /value 536870912 makes map_value pointer be out of bounds/,
    );
    check(
      "r5 = 536870911; r7 += r5; r7 += r5; r6 = 0",
      /map_value pointer offset 1073741822 is not allowed/,
    );
    check("r6 = -r6; r7 -= r6; r6 = 0", /out of bounds/);
  });

  it("takes addresses for numbers nowhere", () => {
    check("r7 *= 2", /pointer arithmetic with \*= operator prohibited/);
    check("r7 &= -8", /bitwise operator &= on pointer prohibited/);
    check("w7 += 1", /32-bit pointer arithmetic prohibited/);
    check("r7 += r10", /pointer \+= pointer prohibited/);
    check("r10 += 8", /frame pointer is read only/);
  });
});
