/**
 * The part of a kernel's BTF that some relocations look at: what a program brings along for a kernel that has none.
 *
 * Each relocation is followed through the kernel's types as when it is done, and what it passes is kept: of structs the members
 * on its way, with their offsets; what a pointer leads to, and nothing else needs, is `void`. Relocating against
 * the result gives what relocating against the whole does, but for ids of types, which are other ones.
 * @module
 */
import type { Btf } from "../btf/btf.ts";
import { resolveType } from "../btf/resolve.ts";
import type { BtfStruct, BtfType, BtfTypeId, BtfUnion } from "../btf/type.ts";
import { voidId } from "../btf/type.ts";
import { referencesOf, withReferences, type BtfTypeData } from "../btf/write/type-data.ts";
import { BtfWriter } from "../btf/write/writer.ts";
import type { CoreRelocation, CoreRelocationSite } from "../spec/core-relocation.ts";
import { targetsOf } from "./core-target.ts";
import { wayOf, type CoreWay } from "./core-way.ts";
import { candidatesOf } from "./named.ts";

/**
 * BTF with only what `relocations` look at in `target`, some kilobytes for a usual program; of a module the types of the
 * kernel are among it. Byte order and the order of types are those of `target`.
 *
 * ```ts
 * const small = minimizeBtf(kernelBtf, object.programs.flatMap(({ relocations = [] }) => relocations));
 * ```
 * @throws {InvalidArgumentError} when a relocation leads nowhere in the types it is of, or goes through a pointer.
 * @throws {MalformedError} when a type it looks at is damaged.
 */
export function minimizeBtf(
  target: Btf,
  relocations: Iterable<CoreRelocationSite>,
): Uint8Array<ArrayBuffer> {
  const kept = new KeptTypes(target);
  for (const site of relocations) {
    const { kind } = site.core;
    if (kind !== "local-type-id") keepWay(kept, { kind, way: wayOf(site), target });
  }
  return kept.encode();
}

interface Followed {
  readonly kind: CoreRelocation["kind"];
  readonly way: CoreWay;
  readonly target: Btf;
}

function keepWay(kept: KeptTypes, { kind, way, target }: Followed): void {
  // Those of the name that do not fit are kept as well: that they are there, and do not fit, is a part of the answer.
  for (const { id } of candidatesOf(target, way.name, way.local?.kind))
    kept.keep(id, reachOf(kind));
  if (!kind.startsWith("field-")) return;
  for (const { root } of targetsOf(kind, way, { target })) kept.keepField(root.id, way.steps);
}

/**
 * How far from a type it is kept what the type refers to: up to pointers, beyond them, or with all members of structs up to
 * pointers, and the kinds of what is beyond.
 */
type Reach = "value" | "pointers" | "members";

function reachOf(kind: CoreRelocation["kind"]): Reach {
  if (kind === "type-matches") return "members";
  return kind.startsWith("field-") ? "value" : "pointers";
}

type Composite = BtfStruct | BtfUnion;

/** Types of one BTF that are to be kept, and which members of structs. */
class KeptTypes {
  readonly #btf: Btf;
  /** For each type that is kept the members that are, by index. */
  readonly #members = new Map<number, Set<number>>();
  readonly #reached = new Set<string>();

  constructor(btf: Btf) {
    this.#btf = btf;
    if (btf.pointerSize !== 8) this.#keepLong();
  }

  /** By the size of `long` readers tell that of pointers. */
  #keepLong(): void {
    for (const { id, name } of this.#btf.types("int")) {
      if (/\blong\b/.test(name)) this.keep(id, "value");
    }
  }

  keep(id: number, reach: Reach): void {
    const key = `${id} ${reach}`;
    if (id === voidId || this.#reached.has(key)) return;
    this.#reached.add(key);
    const type = this.#btf.typeById(id);
    const members = this.#membersOf(id);
    if ("members" in type) {
      if (reach !== "members") return;
      for (const [index, member] of type.members.entries()) {
        members.add(index);
        this.keep(member.type, reach);
      }
    } else if (type.kind !== "ptr") {
      for (const inner of referencesOf(type as BtfTypeData)) this.keep(inner, reach);
    } else if (reach !== "value") this.keep(type.type, "pointers");
  }

  /** Keeps what is on the way along `steps` from the type with number `id`. */
  keepField(id: BtfTypeId, steps: CoreWay["steps"]): void {
    let at = id;
    for (const step of steps) {
      const type = resolveType(this.#btf, at);
      if (step.kind === "element" && type.kind === "array") at = type.type;
      if (step.kind === "member" && "members" in type) at = this.#keepMember(type, step.name);
    }
    this.keep(at, "value");
  }

  /** Keeps the member called `name`, with the structs without name it is in; returns its type. */
  #keepMember(composite: Composite, name: string): BtfTypeId {
    let type: BtfTypeId = voidId;
    for (const { id, index, member } of memberPath(this.#btf, composite, name)) {
      this.#membersOf(id).add(index);
      this.keep(member.type, "value");
      ({ type } = member);
    }
    return type;
  }

  #membersOf(id: number): Set<number> {
    const members = this.#members.get(id) ?? new Set<number>();
    this.#members.set(id, members);
    return members;
  }

  encode(): Uint8Array<ArrayBuffer> {
    const writer = new BtfWriter({ byteOrder: this.#btf.byteOrder });
    const ids = [...this.#members.keys()].toSorted((left, right) => left - right);
    const newIds = new Map(ids.map((id, index) => [id, (writer.firstId + index) as BtfTypeId]));
    for (const id of ids) {
      const type = this.#reduced(this.#btf.typeById(id));
      writer.add(withReferences(type as BtfTypeData, (old) => newIds.get(old) ?? voidId));
    }
    return writer.encode();
  }

  #reduced(type: BtfType): BtfType {
    if (!("members" in type)) return type;
    const kept = this.#membersOf(type.id);
    return { ...type, members: type.members.filter((_, index) => kept.has(index)) };
  }
}

/** One member on the way to another. */
interface MemberStep {
  /** The struct or union it is of. */
  readonly id: BtfTypeId;
  readonly index: number;
  readonly member: Composite["members"][number];
}

/** The way through unnamed structs and unions to the member called `name`; empty when there is none. */
function memberPath(
  types: Btf,
  { id, members }: Composite,
  name: string,
  entered: Set<number> = new Set(),
): readonly MemberStep[] {
  const steps = members.map((member, index): MemberStep => ({ id, index, member }));
  const direct = steps.find(({ member }) => member.name === name);
  if (direct !== undefined) return [direct];
  // Each is entered once: what contains itself, or is there many times, would take forever.
  if (entered.has(id)) return [];
  entered.add(id);
  for (const step of steps) {
    const inner = step.member.name === "" ? resolveType(types, step.member.type) : undefined;
    if (inner === undefined || !("members" in inner)) continue;
    const rest = memberPath(types, inner, name, entered);
    if (rest.length > 0) return [step, ...rest];
  }
  return [];
}
