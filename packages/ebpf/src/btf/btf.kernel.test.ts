import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { parseBtf } from "./btf.ts";
import { fieldChain, fieldOffset } from "./member.ts";
import { BtfBuilder } from "./testing-builder.ts";
import { sampleBtf } from "./testing-sample.ts";
import { tracepointArguments } from "./tracepoint.ts";
import type { BtfKind, BtfType, BtfTypeOf } from "./type.ts";

const vmlinux = "/sys/kernel/btf/vmlinux";
const noKernel = existsSync(vmlinux) ? false : `there is no ${vmlinux}`;
const noTool = spawnSync("bpftool", ["version"]).status === 0 ? false : "there is no bpftool";

/** A type as bpftool prints it. */
type Printed = Readonly<Record<string, unknown>>;

/** All types in `file` as bpftool sees them. */
function bpftoolTypes(file: string, base: readonly string[] = []): readonly Printed[] {
  const args = [...base, "btf", "dump", "file", file, "format", "raw", "-j"];
  const { status, stdout, stderr } = spawnSync("bpftool", args, {
    encoding: "utf8",
    maxBuffer: 2 ** 28,
  });
  assert.equal(status, 0, stderr);
  // Values of 64 bits would lose digits as numbers.
  const exact = stdout.replaceAll(/"val":(-?\d{16,})/g, '"val":"$1"');
  return (JSON.parse(exact) as { types: Printed[] }).types.map(repaired);
}

/** bpftool 7.1 extends the sign of unsigned values of 32 bits to 64: 4294967295 comes as 18446744073709551615. */
function repaired(type: Printed): Printed {
  if (type["kind"] !== "ENUM" || type["encoding"] !== "UNSIGNED") return type;
  const values = type["values"] as { name: string; val: number | string }[];
  const low = (val: number | string): number => Number(BigInt.asUintN(32, BigInt(val)));
  return { ...type, values: values.map(({ name, val }) => ({ name, val: low(val) })) };
}

const printers: { readonly [K in BtfKind]: (type: BtfTypeOf<K>) => Printed } = {
  void: () => ({}),
  int: ({ size, bits, bitOffset, encoding }) => ({
    size,
    bits_offset: bitOffset,
    nr_bits: bits,
    encoding: encoding === "unsigned" ? "(none)" : encoding.toUpperCase(),
  }),
  ptr: ({ type }) => ({ type_id: type }),
  array: ({ type, indexType, length }) => ({
    type_id: type,
    index_type_id: indexType,
    nr_elems: length,
  }),
  struct: printComposite,
  union: printComposite,
  enum: printEnum,
  fwd: ({ of }) => ({ fwd_kind: of }),
  typedef: ({ type }) => ({ type_id: type }),
  volatile: ({ type }) => ({ type_id: type }),
  const: ({ type }) => ({ type_id: type }),
  restrict: ({ type }) => ({ type_id: type }),
  func: ({ type, linkage }) => ({ type_id: type, linkage }),
  func_proto: ({ type, parameters, variadic }) => {
    const params = parameters.map((p) => ({ name: p.name || "(anon)", type_id: p.type as number }));
    if (variadic) params.push({ name: "(anon)", type_id: 0 });
    return { ret_type_id: type, vlen: params.length, params };
  },
  var: ({ type, linkage }) => ({ type_id: type, linkage }),
  datasec: ({ size, variables }) => ({
    size,
    vlen: variables.length,
    vars: variables.map((v) => ({ type_id: v.type, offset: v.offset, size: v.size })),
  }),
  float: ({ size }) => ({ size }),
  decl_tag: ({ type, component }) => ({ type_id: type, component_idx: component ?? -1 }),
  type_tag: ({ type }) => ({ type_id: type }),
  enum64: printEnum,
};

function printComposite({ size, members }: BtfTypeOf<"struct" | "union">): Printed {
  return {
    size,
    vlen: members.length,
    members: members.map(({ name, type, bitOffset, bitfieldSize }) => ({
      name: name || "(anon)",
      type_id: type,
      bits_offset: bitOffset,
      ...(bitfieldSize === 0 ? {} : { bitfield_size: bitfieldSize }),
    })),
  };
}

function printEnum({ size, signed, values }: BtfTypeOf<"enum" | "enum64">): Printed {
  return {
    encoding: signed ? "SIGNED" : "UNSIGNED",
    size,
    vlen: values.length,
    values: values.map(({ name, value }) => ({
      name,
      val: String(value).length < 16 ? Number(value) : String(value),
    })),
  };
}

/** `type` as bpftool prints it. */
function print(type: BtfType): Printed {
  const details = (printers[type.kind] as (type: BtfType) => Printed)(type);
  return { id: type.id, kind: type.kind.toUpperCase(), name: type.name || "(anon)", ...details };
}

/** Compares type by type, so that a difference shows one type and not all of them. */
function checkSame(ours: Iterable<BtfType>, theirs: readonly Printed[]): void {
  let count = 0;
  for (const type of ours) {
    const expected = theirs[count++];
    const printed = print(type);
    if (JSON.stringify(printed) !== JSON.stringify(expected)) assert.deepEqual(printed, expected);
  }
  assert.equal(count, theirs.length);
}

describe("BTF of this kernel", { skip: noKernel }, () => {
  const btf = noKernel === false ? parseBtf(readFileSync(vmlinux), { path: "vmlinux" }) : undefined;
  assert.ok(btf !== undefined || noKernel !== false);

  it("is read as bpftool reads it, every type", { skip: noTool }, () => {
    checkSame(btf!.types(), bpftoolTypes(vmlinux));
  });

  it("resolves, has sizes and can be described, every type", () => {
    for (const { id, kind } of btf!.types()) {
      assert.ok(btf!.describe(id).length > 0);
      if (kind === "struct" || kind === "array" || kind === "ptr") assert.ok(btf!.size(id) >= 0);
      assert.notEqual(btf!.resolve(id).kind, "typedef");
    }
  });

  it("has what programs on every kernel ask for", () => {
    assert.equal(btf!.resolve(btf!.member("task_struct", "comm").type).kind, "array");
    assert.equal(btf!.member("task_struct", "comm").size, 16);
    assert.equal(btf!.member("task_struct", "tgid").size, 4);
    assert.equal(fieldOffset(btf!, "list_head", "prev"), btf!.pointerSize);
    assert.deepEqual(
      fieldChain(btf!, "task_struct", "real_parent.tgid").map(({ offset }) => offset),
      [fieldOffset(btf!, "task_struct", "real_parent"), fieldOffset(btf!, "task_struct", "tgid")],
    );
    assert.equal(btf!.enumValue("TCP_ESTABLISHED"), 1);
    assert.equal(btf!.enumValue("BPF_MAP_TYPE_HASH", "bpf_map_type"), 1);
    assert.deepEqual(
      btf!.signature("vfs_read").parameters.map(({ name }) => name),
      ["file", "buf", "count", "pos"],
    );
    assert.throws(() => btf!.typeByName("task_strct", "struct"), {
      hint: 'did you mean "task_struct"?',
    });
  });

  it("has the arguments of tracepoints", () => {
    const { id, parameters } = tracepointArguments(btf!, "sched_process_exec");
    assert.equal(btf!.typeById(id).name, "btf_trace_sched_process_exec");
    assert.deepEqual(
      parameters.map(({ type }) => btf!.describe(type)),
      ["struct task_struct *", "pid_t", "struct linux_binprm *"],
    );
  });
});

describe("BTF built for tests", { skip: noTool }, () => {
  const { builder } = sampleBtf();
  const split = new BtfBuilder(builder);
  split.struct("module", 8, [["state", split.ptr(1), 0]]);

  /** Calls `use` with files of the sample and of a split BTF on top of it. */
  function withFiles(use: (base: string, split: string) => void): void {
    const folder = mkdtempSync(join(tmpdir(), "btf-"));
    try {
      const files = [join(folder, "base"), join(folder, "split")] as const;
      writeFileSync(files[0], builder.build());
      writeFileSync(files[1], split.build());
      use(...files);
    } finally {
      rmSync(folder, { recursive: true });
    }
  }

  it("is read as bpftool reads it, every kind", () => {
    withFiles((base) => checkSame(parseBtf(builder.build()).types(), bpftoolTypes(base)));
  });

  it("is read as bpftool reads it when split", () => {
    withFiles((base, file) => {
      const ours = parseBtf(split.build(), { base: parseBtf(builder.build()) });
      checkSame(ours.types(), bpftoolTypes(file, ["-B", base]));
    });
  });
});
