import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { checkLine, type Expected } from "../testing-lines.ts";

/** `r7` leads to 64 bytes, `r8` is any number; in the end `r6` is the place of a byte that is read. */
function check(how: string, expected: Expected): number {
  const line = `r8 = *(u32 *)(r1 + 12); r7 = map[array][0]+0; ${how}; r7 += r6; r0 = *(u8 *)(r7 + 0); r0 = 0; exit`;
  const result = checkLine(line, expected);
  return result.verdict === "accepted" ? result.looked : 0;
}
const bad = /unbounded|value_size=64/;

describe("paths that meet", () => {
  it("are followed again where a number counts that differs", () => {
    const meet = "a: r5 = 1; if r8 == 5 goto b; r5 = 2; b: r6 = r9";
    check(`r9 = 0; if r8 == 0 goto a; r9 = 63; ${meet}`, "accepted");
    check(`r9 = 0; if r8 == 0 goto a; r9 = 64; ${meet}`, bad);
    check(`r9 = 64; if r8 == 0 goto a; r9 = 0; ${meet}`, bad);
  });

  it("are followed again where a slot of the stack counts that differs", () => {
    const meet = "a: r5 = 1; if r8 == 5 goto b; r5 = 2; b: r6 = *(u32 *)(r10 - 4)";
    const first = "*(u32 *)(r10 - 4) = 0; if r8 == 0 goto a";
    check(`${first}; *(u32 *)(r10 - 4) = 0; ${meet}`, "accepted");
    check(`${first}; *(u32 *)(r10 - 4) = 64; ${meet}`, /unbounded|value_size=64/);
  });

  it("end where nothing counts that differs", () => {
    const parts = Array.from({ length: 40 }, (_, index) => {
      return `if r8 == ${index} goto l${index}; r9 += ${index}; l${index}: r5 = 0; r5 = 1; r5 = 2; r5 = 3`;
    });
    const looked = check(`r9 = 0; ${parts.join("; ")}; r6 = 0`, "accepted");
    assert.ok(looked < 10_000, String(looked));
  });
});

describe("loops that may end at any time", () => {
  it("come back to what was there, however numbers are handed on in them", () => {
    const loop = (body: string): string =>
      `r9 = 0; r4 = 0; r5 = 0; again: may_goto over; ${body}; goto again; over: r6 = r9`;
    check(loop("r9 += 1; r9 &= 63"), "accepted");
    check(loop("r9 += 1"), /unbounded|value_size=64/);
    check(loop("r9 = r4; r4 = 64"), bad);
    check(loop("r9 = r4; r4 = r5; r5 = 64"), bad);
  });

  it("must get on otherwise", () => {
    check(
      "again: r5 = 0; r5 = 1; r5 = 2; r5 = 3; r5 = 4; r5 = 5; goto again; r6 = 0",
      /unreachable|infinite loop/,
    );
    check(
      "again: r5 = 0; r5 = 1; r5 = 2; r5 = 3; r5 = 4; r5 = 5; if r8 != 7 goto again; r6 = 0",
      /infinite loop detected/,
    );
  });
});
