import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { VerifierError } from "./verifier-error.ts";

const missingNullCheck = `0: R1=ctx() R10=fp0
0: (b7) r0 = 0                        ; R0_w=0
7: (85) call bpf_map_lookup_elem#1    ; R0_w=map_value_or_null(id=1,map=counts,ks=4,vs=8)
8: (79) r1 = *(u64 *)(r0 +0)
R0 invalid mem access 'map_value_or_null'
processed 9 insns (limit 1000000) max_states_per_insn 0 total_states 0 peak_states 0 mark_read 0
`;

describe("VerifierError", () => {
  it("says in its message what the telling line says, and where", () => {
    const error = new VerifierError("count", missingNullCheck);
    assert.equal(
      error.message,
      `program "count" was rejected at instruction 8: R0 invalid mem access 'map_value_or_null'`,
    );
    assert.equal(error.instruction, 8);
    assert.equal(error.instructionText, "r1 = *(u64 *)(r0 +0)");
    assert.match(error.hint ?? "", /compare the result of the helper with 0/);
  });

  it("keeps the whole log, without the rest of the buffer", () => {
    const error = new VerifierError("count", `${missingNullCheck}\0\0\0garbage`);
    assert.equal(error.log.length, 6);
    assert.match(error.log[5]!, /^processed 9 insns/);
  });

  it("formats as message, log and hint", () => {
    const lines = new VerifierError("count", missingNullCheck).format().split("\n");
    assert.match(lines[0]!, /^VerifierError \[VERIFIER_REJECTED\]: program "count"/);
    assert.equal(lines[1], "  verifier log:");
    assert.match(lines.at(-1)!, /^ {2}hint: /);
  });

  it("shows the end of a long log and says what it leaves out", () => {
    const long = Array.from({ length: 50 }, (_, index) => `${index}: (b7) r0 = ${index}`).join(
      "\n",
    );
    const text = new VerifierError("long", `${long}\nprocessed 50 insns`).format();
    assert.match(text, /… \(31 lines before, see error\.log\)/);
  });

  it("admits when the log is empty", () =>
    assert.match(new VerifierError("x", "\0").message, /the kernel gave no reason/));
});
