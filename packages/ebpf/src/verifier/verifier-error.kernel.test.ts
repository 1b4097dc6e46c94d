import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { mov } from "../asm/alu.ts";
import { assemble, type Item } from "../asm/assemble.ts";
import { exit } from "../asm/call.ts";
import { ldx } from "../asm/memory.ts";
import { load } from "../index.ts";
import type { Instruction, SourceLine } from "../isa/instruction.ts";
import { r0, r1 } from "../isa/register.ts";
import { xdp } from "../spec/xdp.ts";
import { needs } from "../testing/needs.ts";
import {
  finish,
  lookup,
  provoke,
  rejected,
  reserve,
  unlessNull,
} from "../testing/provoke-rejection.ts";
import { VerifierError } from "./verifier-error.ts";

const lines = [
  "const v = counts.lookup(0);",
  "  v.value += 1n;",
  "  const event = ring.reserve();",
] as const;

/** The instructions of a piece, all from one line of a source. */
function from(line: number, column: number, item: Item): readonly Instruction[] {
  const source: SourceLine = { file: "src/count.ts", line, column, text: lines[line - 1]! };
  return assemble(item).map((instruction) => ({ ...instruction, source }));
}

describe("a rejection of a program with sources", needs("bpf", "ringbuf"), () => {
  it("is shown at its line, although a wide load comes before it", () => {
    const spec = rejected("xdp", [
      from(1, 11, lookup("counts")),
      from(2, 3, [ldx("u64", r1, r0, 0), mov(r0, 0), exit()]),
    ]);
    const { message, source } = provoke(spec);
    assert.equal(source?.line, 2);
    const [head, ...body] = message.split("\n");
    assert.match(
      head!,
      /^src\/count\.ts:2:3 - error: program "provocation" was rejected at instruction 6: /,
    );
    assert.deepEqual(body.slice(0, 3), ["", "    2 |   v.value += 1n;", "      |   ^"]);
    assert.match(body.at(-1)!, /^ {2}hint: check it before use: if \(!v\) return/);
  });

  it("shows where what is not released was acquired", () => {
    const spec = rejected("raw_tracepoint", [
      from(3, 17, [reserve, unlessNull()]),
      from(2, 3, finish),
    ]);
    const { origin, source, message } = provoke(spec);
    assert.equal(origin?.line, 3);
    assert.equal(source?.line, 2);
    assert.match(message, /acquired at src\/count\.ts:3:17\n/);
  });
});

describe("a rejection of a program of TypeScript", needs("bpf", "btf"), () => {
  it("is shown at the line of this file", async () => {
    const endless = xdp((ctx) => {
      "use bpf";
      let turn = 0;
      while (ctx.ingress_ifindex !== 0) turn ^= 1;
      return turn;
    });
    const error = await load({ endless }).then(
      () => assert.fail("the program was not rejected"),
      (reason: unknown) => reason,
    );
    assert.ok(error instanceof VerifierError, String(error));
    assert.equal(error.explanation?.id, "infinite-loop");
    assert.match(error.source?.file ?? "", /verifier-error\.kernel\.test\.ts$/);
    assert.match(error.message, /\| +while \(ctx\.ingress_ifindex !== 0\) turn \^= 1;\n/);
    assert.match(error.hint ?? "", /for \(const i of range\(n\)\)/);
  });
});
