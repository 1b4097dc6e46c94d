import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Branch } from "../ir/function.ts";
import { removeImplied } from "./implied.ts";
import { returnCondition, textAfter } from "./testing-pass.ts";

type Condition = Pick<Branch, "op" | "width">;

/** What becomes of asking `second` of `a` and 7 where `first` holds: a jump, or still a branch. */
function ask(first: Condition, second: Condition, side: "then" | "else" = "then"): string {
  const lines = textAfter(removeImplied, (builder, left) => {
    const [yes, no] = [builder.block(), builder.block()];
    builder.branch({ ...first, left, right: 7n }, { then: yes, else: no });
    builder.seal(yes);
    builder.seal(no);
    const [asked, other] = side === "then" ? [yes, no] : [no, yes];
    builder.current = other;
    builder.return(9n);
    builder.current = asked;
    returnCondition(builder, { ...second, left, right: 7n });
  });
  const start = lines.indexOf(side === "then" ? "b1():" : "b2():");
  return lines[start + 1]!;
}

const eq = { op: "eq", width: 64 } as const;
const ne = { op: "ne", width: 64 } as const;
const lt = { op: "lt", width: 64 } as const;
const le = { op: "le", width: 64 } as const;

describe("removeImplied", () => {
  it("knows what was asked before", () => {
    assert.equal(ask(lt, lt), "jump b3()");
    assert.equal(ask(lt, lt, "else"), "jump b4()");
  });

  it("knows what follows from it", () => {
    assert.equal(ask(lt, le), "jump b3()");
    assert.equal(ask(lt, eq), "jump b4()");
    assert.equal(ask(eq, le), "jump b3()");
    assert.equal(ask(ne, eq), "jump b4()");
    assert.equal(ask(ne, ne, "else"), "jump b4()");
  });

  it("keeps what may be either", () => {
    assert.match(ask(le, lt), /^if lt64/);
    assert.match(ask(le, eq), /^if eq64/);
    assert.match(ask(ne, lt), /^if lt64/);
    assert.match(ask({ op: "lt", width: 32 }, lt), /^if lt64/);
    assert.match(ask({ op: "slt", width: 64 }, lt), /^if lt64/);
    assert.match(ask({ op: "set", width: 64 }, eq, "else"), /^if eq64/);
  });

  it("forgets where another way joins", () => {
    const lines = textAfter(removeImplied, (builder, left) => {
      const [yes, after] = [builder.block(), builder.block()];
      builder.branch({ ...eq, left, right: 7n }, { then: yes, else: after });
      builder.seal(yes);
      builder.current = yes;
      builder.jump(after);
      builder.seal(after);
      builder.current = after;
      returnCondition(builder, { ...eq, left, right: 7n });
    });
    assert.equal(lines.filter((line) => line.startsWith("if eq64")).length, 2);
  });
});
