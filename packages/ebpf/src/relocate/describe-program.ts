/**
 * What a program says about itself: its functions, the lines it comes from, and what in it depends on the kernel.
 *
 * From this the verifier's log and bpftool show TypeScript, and the kernel relocates. Programs that end up in one
 * object file share one BTF; one that is loaded has its own.
 * @module
 */
import type { FuncInfo, LineInfo, CoreRelo } from "../btf/ext/records.ts";
import type { TypeSource } from "../btf/type-source.ts";
import { voidId, type BtfTypeId, type Linkage } from "../btf/type.ts";
import { TypeCopier } from "../btf/write/copy.ts";
import type { BtfWriter } from "../btf/write/writer.ts";
import type { Instruction, SourceLine } from "../isa/instruction.ts";
import { placesOf } from "../isa/places.ts";
import type { CoreRelocationSite } from "../spec/core-relocation.ts";
import type { ProgramFunction, ProgramSpec } from "../spec/program-spec.ts";
import type { ProgramType } from "../spec/words.ts";
import { identifier } from "./identifier.ts";
import { addInt } from "./layout-type.ts";
import { type CoreReference, LocalTypes } from "./local-types.ts";
import { functionsOf } from "./functions-of.ts";

/** The records of one program, each kind in the order of the instructions. */
export interface ProgramRecords {
  /** One for each function; none when nothing is known about the program. */
  readonly funcInfo: readonly FuncInfo[];
  /** None when no instruction tells where it comes from. */
  readonly lineInfo: readonly LineInfo[];
  readonly coreRelos: readonly CoreRelo[];
}

/** Options of {@link describePrograms}. */
export interface DescribeOptions {
  /** Types that the programs were compiled with; without any there are no records of relocations. */
  readonly types?: TypeSource | undefined;
  /** Whether relocations of object files are described as there, with copies of the types that those files have. */
  readonly fileTypes?: "used" | "ignored";
  /** Linkage of main functions: linkers only find `global` ones. `static` when left out. */
  readonly mainLinkage?: Linkage;
  /** Whether main functions say of which struct their context is, as programs must that others replace. */
  readonly typedContext?: boolean;
}

/**
 * The records of each program, whose types go into `writer`.
 * @throws {InvalidArgumentError} when a relocation goes through a pointer, or labels of a program are wrong.
 */
export function describePrograms(
  writer: BtfWriter,
  programs: readonly ProgramSpec[],
  options: DescribeOptions = {},
): readonly ProgramRecords[] {
  const { mainLinkage = "static", typedContext = false } = options;
  const references = new References(writer, options);
  // All relocations first: which members a struct has depends on each of them.
  const relocations = programs.map(({ relocations = [] }) =>
    relocations.flatMap((site) => {
      const reference = references.to(site);
      return reference === undefined ? [] : [{ index: site.index, reference }];
    }),
  );
  return programs.map((program, at) => {
    const { starts } = placesOf(program.instructions);
    const functions = functionsOf(program);
    return {
      funcInfo: functions.map((of) => {
        const linkage = of.linkage ?? (of.index === 0 ? mainLinkage : "static");
        const context = of.index === 0 && typedContext ? contextStruct(program) : undefined;
        return { slot: starts[of.index]!, type: addFunction(writer, of, { linkage, context }) };
      }),
      lineInfo: linesOf(program, functions, starts),
      coreRelos: relocations[at]!.toSorted((left, right) => left.index - right.index).map(
        ({ index, reference }) => ({ slot: starts[index]!, ...reference() }),
      ),
    };
  });
}

/** What the records of relocations refer to. */
class References {
  readonly #writer: BtfWriter;
  readonly #byName: LocalTypes | undefined;
  readonly #usesFiles: boolean;
  /** By the types of a file. */
  readonly #copiers = new Map<TypeSource, TypeCopier>();

  constructor(writer: BtfWriter, { types, fileTypes = "ignored" }: DescribeOptions) {
    this.#writer = writer;
    this.#byName = types && new LocalTypes(writer, types);
    this.#usesFiles = fileTypes === "used";
  }

  /** What is known once all relocations were asked about; `undefined` where no types are known. */
  to({ core, local }: CoreRelocationSite): (() => CoreReference) | undefined {
    if (local === undefined || !this.#usesFiles) return this.#byName?.add(core);
    const { types, access, kind } = local;
    const copier = this.#copiers.get(types) ?? new TypeCopier(this.#writer, types);
    this.#copiers.set(types, copier);
    const type = copier.copy(local.type);
    return () => ({ kind, type, access });
  }
}

/**
 * A function and what it takes. Those that are called are static: of others the kernel would verify each by itself, for
 * any arguments of these types.
 */
function addFunction(
  writer: BtfWriter,
  { name, parameters }: ProgramFunction,
  { linkage, context }: { readonly linkage: Linkage; readonly context: string | undefined },
): BtfTypeId {
  const u64 = addInt(writer, "unsigned long long", 8, "unsigned");
  // The name alone tells the kernel which context it is.
  const pointee =
    context === undefined
      ? voidId
      : writer.intern({ kind: "struct", name: context, size: 0, members: [] });
  const types = {
    u64: () => u64,
    pointer: () => writer.intern({ kind: "ptr", name: "", type: pointee }),
  };
  const prototype = writer.intern({
    kind: "func_proto",
    name: "",
    type: addInt(writer, "int", 4, "signed"),
    parameters: parameters.map((parameter) => ({
      name: identifier(parameter.name),
      type: types[parameter.type](),
    })),
    variadic: false,
  });
  return writer.intern({
    kind: "func",
    name: identifier(name),
    type: prototype,
    linkage,
  });
}

/** The struct of a program's context, for types whose programs can be replaced; of a replacement the other program's. */
function contextStruct({ type, target }: ProgramSpec): string | undefined {
  return contextStructs[target.kind === "freplace" ? target.programType : type];
}

/** Source: include/linux/bpf_types.h, the second argument of `BPF_PROG_TYPE`. */
const contextStructs: { readonly [Type in ProgramType]?: string } = {
  xdp: "xdp_md",
  socket_filter: "__sk_buff",
  sched_cls: "__sk_buff",
  sched_act: "__sk_buff",
  cgroup_skb: "__sk_buff",
  lwt_in: "__sk_buff",
  lwt_out: "__sk_buff",
  lwt_xmit: "__sk_buff",
  sk_skb: "__sk_buff",
  sk_msg: "sk_msg_md",
  sk_lookup: "bpf_sk_lookup",
  cgroup_sock: "bpf_sock",
  cgroup_sock_addr: "bpf_sock_addr",
  cgroup_device: "bpf_cgroup_dev_ctx",
  cgroup_sysctl: "bpf_sysctl",
  cgroup_sockopt: "bpf_sockopt",
  sock_ops: "bpf_sock_ops",
};

/** A record wherever the line or column changes, and one at the start of each function, as the kernel demands. */
export function linesOf(
  { instructions }: ProgramSpec,
  functions: readonly ProgramFunction[],
  starts: readonly number[],
): readonly LineInfo[] {
  if (instructions.every(({ source }) => source === undefined)) return [];
  const firsts = new Map(functions.map(({ index }, at) => [index, functions[at + 1]?.index]));
  const lines: LineInfo[] = [];
  let last: SourceLine | undefined;
  for (const [index, { source }] of instructions.entries()) {
    const isFirst = firsts.has(index);
    if (!isFirst && (source === undefined || isSameLine(source, last))) continue;
    last = source ?? firstSource(instructions, index, firsts.get(index));
    lines.push(lineInfo(starts[index]!, last));
  }
  return lines;
}

/** Where the first instruction from `start` up to `end` comes from that says so. */
function firstSource(
  instructions: readonly Instruction[],
  start: number,
  end: number | undefined,
): SourceLine | undefined {
  return instructions.slice(start, end).find(({ source }) => source !== undefined)?.source;
}

function isSameLine(source: SourceLine, last: SourceLine | undefined): boolean {
  const { file, line, column } = source;
  return file === last?.file && line === last.line && column === last.column;
}

function lineInfo(slot: number, source: SourceLine | undefined): LineInfo {
  const { file = "", line = 0, column = 0, text = "" } = source ?? {};
  return { slot, file: oneLine(file), text: oneLine(text), line, column };
}

/** BTF's strings end at a zero. */
function oneLine(text: string): string {
  return text.replaceAll("\0", "");
}
