/**
 * Contexts that functions are handed, for kernels that do not know the tag which says so.
 *
 * A function that a kernel verifies by itself says by `arg:ctx` (`__arg_ctx` in C) that a pointer it takes is the context,
 * whatever programs call it. Kernels before 6.8 tell that by the name of the struct that is pointed to, and by nothing else:
 * for them each type of program gets its own type of the function. Source: `bpf_program_fixup_func_info` in
 * tools/lib/bpf/libbpf.c since libbpf 1.4.
 * @module
 */
import { contextStructs } from "../print/program-contexts.ts";
import { isWrapper, maxDepth } from "../resolve.ts";
import { voidId, type BtfType, type BtfTypeId } from "../type.ts";
import type { BtfTypeData, BtfTypeDataOf } from "./type-data.ts";
import type { BtfWriter } from "./writer.ts";

/** The tag, as compilers write it. */
const tag = "arg:ctx";

/** Gives functions of one BTF their types, which are added to it when they are asked for. */
export class ContextArguments {
  readonly #writer: BtfWriter;
  readonly #types: readonly BtfTypeData[];
  /** Numbers of the parameters that are tagged, by the ids of global functions. */
  readonly #tagged = new Map<BtfTypeId, Set<number>>();
  /** Types that were added, by the type of program and the id of the function. */
  readonly #added = new Map<string, BtfTypeId>();

  /** For the functions that are in `writer` now. */
  constructor(writer: BtfWriter) {
    this.#writer = writer;
    this.#types = writer.types();
    for (const type of this.#types) {
      if (type.kind !== "decl_tag" || type.name !== tag || type.component === undefined) continue;
      const of = this.#typeOf(type.type);
      // What is static is verified with its callers, which hand it what they have.
      if (of?.kind !== "func" || of.linkage !== "global") continue;
      const places = this.#tagged.get(type.type) ?? new Set();
      this.#tagged.set(type.type, places.add(type.component));
    }
  }

  /** Id of the type that function `id` has in programs of type `programType`: its own, where nothing has to be said. */
  typeIn(programType: string, id: BtfTypeId): BtfTypeId {
    const key = `${programType} ${id}`;
    const known = this.#added.get(key) ?? this.#add(programType, id);
    this.#added.set(key, known);
    return known;
  }

  #add(programType: string, id: BtfTypeId): BtfTypeId {
    const struct = structOf(programType);
    const func = this.#typeOf(id);
    const proto = func?.kind === "func" ? this.#typeOf(func.type) : undefined;
    if (struct === undefined || func?.kind !== "func" || proto?.kind !== "func_proto") return id;
    const tagged = this.#tagged.get(id) ?? new Set();
    const places = proto.parameters.flatMap(({ type }, place) => {
      return tagged.has(place) && this.#isOpen(type, programType, struct) ? [place] : [];
    });
    return places.length === 0 ? id : this.#addFunction({ func, proto, places, struct });
  }

  #addFunction({ func, proto, places, struct }: Typed): BtfTypeId {
    const writer = this.#writer;
    const pointee = writer.intern({ kind: "struct", name: struct, size: 0, members: [] });
    const context = writer.intern({ kind: "ptr", name: "", type: pointee });
    const wanted = new Set(places);
    const parameters = proto.parameters.map((parameter, index) => {
      return wanted.has(index) ? { ...parameter, type: context } : parameter;
    });
    const type = writer.add({ ...proto, parameters });
    const added = writer.add({ ...func, type });
    for (const component of places) {
      writer.add({ kind: "decl_tag", name: tag, type: added, component, attribute: false });
    }
    return added;
  }

  /** Whether the type of a parameter says too little, or the same under another name. */
  #isOpen(id: BtfTypeId, programType: string, struct: string): boolean {
    const pointer = this.#resolved(id);
    if (pointer?.type?.kind !== "ptr") return false;
    const { type, names } = this.#resolved(pointer.type.type) ?? {};
    if (names === undefined || names.includes(struct)) return false;
    if (type === undefined) return true;
    if (type.kind === "struct") return (otherNames[programType] ?? []).includes(type.name);
    return type.kind === "int" && type.size === 8 && ofNumbers.has(programType);
  }

  /** What a type is without qualifiers and typedefs, whose names are told; without a type for `void`. */
  #resolved(
    id: BtfTypeId,
  ): { readonly type?: BtfTypeData; readonly names: readonly string[] } | undefined {
    const names: string[] = [];
    let next = id;
    for (let depth = 0; depth < maxDepth; depth++) {
      if (next === voidId) return { names };
      const type = this.#typeOf(next);
      if (type === undefined) return undefined;
      const wrapper = type as BtfType;
      if (!isWrapper(wrapper)) return { type, names };
      if (wrapper.kind === "typedef") names.push(wrapper.name);
      next = wrapper.type;
    }
    return undefined;
  }

  #typeOf(id: BtfTypeId): BtfTypeData | undefined {
    return this.#types[id - this.#writer.firstId];
  }
}

interface Typed {
  readonly func: BtfTypeDataOf<"func">;
  readonly proto: BtfTypeDataOf<"func_proto">;
  /** Numbers of the parameters that are the context. */
  readonly places: readonly number[];
  /** What the context is called. */
  readonly struct: string;
}

/** What kernels look for. Of kprobes it is a typedef, `ctx_name` of `BPF_PROG_TYPE_KPROBE`. */
function structOf(programType: string): string | undefined {
  return programType === "kprobe" ? "bpf_user_pt_regs_t" : contextStructs[programType];
}

/** Structs that are the context under another name, on one machine or another. */
const otherNames: { readonly [programType: string]: readonly string[] } = {
  kprobe: ["pt_regs"],
  perf_event: ["pt_regs", "user_pt_regs", "user_regs_struct"],
};

/** Programs whose context is numbers of 64 bits. */
const ofNumbers: ReadonlySet<string> = new Set(["raw_tracepoint", "raw_tracepoint_writable"]);
