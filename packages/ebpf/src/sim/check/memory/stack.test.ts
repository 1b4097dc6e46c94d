import { describe, it } from "node:test";
import { checkLine, type Expected } from "../testing-lines.ts";

const end = "r0 = 0; exit";
/** `r2` leads to the stack, `r6` more than 16 bytes below its end. */
const variable = (mask: number, from = -16): string =>
  `r6 = *(u32 *)(r1 + 16); r6 &= ${mask}; r2 = r10; r2 += ${from}; r2 += r6`;

function check(line: string, expected: Expected): void {
  checkLine(`${line}; ${end}`, expected);
}

describe("the stack", () => {
  it("is read and written between its ends", () => {
    check("*(u64 *)(r10 - 512) = 1", "accepted");
    check("*(u64 *)(r10 - 520) = 1", /invalid write to stack R10 off=-520 size=8/);
    check("*(u64 *)(r10 + 0) = 1", /invalid write to stack R10 off=0 size=8/);
    check("r0 = *(u8 *)(r10 + 0)", /invalid read from stack R10 off=0 size=1/);
  });

  it("is aligned, also at a place that varies", () => {
    check("*(u64 *)(r10 - 12) = 1", /misaligned stack access off -12 size 8/);
    check(`${variable(8)}; r0 = *(u64 *)(r2 + 0)`, "accepted");
    check(`${variable(7)}; r0 = *(u8 *)(r2 + 0)`, "accepted");
    check(`${variable(7)}; r0 = *(u16 *)(r2 + 0)`, /misaligned stack access off -16 size 2/);
    check(`${variable(8, -20)}; r0 = *(u64 *)(r2 + 0)`, /misaligned stack access off -20 size 8/);
    check(`${variable(8, -8)}; r0 = *(u64 *)(r2 + 0)`, /invalid read from stack R2 off=-8 size=8/);
  });

  it("forgets what may have been written over", () => {
    const spill = "*(u64 *)(r10 - 16) = r1";
    const use = "r1 = *(u64 *)(r10 - 16); r0 = *(u32 *)(r1 + 0)";
    check(`${spill}; ${use}`, "accepted");
    check(`${spill}; ${variable(8)}; ${use}`, "accepted");
    check(
      `${spill}; ${variable(8)}; *(u64 *)(r2 + 0) = 0; ${use}`,
      /R1 invalid mem access 'scalar'/,
    );
    check(`${spill}; *(u8 *)(r10 - 9) = 0; ${use}`, /R1 invalid mem access 'scalar'/);
  });

  it("keeps no zeros of a number that was stored as a whole and is written over in part", () => {
    const index = "r7 = map[array][0]+0; r7 += r8; r0 = *(u8 *)(r7 + 63)";
    check(`*(u64 *)(r10 - 8) = 0; r8 = *(u32 *)(r10 - 4); ${index}`, "accepted");
    check(
      `*(u64 *)(r10 - 8) = 0; *(u8 *)(r10 - 8) = 7; r8 = *(u8 *)(r10 - 7); ${index}`,
      /off=318 size=1/,
    );
    check(
      `*(u32 *)(r10 - 4) = 0; *(u32 *)(r10 - 8) = 7; r8 = *(u32 *)(r10 - 4); ${index}`,
      "accepted",
    );
  });

  it("of a caller holds no addresses of stacks that its functions put there", () => {
    const call = "r1 = r10; r1 += -8; call sub; r0 = 0; exit; sub: *(u64 *)(r1 + 0)";
    check(`${call} = 1`, "accepted");
    check(`${call} = r1`, /cannot spill pointers to stack into stack frame of the caller/);
    check(`${call} = r10`, /cannot spill pointers to stack into stack frame of the caller/);
  });
});
