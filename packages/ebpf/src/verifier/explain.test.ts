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
    check("BPF_XADD stores into R1 ctx is not allowed", "atomic-target");
    check("BPF_ST stores into R1 ctx is not allowed", "context-constant-store");
    check("unknown func bpf_copy_from_user#148", "sleepable-helper");
    check(
      "4: (85) call bpf_tail_call#12\nkernel subsystem misconfigured verifier",
      "tail-call-map",
    );
    check("dereference of modified alloc_mem ptr R1 off=8 disallowed", "release-offset");
    check("dereference of modified ctx ptr R1 off=8 disallowed", "context-modified");
    check("invalid zero-sized read", "size-may-be-zero");
    check("R2 unbounded size, use 'var &= const' or 'if (var < const)'", "size-not-constant");
    check("2: BUG_ld_00\ninvalid BPF_LD_IMM insn", "jump-out-of-range");
    check("R1 type=inv expected=mem", "release-wrong-record");
    check("R1 type=scalar expected=alloc_mem", "release-wrong-record");
    check(
      "R6=mem(id=0,ref_obj_id=2,off=0,imm=0)\nR6 invalid mem access 'inv'",
      "use-after-release",
    );
  });

  it("explains what only newer kernels say", () => {
    const check = (message: string, id: string): void =>
      assert.equal(explained(message)?.id, id, message);
    check(
      "release kfunc bpf_task_release expects referenced PTR_TO_BTF_ID passed to R1",
      "release-unacquired",
    );
    check("expected an initialized iter_num as R1", "iterator-uninitialised");
    check("expected uninitialized iter_num as R1", "iterator-initialised-twice");
    check("Expected an initialized dynptr as R3", "dynptr-uninitialised");
    check("sleepable helper bpf_copy_from_user#148 in non-sleepable prog", "sleepable-helper");
    check("Program of this type cannot be sleepable", "sleepable-not-for-type");
    check("recursive call from () to ()", "call-depth");
  });

  it("reads numbers as older kernels print them", () => {
    const check = (values: string, words: RegExp): void => {
      const message = `At program exit the register R0 has ${values} should have been in (0x0; 0x3)`;
      assert.match(explained(message)?.cause ?? "", words);
    };
    check("value (0x11; 0x0)", /^the program returns 17, .* only \[0, 3\] /);
    check("value (0x0; 0xffffffff)", /returns a number from 0 to 4294967295, /);
    check("unknown scalar value", /returns a number that may be anything, /);
  });

  it("names helpers that are newer than the kernel", () => {
    const check = (message: string, words: string): void =>
      assert.equal(explained(message)?.cause, words);
    const newer = "this kernel has no helper get_current_task_btf, which came with Linux 5.11";
    check("invalid func unknown#158", newer);
    check("invalid func unknown#9999", "this kernel has no helper unknown#9999");
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
