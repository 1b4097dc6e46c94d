/**
 * The types that relocations are counted from: of each struct only the members that some relocation names.
 *
 * Who relocates compares these with the kernel's own: it goes the same way, by names, through the kernel's types. So
 * few types say all that is needed. Members of unnamed structs lie directly in the struct here, as C finds them there.
 * What the given types do not have is made up, so that a program can ask whether another kernel has it.
 * @module
 */
import { InvalidArgumentError } from "../base/errors.ts";
import type { CoreRelo } from "../btf/ext/records.ts";
import { memberNamed } from "../btf/member-walk.ts";
import { resolveType } from "../btf/resolve.ts";
import type { TypeSource } from "../btf/type-source.ts";
import type { BtfType, BtfTypeId } from "../btf/type.ts";
import type { BtfWriter } from "../btf/write/writer.ts";
import type { CoreField, CoreRelocation } from "../spec/core-relocation.ts";
import { namedType } from "./named.ts";
import { addPartType } from "./outline-type.ts";
import { EnumOutline, type MadeUpPart, StructOutline, type Part } from "./outline.ts";

/** Where a step of a path leads, and what number stands for it in the record. */
interface Step {
  readonly part: Part;
  readonly index: () => number;
}

/** What a record says of a relocation, beside its place. */
export type CoreReference = Omit<CoreRelo, "slot">;

/**
 * Collects what relocations need. First `add` all of them, then call what was returned: that puts the types into the
 * writer and gives the references.
 */
export class LocalTypes {
  readonly #writer: BtfWriter;
  readonly #types: TypeSource;
  readonly #structs = new Map<string, StructOutline>();
  readonly #enums = new Map<string, EnumOutline>();

  /** With the types that the program was compiled with. */
  constructor(writer: BtfWriter, types: TypeSource) {
    this.#writer = writer;
    this.#types = types;
  }

  /**
   * Takes note of a relocation.
   * @throws {InvalidArgumentError} when the way to a field goes through what is no struct or array.
   */
  add(core: CoreRelocation): () => CoreReference {
    if ("field" in core) return this.#addField(core.kind, core.field);
    const { kind, type } = core;
    if (!("name" in core)) {
      const root = this.#root(type);
      return () => ({ kind, type: root.id(), access: "0" });
    }
    const { name } = core;
    const root = this.#root(type);
    const part: Part =
      root.part.kind === "enum"
        ? root.part
        : { kind: "enum", outline: this.#enum(type, undefined) };
    part.outline.put(name);
    const id = root.part === part ? root.id : () => addPartType(this.#writer, part);
    return () => ({ kind, type: id(), access: String(part.outline.indexOf(name)) });
  }

  #addField(kind: CoreReference["kind"], { struct, path }: CoreField): () => CoreReference {
    const root = this.#root(struct);
    const indexes: (() => number)[] = [];
    let { part } = root;
    for (const [at, step] of path.entries()) {
      const next = this.#step(part, step);
      if (next === undefined) throw noWay(struct, path, at);
      indexes.push(next.index);
      ({ part } = next);
    }
    return () => ({
      kind,
      type: root.id(),
      access: [0, ...indexes.map((index) => index())].join(":"),
    });
  }

  /** Where a step leads, and its number. */
  #step(part: Part, step: string | number): Step | undefined {
    if (part.kind === "made-up") return this.#madeUpStep(part, step);
    if (part.kind === "array" && typeof step === "number") {
      return { part: part.element, index: () => step };
    }
    if (part.kind !== "struct" || typeof step === "number") return undefined;
    const { outline } = part;
    return { part: this.#member(outline, step), index: () => outline.indexOf(step) };
  }

  /** A step into what is not there makes it something that has what the step asks for. */
  #madeUpStep(part: MadeUpPart, step: string | number): Step | undefined {
    if (typeof step === "string") {
      part.inner ??= { kind: "struct", outline: new StructOutline("", undefined) };
    } else {
      part.inner ??= { kind: "array", element: { kind: "made-up", inner: undefined }, length: 0 };
      if (part.inner.kind === "array") part.inner.length = Math.max(part.inner.length, step + 1);
    }
    return this.#step(part.inner, step);
  }

  #member(outline: StructOutline, name: string): Part {
    const known = outline.get(name);
    if (known !== undefined) return known.part;
    const found = outline.source && memberNamed(this.#types, outline.source, name);
    const part: Part =
      found === undefined
        ? { kind: "made-up", inner: undefined }
        : this.#partOf(resolveType(this.#types, found.member.type));
    const { bitOffset = 0 } = found ?? {};
    outline.put({ name, bitOffset, bitfieldSize: found?.member.bitfieldSize ?? 0, part });
    return part;
  }

  /** What is called `name`, a made-up struct where there is nothing, and its id. */
  #root(name: string): { readonly part: Part; readonly id: () => BtfTypeId } {
    const type = namedType(this.#types, name);
    const resolved = type && resolveType(this.#types, type.id);
    if (type?.kind !== "typedef") {
      const part = this.#partOf(resolved, name);
      return { part, id: () => addPartType(this.#writer, part) };
    }
    const part = this.#partOf(resolved);
    const id = (): BtfTypeId =>
      this.#writer.intern({ kind: "typedef", name, type: addPartType(this.#writer, part) });
    return { part, id };
  }

  /** The part a type is, the same one for the same type; a made-up struct for none. */
  #partOf(type: BtfType | undefined, name: string = type?.name ?? ""): Part {
    if (type === undefined || type.kind === "struct" || type.kind === "union") {
      const key = `${name} ${type?.id}`;
      const outline = this.#structs.get(key) ?? new StructOutline(name, type);
      this.#structs.set(key, outline);
      return { kind: "struct", outline };
    }
    if (type.kind === "enum" || type.kind === "enum64") {
      return { kind: "enum", outline: this.#enum(name, type) };
    }
    if (type.kind !== "array") return { kind: "plain", type };
    const element = this.#partOf(resolveType(this.#types, type.type));
    return { kind: "array", element, length: type.length };
  }

  #enum(name: string, source: EnumOutline["source"]): EnumOutline {
    const key = `${name} ${source?.id}`;
    const outline = this.#enums.get(key) ?? new EnumOutline(name, source);
    this.#enums.set(key, outline);
    return outline;
  }
}

function noWay(struct: string, path: CoreField["path"], at: number): InvalidArgumentError {
  return new InvalidArgumentError(
    `${struct}: there is no way to ${JSON.stringify(path[at])} in ${path.join(".")}`,
    { hint: "what a pointer points to takes a load and a relocation of its own" },
  );
}
