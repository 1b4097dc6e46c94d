import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { explain, type Explanation } from "./explain.ts";
import { logLines, parseRejection } from "./rejection.ts";
import { allRules } from "./rules/all.ts";
import { missingNullCheck, structuredLog } from "./testing-logs.ts";

function explained(log: string, variable?: string): Explanation | undefined {
  return explain(parseRejection(logLines(log)), { variable });
}

describe("explain", () => {
  it("names the register, what it holds, and the variable", () => {
    const explanation = explained(missingNullCheck, "v");
    assert.equal(explanation?.id, "null-dereference");
    assert.match(explanation.cause, /^r0 holds the result of a lookup in map "counts"/);
    assert.match(explanation.suggestion.typescript, /if \(!v\) return/);
    assert.match(explanation.suggestion.assembler, /jeq\(r0, 0, …\)/);
  });

  it("prefers the first message, which is the most particular", () =>
    assert.equal(
      explained(`9: (79) r0 = *(u64 *)(r0 +60)
invalid access to map value, value_size=64 off=60 size=8
R0 min value is outside of the allowed memory range`)?.id,
      "map-value-bounds",
    ));

  it("explains what only older kernels say", () => {
    const check = (message: string, id: string): void =>
      assert.equal(explained(message)?.id, id, message);
    check("back-edge from insn 3 to 1", "back-edge");
    check("invalid indirect read from stack R2 off -4+0 size 4", "stack-uninitialised");
    check("invalid read from stack off -8+0 size 8", "stack-uninitialised");
    check("R1 invalid mem access 'inv'", "scalar-dereference");
    check("unknown func bpf_timer_init#169", "helper-not-for-type");
    check("jump out of range from insn 1 to 9", "jump-out-of-range");
    check("R0 leaks addr as return value", "pointer-leak");
    check("bpf_spin_unlock is missing", "spin-lock-held-at-exit");
  });

  it("passes the kernel's own words on for what it does not know", () => {
    const unknown = structuredLog.replace(/^R0 invalid mem.*$/m, "something new");
    const explanation = explained(unknown);
    assert.equal(explanation?.id, "kernel-report");
    assert.match(explanation.cause, /^R0 may be NULL here/);
    assert.match(explanation.suggestion.typescript, /^Add a NULL check/);
  });

  it("guesses nothing", () => {
    assert.equal(explained("something new"), undefined);
    assert.equal(explained(""), undefined);
  });
});

describe("the rules", () => {
  it("have identifiers of their own", () => {
    const ids = allRules().map(({ id }) => id);
    assert.deepEqual(ids, [...new Set(ids)]);
    assert.ok(ids.length >= 40);
    for (const id of ids) assert.match(id, /^[a-z0-9]+(-[a-z0-9]+)*$/);
  });

  it("name in their texts only what there is", () => {
    const added = "register pointer variable bytes argument held holds values range lacks".split(
      " ",
    );
    for (const { id, pattern, cause, typescript, assembler } of allRules()) {
      const groups = [...pattern.source.matchAll(/\(\?<(\w+)>/g)].map(([, name]) => name!);
      for (const [, name] of `${cause} ${typescript} ${assembler}`.matchAll(/\{(\w+)\}/g)) {
        assert.ok([...groups, ...added].includes(name!), `${id}: {${name}}`);
      }
    }
  });

  it("find nothing in long texts in time that grows faster than they do", () => {
    const started = performance.now();
    for (const filler of [
      "a",
      "R1 ",
      "(",
      "invalid access to ",
      "At program exit the register R0 has ",
    ]) {
      const text = filler.repeat(Math.ceil(1e4 / filler.length));
      for (const { pattern } of allRules()) pattern.test(text);
    }
    assert.ok(performance.now() - started < 2000);
  });
});
