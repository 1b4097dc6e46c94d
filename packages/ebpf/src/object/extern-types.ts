/**
 * Functions and variables of the kernel as types: what a program declares of what it uses.
 *
 * A loader finds them by name in the kernel's BTF and compares kinds all the way through pointers, so each is declared
 * with just that: its kinds, and the names of structs without their members. What is behind a struct never counts.
 * Source: `bpf_core_types_are_compat` in tools/lib/bpf/relo_core.c.
 * @module
 */
import { InvalidArgumentError } from "../base/errors.ts";
import { resolveType } from "../btf/resolve.ts";
import type { TypeSource } from "../btf/type-source.ts";
import { voidId, type BtfType, type BtfTypeId } from "../btf/type.ts";
import type { BtfTypeData } from "../btf/write/type-data.ts";
import type { BtfWriter } from "../btf/write/writer.ts";

/** What is used of the kernel. */
export interface ExternNames {
  readonly functions: readonly string[];
  readonly variables: readonly string[];
  /** What has no type, and is only known by its address. */
  readonly addresses?: readonly string[];
  /** Whether the kernel may lack something of this name. */
  readonly isWeak?: (name: string) => boolean;
  /** Types in which something of this name is declared already; they count instead of the kernel's. */
  readonly typesOf?: (name: string) => TypeSource | undefined;
}

/** Section under which the declarations are listed. */
const externSection = ".ksyms";

/**
 * Declares functions and variables; `kernel` says what they are like.
 * @throws {InvalidArgumentError} when `kernel` is left out or does not have one of them.
 */
export function addExterns(
  writer: BtfWriter,
  { functions, variables, addresses = [], ...rest }: ExternNames,
  kernel: TypeSource | undefined,
): void {
  const typed = [...functions, ...variables];
  if (typed.length + addresses.length === 0) return;
  const types = [
    ...typedExterns(writer, { functions, variables, ...rest }, kernel),
    ...addresses.map((name) => addAddress(writer, name)),
  ];
  // Nothing of it takes place in the file: loaders give each entry its own.
  const entries = types.map((type) => ({ type, offset: 0, size: 0 }));
  writer.add({ kind: "datasec", name: externSection, size: 0, variables: entries });
}

function typedExterns(
  writer: BtfWriter,
  { functions, variables, isWeak, typesOf }: ExternNames,
  kernel: TypeSource | undefined,
): readonly BtfTypeId[] {
  const declare = (name: string, kind: "func" | "var"): BtfTypeId => {
    const types = typesOf?.(name) ?? kernel;
    const isThere = types?.findByName(name, kind) !== undefined;
    if (!isThere && isWeak?.(name) === true) {
      return kind === "func" ? addMissingFunction(writer, name) : addAddress(writer, name);
    }
    if (types === undefined) throw withoutTypes(name);
    const declarer = new Declarer(writer, types);
    return kind === "func" ? declarer.function(name) : declarer.variable(name);
  };
  return [
    ...functions.map((name) => declare(name, "func")),
    ...variables.map((name) => declare(name, "var")),
  ];
}

/** `extern const void name`. */
function addAddress(writer: BtfWriter, name: string): BtfTypeId {
  const type = writer.intern({ kind: "const", name: "", type: voidId });
  return writer.add({ kind: "var", name, type, linkage: "extern" });
}

/** `extern void name(void)`: of what the kernel does not have nobody knows more. */
function addMissingFunction(writer: BtfWriter, name: string): BtfTypeId {
  const nothing = { kind: "func_proto", name: "", type: voidId, parameters: [] } as const;
  const type = writer.intern({ ...nothing, variadic: false });
  return writer.add({ kind: "func", name, type, linkage: "extern" });
}

function withoutTypes(name: string): InvalidArgumentError {
  return new InvalidArgumentError(`what "${name}" of the kernel looks like is not known`, {
    hint: "pass the kernel's types along",
  });
}

class Declarer {
  readonly #writer: BtfWriter;
  readonly #kernel: TypeSource;

  constructor(writer: BtfWriter, kernel: TypeSource) {
    this.#writer = writer;
    this.#kernel = kernel;
  }

  function(name: string): BtfTypeId {
    const { type } = this.#kernel.typeByName(name, "func");
    const linkage = "extern";
    return this.#writer.add({ kind: "func", name, type: this.#copy(type), linkage });
  }

  variable(name: string): BtfTypeId {
    const { type } = this.#kernel.typeByName(name, "var");
    const linkage = "extern";
    return this.#writer.add({ kind: "var", name, type: this.#copy(type), linkage });
  }

  /** The same type as far as loaders compare; names that hide others are taken off. */
  #copy(id: BtfTypeId): BtfTypeId {
    const type = resolveType(this.#kernel, id);
    if (type.kind === "void") return voidId;
    return this.#writer.intern(this.#outline(type));
  }

  #outline(type: BtfType): BtfTypeData {
    if (type.kind === "ptr") return { kind: "ptr", name: "", type: this.#copy(type.type) };
    if (type.kind === "array") {
      const [of, indexType] = [this.#copy(type.type), this.#copy(type.indexType)];
      return { kind: "array", name: "", type: of, indexType, length: type.length };
    }
    if (type.kind === "func_proto") {
      const parameters = type.parameters.map((parameter) => {
        return { name: parameter.name, type: this.#copy(parameter.type) };
      });
      const { variadic } = type;
      return { kind: "func_proto", name: "", type: this.#copy(type.type), parameters, variadic };
    }
    return emptied(type);
  }
}

/** The type without what is in it. */
function emptied(type: BtfType): BtfTypeData {
  if (type.kind === "struct" || type.kind === "union") {
    return { kind: type.kind, name: type.name, size: 0, members: [] };
  }
  if (type.kind === "enum" || type.kind === "enum64") {
    return { kind: "enum", name: type.name, size: 4, signed: false, values: [] };
  }
  return type as BtfTypeData;
}
