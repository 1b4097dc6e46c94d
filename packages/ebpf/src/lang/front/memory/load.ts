/**
 * Reading places: what lies in memory becomes a value in a register.
 *
 * Memory that the verifier follows is loaded from; out of other memory a helper copies to the stack first. Structs,
 * arrays and text are no values of a register: they stay the place they are.
 * @module
 */
import type { SourceRange } from "../diagnostics.ts";
import type { AccessBytes, Operand, Value } from "../../ir/operation.ts";
import { branch, compute, select } from "../compute.ts";
import type { Entity, IndexedAddress, Place, PointerValueType, Region, Scalar } from "../entity.ts";
import { bigintScalar, booleanScalar, numberScalar, regions } from "../entity.ts";
import type { Lowering } from "../lowering.ts";
import { rangeOfBits, withRange, withSeenRange } from "../range.ts";
import type { CoreField } from "../../../spec/core-relocation.ts";
import type { BitField, BoolType, IntegerType, PointerType } from "../type.ts";
import { callHelper } from "./helper-call.ts";
import { addressOf, type DirectPlace, insideElement, memoryKind, stackPlace } from "./place.ts";

/** The value of a place, if it is one that fits a register; else the place itself. */
export function load(lowering: Lowering, place: Place, node: SourceRange): Entity {
  const { type } = place;
  if (type.kind === "integer") return integerEntity(lowering, type, place);
  if (type.kind === "bool") return booleanScalar(loadTruth(lowering, place, type));
  if (type.kind === "pointer") {
    const operand = loadBits(lowering, place, type);
    return { kind: "pointer", type: pointerValue(type, place.region), operand };
  }
  if (type.kind !== "opaque") return place;
  return lowering.fail(node, `${type.name} cannot be read`, "read a field of it");
}

function integerEntity(lowering: Lowering, type: IntegerType, place: Place): Scalar {
  const operand = loadBits(lowering, place, type);
  if (type.order === "network" && type.bits !== 8) {
    return { kind: "scalar", type: { kind: "network", bits: type.bits }, operand };
  }
  return type.value === "bigint" ? bigintScalar(operand, type.signed) : numberScalar(operand);
}

/** What a pointer found in memory of `region` is. */
export function pointerValue(type: PointerType, region: Region): PointerValueType {
  const target = type.target();
  if (type.space === "user") return { target, region: regions.user, nullable: false };
  const found = target.kind === "struct" ? followed.get(region) : undefined;
  if (type.space === "percpu" || found === undefined) {
    return { target, region: regions.untracked, nullable: false };
  }
  return { target, ...found, nullable: found.nullable && !alwaysThere.has(target.name) };
}

/**
 * What iterators, hooks of netfilter and flow dissectors always give (kernel/bpf/task_iter.c and others,
 * net/netfilter/nf_bpf_link.c, net/core/flow_dissector.c).
 */
const alwaysThere: ReadonlySet<string> = new Set([
  "struct bpf_flow_keys",
  "struct bpf_iter_meta",
  "struct nf_hook_state",
  "struct sk_buff",
]);

/**
 * What the verifier makes of pointers to structs that it finds: kernel pointers it goes on following, those in
 * contexts are objects of their own that may be missing.
 */
const followed: ReadonlyMap<Region, Pick<PointerValueType, "region" | "nullable">> = new Map([
  [regions.kernel, { region: regions.kernel, nullable: false }],
  [regions["btf-context"], { region: regions.kernel, nullable: true }],
  [regions.context, { region: regions.socket, nullable: true }],
  [regions["writable-context"], { region: regions.socket, nullable: true }],
  [regions.socket, { region: regions.socket, nullable: true }],
]);

type RegisterType = IntegerType | BoolType | PointerType;

/** The bits of a place, extended to 64 as their type says. */
export function loadBits(lowering: Lowering, place: Place, type: RegisterType): Operand {
  if (place.address.kind === "indexed") return loadIndexed(lowering, place, type);
  const direct = place as DirectPlace;
  const { bitField } = place;
  if (bitField !== undefined) {
    const whole = loadWord(lowering, direct, { bytes: type.size as AccessBytes, signed: false });
    const bits = { ...bitField, signed: isSigned(type) };
    return place.core !== undefined && lowering.program.target.portable
      ? extractMovedBits(lowering, whole, { ...bits, field: place.core })
      : extractBits(lowering, whole, bits);
  }
  return loadWord(lowering, direct, { bytes: type.size as AccessBytes, signed: isSigned(type) });
}

/** Where only compilers and layouts have written truth values. */
const sound: ReadonlySet<Region> = new Set([regions.kernel, regions.untracked, regions.readonly]);

/** A byte as a truth value. It can be any byte in a packet, which anyone may have sent, and in what was copied from one. */
function loadTruth(lowering: Lowering, place: Place, type: BoolType): Operand {
  const byte = loadBits(lowering, place, type);
  if (sound.has(place.region)) return byte;
  const [yes, no] = [lowering.flowEnd(), lowering.flowEnd()];
  branch(lowering, [byte, "ne", 0n], { then: yes, else: no });
  return select(lowering, "truth", [
    { from: yes, value: () => 1n },
    { from: no, value: () => 0n },
  ]);
}

function isSigned(type: RegisterType): boolean {
  return type.kind === "integer" && type.signed;
}

/** How many bytes to load, and how to extend them. */
export interface WordShape {
  readonly bytes: AccessBytes;
  readonly signed: boolean;
}

/** A word at the start of a place, by whatever its memory is reached with. */
export function loadWord(lowering: Lowering, place: DirectPlace, shape: WordShape): Operand {
  const reachable = place.region.access === "direct" ? place : copyOut(lowering, place, shape);
  const { bytes, signed } = shape;
  const { address, core } = reachable;
  const loaded =
    address.kind === "slot"
      ? lowering.builder.define({ kind: "load-slot", bytes, signed, ...slotParts(address) })
      : lowering.builder.define({
          kind: "load",
          base: address.base,
          offset: address.offset,
          bytes,
          signed,
          memory: memoryKind(reachable),
          ...(core && core.path.length > 0 && { core }),
        });
  const note = signed ? withRange : withSeenRange;
  return note(lowering, loaded, rangeOfBits(8 * bytes, signed));
}

function slotParts({ slot, offset }: Extract<Place["address"], { kind: "slot" }>) {
  return { slot, offset };
}

/** Copies a word to the stack with the helper that its memory needs. */
function copyOut(lowering: Lowering, place: DirectPlace, { bytes }: WordShape): DirectPlace {
  const copy = stackPlace(lowering, { ...place.type, size: bytes }, "copy");
  copyBytesOut(lowering, { from: place, to: copy, bytes });
  return copy;
}

/** Copies bytes out of memory that only a helper reads. What cannot be read becomes zeros. */
export function copyBytesOut(
  lowering: Lowering,
  {
    from,
    to,
    bytes,
  }: { readonly from: DirectPlace; readonly to: DirectPlace; readonly bytes: number },
): void {
  const name = from.region.access === "probe-user" ? "probe_read_user" : "probe_read_kernel";
  callHelper(lowering, name, [to, BigInt(bytes), addressOf(lowering, from)]);
}

/** Bits of an integer in a register. */
function extractBits(
  lowering: Lowering,
  operand: Operand,
  {
    shift,
    bits,
    signed,
  }: { readonly shift: number; readonly bits: number; readonly signed: boolean },
): Operand {
  if (signed) {
    const up = BigInt(64 - shift - bits);
    const raised = up === 0n ? operand : compute(lowering, "lsh", [operand, up]);
    const range = rangeOfBits(bits, true);
    return compute(lowering, "arsh", [raised, BigInt(64 - bits)], { range });
  }
  const range = rangeOfBits(bits, false);
  const moved = shift === 0 ? operand : compute(lowering, "rsh", [operand, BigInt(shift)]);
  return compute(lowering, "and", [moved, (1n << BigInt(bits)) - 1n], { range });
}

/** Bits of an integer that may be others on other kernels. */
function extractMovedBits(
  lowering: Lowering,
  operand: Operand,
  {
    shift,
    bits,
    signed,
    field,
  }: BitField & { readonly signed: boolean; readonly field: CoreField },
): Operand {
  const constant = (kind: "field-left-shift" | "field-right-shift", value: number): Value =>
    lowering.builder.define({ kind: "core-constant", core: { kind, field }, value: BigInt(value) });
  const left = constant("field-left-shift", 64 - shift - bits);
  const right = constant("field-right-shift", 64 - bits);
  const raised = compute(lowering, "lsh", [operand, left]);
  const range = rangeOfBits(bits, signed);
  return compute(lowering, signed ? "arsh" : "rsh", [raised, right], { range });
}

/** An element behind a check of its index: what is beyond the end reads as zero. */
function loadIndexed(lowering: Lowering, place: Place, type: RegisterType): Operand {
  const [inside, outside] = [lowering.flowEnd(), lowering.flowEnd()];
  const indexed = place as Place & { readonly address: IndexedAddress };
  const element = insideElement(lowering, indexed, { inside, outside });
  const found = select(lowering, "element", [
    { from: inside, value: () => loadBits(lowering, element(), type) },
    { from: outside, value: () => 0n },
  ]);
  const bits = place.bitField?.bits ?? 8 * type.size;
  return withRange(lowering, found, rangeOfBits(bits, isSigned(type)));
}
