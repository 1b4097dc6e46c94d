import { describe, it } from "node:test";
import { checkLine, type Expected } from "../testing-lines.ts";

const packet = "r2 = *(u32 *)(r1 + 0); r3 = *(u32 *)(r1 + 4); r4 = r2; r4 += 8";
/** `r0`, `r7` and `r8` lead to 8 bytes, or are null. */
const found =
  "*(u32 *)(r10 - 4) = 1; r1 = map[counts]; r2 = r10; r2 += -4; call bpf_map_lookup_elem; r7 = r0; r8 = r0";

function check(line: string, expected: Expected): void {
  checkLine(`${line}; out: r0 = 0; exit`, expected);
}

describe("comparisons", () => {
  it("with null tell it of all copies", () => {
    check(`${found}; if r0 == 0 goto out; r1 = *(u64 *)(r8 + 0)`, "accepted");
    check(`${found}; if r0 != 0 goto out; r1 = *(u64 *)(r8 + 0)`, /R8 invalid mem access 'scalar'/);
    check(`${found}; if r0 s> 0 goto out; r1 = *(u64 *)(r8 + 0)`, /map_value_or_null/);
    check(`${found}; if w0 == 0 goto out; r1 = *(u64 *)(r8 + 0)`, /map_value_or_null/);
    check(`${found}; r6 = 0; if r0 == r6 goto out; r1 = *(u64 *)(r8 + 0)`, /map_value_or_null/);
  });

  it("with an address that is not null tell it of the one that is compared", () => {
    const same = `${found}; r6 = map[array][0]+0; if r7 != r6 goto out`;
    check(`${same}; r1 = *(u64 *)(r7 + 0)`, "accepted");
    check(`${same}; r1 = *(u64 *)(r8 + 0)`, /R8 invalid mem access 'map_value_or_null'/);
  });

  it("with the end of the packet tell how much is there", () => {
    check(`${packet}; if r4 > r3 goto out; r5 = *(u8 *)(r2 + 7)`, "accepted");
    check(`${packet}; if r4 > r3 goto out; r5 = *(u8 *)(r2 + 8)`, /outside of the packet/);
    check(`${packet}; if r4 >= r3 goto out; r5 = *(u8 *)(r2 + 8)`, "accepted");
    check(`${packet}; if r3 < r4 goto out; r5 = *(u8 *)(r2 + 7)`, "accepted");
    check(`${packet}; if w4 > w3 goto out; r5 = *(u8 *)(r2 + 0)`, /outside of the packet/);
    check(`${packet}; if r4 == r3 goto out; r5 = *(u8 *)(r2 + 0)`, /outside of the packet/);
  });
});
