import { describe, it } from "node:test";
import { parseBtf } from "../../../btf/btf.ts";
import { BtfBuilder } from "../../../btf/testing-builder.ts";
import { checkLine, type Expected } from "../testing-lines.ts";

const [isStatic, isGlobal] = [0, 1];

/** Types of a kernel that throws, and of a program: its main function with tags, another one, one for exceptions. */
function build(tags: readonly string[], linkage: number): ReturnType<typeof parseBtf> {
  const builder = new BtfBuilder();
  const int = builder.int("int", 4, 1);
  const one = builder.proto(int, [["cookie", int]]);
  const main = builder.func("main", builder.proto(int, []), isGlobal);
  builder.func("nothing", builder.proto(0, []), isStatic);
  builder.func("number", builder.proto(int, []), isStatic);
  builder.func("handler", one, linkage);
  builder.func(
    "greedy",
    builder.proto(int, [
      ["a", int],
      ["b", int],
    ]),
    linkage,
  );
  builder.func("bpf_throw", one, isGlobal);
  for (const tag of tags) builder.declTag(`exception_callback:${tag}`, main);
  return parseBtf(builder.build());
}

const end = "r0 = 0; exit";
const raise = (cookie: number): string => `r1 = ${cookie}; call kernel:bpf_throw; ${end}`;

/** A program whose function at `slot` is of the type called so. */
function check(
  line: string,
  expected: Expected,
  { tags = [], slot, name = "handler", linkage = isGlobal }: Described = {},
): void {
  const types = build(tags, linkage);
  const idOf = (it: string): number => types.typeByName(it, "func").id;
  const other = slot === undefined ? [] : [{ slot, type: idOf(name) }];
  const functions = [{ slot: 0, type: idOf("main") }, ...other];
  checkLine(line, expected, { types, kernelTypes: types, functions });
}

interface Described {
  readonly tags?: readonly string[];
  readonly slot?: number;
  readonly name?: string;
  readonly linkage?: number;
}

describe("exceptions", () => {
  it("end the program with a result that it may have", () => {
    check(raise(7), "accepted");
    check(`cgroup_skb/cgroup_inet_ingress: ${raise(1)}`, "accepted");
    check(
      `cgroup_skb/cgroup_inet_ingress: ${raise(7)}`,
      /R1 has smin=7 smax=7 should have been in \[0, 1\]/,
    );
  });

  it("have a function, which is checked by itself", () => {
    const handled = { tags: ["handler"], slot: 4 };
    check(`${raise(7)}; r0 = r1; exit`, "accepted", handled);
    check(`${raise(7)}; exit`, /R0 !read_ok/, { tags: ["handler"], slot: 4 });
    check(`cgroup_skb/cgroup_inet_ingress: ${raise(7)}; r0 = 1; exit`, "accepted", handled);
    check(
      `cgroup_skb/cgroup_inet_ingress: ${raise(7)}; r0 = 2; exit`,
      /should have been in \[0, 1\]/,
      handled,
    );
    check(`${raise(7)}; ${raise(1)}`, /insn 5\) cannot be called from callback subprog 1/, handled);
    check(
      `r1 = 0; call handler; ${end}; handler: r0 = r1; exit`,
      /cannot call exception cb directly/,
      handled,
    );
  });

  it("have one that is as it must be", () => {
    const line = `${raise(7)}; r0 = r1; exit`;
    check(line, /must have global linkage/, { tags: ["handler"], slot: 4, linkage: isStatic });
    check(line, /only supports single integer argument/, {
      tags: ["greedy"],
      slot: 4,
      name: "greedy",
    });
    check(raise(7), /type id not found in func_info/, { tags: ["handler"] });
    check(raise(7), /could not be found in BTF/, { tags: ["nobody"] });
    check(raise(7), /multiple exception callback tags/, { tags: ["handler", "greedy"] });
  });
});

describe("tables of functions", () => {
  const tail = `sched_cls: call sub; ${end}; sub: r2 = map[programs]; r3 = 0; call bpf_tail_call; ${end}`;

  it("are of the functions that there are", () => {
    check(end, /doesn't match number of subprogs/, { slot: 1 });
    check(tail, /doesn't match subprog layout/, { slot: 4, name: "number" });
  });

  it("let those end early that return a number", () => {
    check(tail, "accepted", { slot: 3, name: "number" });
    check(tail, /tail_call is only allowed in functions that return 'int'/, {
      slot: 3,
      name: "nothing",
    });
    checkLine(tail, /tail_call is not allowed in subprogs without BTF/);
    checkLine(
      tail.replace("r2 = map[programs]; r3 = 0; call bpf_tail_call", "r6 = r1; r0 = *(u8 *)skb[0]"),
      /LD_ABS is not allowed in subprogs/,
    );
  });

  it("are asked for when a function is given to somebody", () => {
    checkLine(
      `r1 = 4; r2 = subprog[sub]; r3 = 0; r4 = 0; call bpf_loop; ${end}; sub: ${end}`,
      /missing btf func_info/,
    );
  });
});
