import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parseBtf } from "../btf.ts";
import { signatureOf } from "../signature.ts";
import { describeType } from "../describe.ts";
import { voidId, type BtfTypeId, type Linkage } from "../type.ts";
import { ContextArguments } from "./context-arguments.ts";
import { BtfWriter } from "./writer.ts";

/** Types of a file, and functions in it, by what their first parameter is. */
class Sample {
  readonly writer = new BtfWriter();
  readonly int = this.writer.add({
    kind: "int",
    name: "int",
    size: 4,
    bits: 32,
    bitOffset: 0,
    encoding: "signed",
  });
  readonly u64 = this.writer.add({
    kind: "int",
    name: "unsigned long long",
    size: 8,
    bits: 64,
    bitOffset: 0,
    encoding: "unsigned",
  });

  struct(name: string): BtfTypeId {
    return this.writer.add({ kind: "struct", name, size: 0, members: [] });
  }

  wrapped(kind: "const" | "volatile", type: BtfTypeId): BtfTypeId {
    return this.writer.add({ kind, name: "", type });
  }

  typedef(name: string, type: BtfTypeId): BtfTypeId {
    return this.writer.add({ kind: "typedef", name, type });
  }

  pointer(type: BtfTypeId): BtfTypeId {
    return this.writer.add({ kind: "ptr", name: "", type });
  }

  /** A function of a parameter of type `type` and of a number, of which those at `tagged` are said to be the context. */
  function(
    type: BtfTypeId,
    tagged: readonly number[] = [0],
    linkage: Linkage = "global",
  ): BtfTypeId {
    const { writer } = this;
    const proto = writer.add({
      kind: "func_proto",
      name: "",
      type: this.int,
      parameters: [
        { name: "first", type },
        { name: "second", type: this.int },
      ],
      variadic: false,
    });
    const func = writer.add({ kind: "func", name: "helper", type: proto, linkage });
    for (const component of tagged) {
      writer.add({ kind: "decl_tag", name: "arg:ctx", type: func, component, attribute: false });
    }
    return func;
  }
}

/** What the function takes in programs of the type, as C says it. */
function signatureIn(sample: Sample, programType: string, id: BtfTypeId): string {
  const typed = new ContextArguments(sample.writer).typeIn(programType, id);
  const btf = parseBtf(sample.writer.encode());
  const { parameters } = signatureOf(btf, typed);
  return parameters.map(({ type }) => describeType(btf, type)).join(", ");
}

describe("ContextArguments", () => {
  const check = (
    programType: string,
    parameter: (sample: Sample) => BtfTypeId,
    expected: string,
  ): void => {
    const sample = new Sample();
    const id = sample.function(sample.pointer(parameter(sample)));
    assert.equal(signatureIn(sample, programType, id), `${expected}, int`);
  };

  it("says which struct a pointer to nothing is to, by the type of the program", () => {
    check("xdp", () => voidId, "struct xdp_md *");
    check("sched_cls", () => voidId, "struct __sk_buff *");
    check("kprobe", () => voidId, "struct bpf_user_pt_regs_t *");
    check(
      "raw_tracepoint",
      (sample) => sample.wrapped("const", voidId),
      "struct bpf_raw_tracepoint_args *",
    );
  });
  it("leaves what says it, and what is something else", () => {
    check("xdp", (sample) => sample.struct("xdp_md"), "struct xdp_md *");
    check("xdp", (sample) => sample.struct("packet"), "struct packet *");
    check("xdp", ({ u64 }) => u64, "unsigned long long *");
    check("tracing", () => voidId, "void *");
    const registers = (sample: Sample): BtfTypeId =>
      sample.typedef("bpf_user_pt_regs_t", sample.struct("pt_regs"));
    check("kprobe", registers, "bpf_user_pt_regs_t *");
  });
  it("takes other names of the context for it", () => {
    check("kprobe", (sample) => sample.struct("pt_regs"), "struct bpf_user_pt_regs_t *");
    check("perf_event", (sample) => sample.struct("user_pt_regs"), "struct bpf_perf_event_data *");
    check("raw_tracepoint", ({ u64 }) => u64, "struct bpf_raw_tracepoint_args *");
    check("raw_tracepoint", ({ int }) => int, "int *");
    check("xdp", (sample) => sample.struct("pt_regs"), "struct pt_regs *");
  });
  it("leaves static functions, parameters that are no pointers, and those that are not there", () => {
    const sample = new Sample();
    const pointer = sample.pointer(voidId);
    const same = [
      sample.function(pointer, []),
      sample.function(pointer, [0], "static"),
      sample.function(pointer, [1]),
      sample.function(pointer, [7]),
      sample.int,
    ];
    const contexts = new ContextArguments(sample.writer);
    for (const id of same) assert.equal(contexts.typeIn("xdp", id), id);
    assert.equal(contexts.typeIn("xdp", 99 as BtfTypeId), 99);
  });
  it("adds a type once for each type of program, and says by tags what newer kernels see", () => {
    const sample = new Sample();
    const id = sample.function(sample.pointer(voidId));
    const contexts = new ContextArguments(sample.writer);
    const [xdp, tc] = [contexts.typeIn("xdp", id), contexts.typeIn("sched_cls", id)];
    assert.equal(new Set([id, xdp, tc]).size, 3);
    const { nextId } = sample.writer;
    assert.equal(contexts.typeIn("xdp", id), xdp);
    assert.equal(sample.writer.nextId, nextId);
    const btf = parseBtf(sample.writer.encode());
    assert.deepEqual(
      [...btf.types("decl_tag")].map(({ name, type, component }) => [name, type, component]),
      [id, xdp, tc].map((type) => ["arg:ctx", type, 0]),
    );
    const { name, kind } = btf.typeById(xdp);
    assert.deepEqual([name, kind], ["helper", "func"]);
  });
  it("ends where types refer to each other in a circle", () => {
    const sample = new Sample();
    const circle = sample.writer.reserve();
    sample.writer.define(circle, { kind: "const", name: "", type: circle });
    const id = sample.function(sample.pointer(circle));
    assert.equal(new ContextArguments(sample.writer).typeIn("xdp", id), id);
  });
});
