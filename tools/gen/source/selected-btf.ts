/**
 * A part of a kernel's BTF by names: what the simulated kernel knows of kernels when it is given none.
 *
 * Structs that are named keep all their members, and what lies in them by value is kept along. Where a pointer leads to a
 * struct that is not named, only its name stays; what functions take that are members of structs is left out.
 * @module
 */
import type { Btf } from "../../../packages/ebpf/src/btf/btf.ts";
import { isWrapper } from "../../../packages/ebpf/src/btf/resolve.ts";
import { type BtfType, type BtfTypeId, voidId } from "../../../packages/ebpf/src/btf/type.ts";
import {
  type BtfTypeData,
  withReferences,
} from "../../../packages/ebpf/src/btf/write/type-data.ts";
import { BtfWriter } from "../../../packages/ebpf/src/btf/write/writer.ts";

/** What to keep, by the names in the kernel's BTF. */
export interface BtfSelection {
  /** Structs, unions, and typedefs. */
  readonly types: readonly string[];
  readonly functions: readonly string[];
  /** Each stands for all of its enum. */
  readonly enumerators: readonly string[];
}

/** The part of `btf` that `selection` names; names it does not have are passed over. */
export function selectedBtf(btf: Btf, selection: BtfSelection): Uint8Array<ArrayBuffer> {
  const copy = new Copy(btf, new Set(selection.types));
  for (const { id, name } of btf.types("int")) if (/\blong\b/.test(name)) copy.idOf(id);
  for (const name of selection.types) for (const found of namedTypes(btf, name)) copy.idOf(found);
  for (const name of selection.functions) {
    const found = btf.findByName(name, "func");
    if (found !== undefined) copy.idOf(found.id);
  }
  for (const name of selection.enumerators) for (const id of btf.enumsWith(name)) copy.idOf(id);
  return copy.encode();
}

function namedTypes(btf: Btf, name: string): readonly BtfTypeId[] {
  const kinds = ["struct", "union", "typedef"] as const;
  return kinds.flatMap((kind) => btf.findByName(name, kind)?.id ?? []);
}

/** What was copied so far. */
class Copy {
  readonly #btf: Btf;
  readonly #named: ReadonlySet<string>;
  readonly #writer = new BtfWriter({ byteOrder: "little" });
  readonly #ids = new Map<number, BtfTypeId>();
  readonly #declared = new Map<string, BtfTypeId>();

  constructor(btf: Btf, named: ReadonlySet<string>) {
    this.#btf = btf;
    this.#named = named;
  }

  /** The number of a type in the copy, into which it is put if it is not there. */
  idOf(id: number): BtfTypeId {
    if (id === voidId) return voidId;
    const known = this.#ids.get(id);
    if (known !== undefined) return known;
    const type = this.#btf.typeById(id);
    const copied = this.#writer.reserve();
    this.#ids.set(id, copied);
    const isPointer = type.kind === "ptr";
    const follow = (to: BtfTypeId): BtfTypeId => (isPointer ? this.#pointee(to) : this.idOf(to));
    this.#writer.define(copied, withReferences(withoutId(type), follow));
    return copied;
  }

  encode(): Uint8Array<ArrayBuffer> {
    return this.#writer.encode();
  }

  /** What a pointer leads to. */
  #pointee(id: BtfTypeId): BtfTypeId {
    const type = this.#btf.typeById(id);
    const behind = isWrapper(type) ? this.#btf.resolve(id) : type;
    if (behind.kind === "func_proto") return this.#isCalled(id) ? this.idOf(id) : voidId;
    if (behind.kind !== "struct" && behind.kind !== "union") return this.idOf(id);
    if (this.#named.has(behind.name)) return this.idOf(id);
    return behind.name === "" ? voidId : this.#declaration(behind.name, behind.kind);
  }

  /** Whether programs stand in for a function: of a tracepoint, or of a struct of functions that is named. */
  #isCalled(id: BtfTypeId): boolean {
    this.#prototypes ??= new Set(
      [...this.#named].flatMap((name) =>
        name.startsWith("btf_trace_") ? this.#ofTracepoint(name) : this.#ofStructOps(name),
      ),
    );
    return this.#prototypes.has(id);
  }

  #prototypes: ReadonlySet<number> | undefined;

  /** Typedefs of tracepoints are pointers to functions. */
  #ofTracepoint(name: string): readonly number[] {
    const typedef = this.#btf.findByName(name, "typedef");
    const pointer = typedef && this.#btf.resolve(typedef.id);
    return pointer?.kind === "ptr" ? [pointer.type] : [];
  }

  #ofStructOps(name: string): readonly number[] {
    const ops = this.#named.has(`bpf_struct_ops_${name}`) && this.#btf.findByName(name, "struct");
    const members = ops === false || ops === undefined ? [] : ops.members;
    return members.flatMap(({ type }) => {
      const pointer = this.#btf.resolve(type);
      return pointer.kind === "ptr" ? [pointer.type] : [];
    });
  }

  #declaration(name: string, of: "struct" | "union"): BtfTypeId {
    const key = `${of} ${name}`;
    const known = this.#declared.get(key);
    if (known !== undefined) return known;
    const id = this.#writer.add({ kind: "fwd", name, of });
    this.#declared.set(key, id);
    return id;
  }
}

/** The type as it is written: its number follows from where. */
function withoutId(type: BtfType): BtfTypeData {
  return type as BtfTypeData;
}
